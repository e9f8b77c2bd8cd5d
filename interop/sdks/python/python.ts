/** The peer sdk-python: the official Python SDK, from PyPI. */
import { join } from "node:path";
import type { Peer } from "../../lib/cases.ts";
import { installPython, missingPython } from "../../lib/python.ts";
import { startSmoke } from "../smoke.ts";

const NAME = "sdk-python";

export const sdkPython: Peer = {
  name: NAME,
  missing: missingPython,
  start: () => {
    const { python, versionOf } = installPython(NAME, join(import.meta.dirname, "requirements.txt"));
    return startSmoke(NAME, {
      version: versionOf("scalekit-sdk-python"),
      command: python,
      args: [join(import.meta.dirname, "smoke.py")],
      // The SDK's HTTP goes through requests, its calls through gRPC; each has a list of authorities of its own.
      trust: (authority) => ({
        SSL_CERT_FILE: authority,
        REQUESTS_CA_BUNDLE: authority,
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: authority,
      }),
    });
  },
};
