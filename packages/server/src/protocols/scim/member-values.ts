/** The members of a group as clients list them: objects with `value`, bare ids, one instead of a list. */
import { valueIn } from "./attributes.ts";
import { badRequest } from "./errors.ts";
import { isObject, type Json } from "./json.ts";

/**
 * The user ids in a list of members. Groups in groups are not kept, so members of type Group are left out; `display`
 * and a `$ref` of null (Entra ID) mean nothing.
 *
 * @param value - what a client sent: a list, one member, null
 * @returns ids in the order of the list, each once
 * @throws {ScimError} `invalidValue` for a member without id
 */
export function memberValues(value: Json): string[] {
  const items = Array.isArray(value) ? value : [value];
  return [...new Set(items.flatMap((item) => memberValue(item) ?? []))];
}

function memberValue(item: Json): string | undefined {
  if (item === null) return undefined;
  if (typeof item === "string" && item !== "") return item;
  if (!isObject(item)) throw badRequest("invalidValue", "A member must be an object with a value.");
  const of = (name: string) => valueIn(item, name);
  if (String(of("type")).toLowerCase() === "group") return undefined;
  const id = of("value");
  if (typeof id === "string" && id !== "") return id;
  throw badRequest("invalidValue", "A member needs a value, the id of a user as text.");
}
