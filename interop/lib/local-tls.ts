/**
 * The local authority of the interop runs and its certificate for localhost. Node reads NODE_EXTRA_CA_CERTS at its
 * start only, so the command runs itself again with it.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureLocalCertificate, type LocalCertificate } from "../../scripts/local-certificate.ts";

const FOLDER = join(import.meta.dirname, "..", ".cache", "tls");

/** The files, made when they are not there. */
export function localTls(): LocalCertificate {
  return ensureLocalCertificate(FOLDER, new Date());
}

/** Sees to it that this process trusts the authority: returns in a process that does, and never in one that does not. */
export function trustLocalAuthority(): void {
  const { authority } = localTls();
  if (process.env.NODE_EXTRA_CA_CERTS === authority) return;
  // The child gets Ctrl-C from the terminal too, and this process ends after it.
  process.on("SIGINT", () => undefined);
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority };
  const { status } = spawnSync(process.execPath, process.argv.slice(1), { stdio: "inherit", env });
  process.exit(status ?? 1);
}
