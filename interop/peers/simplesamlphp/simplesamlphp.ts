/** The peer SimpleSAMLphp: a SAML identity provider, set up by exchanging metadata. */
import type { Peer } from "../../lib/cases.ts";
import { samlCases } from "./saml-cases.ts";
import { missing, startServer } from "./server.ts";

export const simplesamlphp: Peer = {
  name: "simplesamlphp",
  missing,
  start: async (gatehouse) => {
    const server = await startServer();
    return { version: server.version, cases: samlCases(gatehouse, server), stop: server.stop };
  },
};
