/** Directories as processes remember them, since every request of an identity provider asks for one and its tokens. */
import { memoryOf } from "../../remembered.ts";
import * as store from "./directories.store.ts";
import * as secrets from "./secrets.store.ts";

/** A directory with its tokens; undefined for an id that names none. */
export const known = memoryOf("directories", async (at, id) => {
  const directory = await store.findAny(at, id);
  return directory && { directory, secrets: await secrets.list(at, [id]) };
});
