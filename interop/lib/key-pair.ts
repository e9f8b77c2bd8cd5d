/** Keys for the peers that bring none. */
import { join } from "node:path";
import { runProgram } from "./processes.ts";

/** Makes `idp.key` and the self-signed `idp.crt` in a folder, both PEM; needs the program `openssl`. */
export function makeKeyPair(folder: string): void {
  const files = ["-keyout", join(folder, "idp.key"), "-out", join(folder, "idp.crt")];
  const subject = ["-subj", "/CN=interop", "-days", "30"];
  runProgram("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject]);
}
