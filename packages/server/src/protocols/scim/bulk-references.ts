/** References to a resource that the same bulk request makes: `bulkId:x` (RFC 7644 section 3.7.2). */
import { isObject, type Json } from "./json.ts";

/** What a bulkId may be, so that it can stand in a path. */
export const BULK_ID = /^[\w.:-]{1,128}$/;

const REFERENCE = /^bulkId:([\w.:-]{1,128})$/;
/** In the filter of a PATCH path, and in the address of a `$ref`. */
const REFERENCE_WITHIN = /(?<=["/])bulkId:([\w.:-]{1,128})(?=["/]|$)/g;
/** The members whose text names a place; another text with the word in it is only a text. */
const PLACES = new Set(["path", "$ref"]);

/**
 * The bulkIds that a value refers to.
 *
 * @param value - the data of an operation, or the id in its path
 */
export function referencesIn(value: Json): string[] {
  if (typeof value === "string") return REFERENCE.exec(value)?.slice(1) ?? [];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    isPlace(key, item)
      ? [...referencesIn(item), ...[...item.matchAll(REFERENCE_WITHIN)].map(([, id = ""]) => id)]
      : referencesIn(item),
  );
}

/**
 * Puts ids in the place of references. A bulkId without an id stays.
 *
 * @param value - the data of an operation, or the id in its path
 * @param ids - by bulkId
 */
export function replaceReferences(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (typeof value === "string") return ids.get(REFERENCE.exec(value)?.[1] ?? "") ?? value;
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, replaceReferences(withinReplaced(key, item, ids), ids)]),
  );
}

function withinReplaced(key: string, item: Json, ids: ReadonlyMap<string, string>): Json {
  if (!isPlace(key, item)) return item;
  return item.replaceAll(REFERENCE_WITHIN, (reference, id: string) => ids.get(id) ?? reference);
}

function isPlace(key: string, item: Json): item is string {
  return typeof item === "string" && PLACES.has(key.toLowerCase());
}
