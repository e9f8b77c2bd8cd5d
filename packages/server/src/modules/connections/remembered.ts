/** The connections as processes remember them, so that each step of a sign-in need not read the same rows again. */
import { memoryOf } from "../../remembered.ts";
import * as certificates from "./certificates.store.ts";
import * as connections from "./connections.store.ts";

/** A connection with the certificates that it trusts; undefined for an id that names none. */
export const known = memoryOf("connections", async (at, id) => {
  const connection = await connections.find(at, id);
  return connection && { connection, certificates: await certificates.list(at, id) };
});
