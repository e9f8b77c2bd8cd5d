/** The clients as processes remember them, so that the token endpoint asks no database. */
import { memoryOf } from "../../remembered.ts";
import * as clients from "./clients.store.ts";
import * as secrets from "./secrets.store.ts";

/** A client with its secrets; undefined for an id that names none. */
export const known = memoryOf("clients", async (at, id) => {
  const client = await clients.find(at, id);
  return client && { client, secrets: await secrets.list(at, id) };
});
