/** Attribute paths: `name.givenName`, `urn:…:User:department`. The schema is found first, since URNs hold dots. */
import { type AttributePath, attributesOf, findByName, type Scope } from "./attributes.ts";
import { badRequest, quote, type ScimError } from "./errors.ts";
import { ENTERPRISE_URN } from "./user-schema.ts";

/** A page of Entra's documentation leaves a colon out of the enterprise URN, and clients copied it. */
const MISSPELT = new Map([["urn:ietf:params:scim:schemas:extension:enterprise:2.0user", ENTERPRISE_URN]]);

/** A dollar begins `$ref`; custom attributes of some directories begin with an underscore. */
const NAME = /^[A-Za-z_$][\w$-]*$/;

/** Where a text is refused: the scimType and what to add about the place. */
export type Refusal = { scimType: "invalidFilter" | "invalidPath"; at?: string };

const REFUSED_PATH: Refusal = { scimType: "invalidPath" };

/**
 * Reads an attribute path and writes its names as the schema does; names that no schema knows stay as they are.
 *
 * @param text - such as `userName`, `emails.value`, `urn:…:enterprise:2.0:User:manager.value`
 * @param scope - where its names are valid
 * @param refusal - the scimType of an error, and where in a longer text the path stands
 * @throws {ScimError} `invalidPath` or `invalidFilter` when it names no attribute or more than two levels
 */
export function parseAttributePath(text: string, scope: Scope, refusal = REFUSED_PATH): AttributePath {
  const { schema, rest } = splitSchema(text, scope);
  if (schema !== undefined && scope.schema === undefined) {
    throw refuse(refusal, text, "names a schema, which has no place in brackets");
  }
  const names = rest.split(".");
  if (names.length > 2) throw refuse(refusal, text, "has more than one dot after its schema");
  const [first = "", second] = names.map((name) => readName(name, text, refusal));
  const known = findByName(attributesOf(schema, scope) ?? [], first);
  const path = { ...(schema === undefined ? {} : { schema }), attribute: known?.name ?? first };
  if (second === undefined) return path;
  return { ...path, subAttribute: findByName(known?.subAttributes ?? [], second)?.name ?? second };
}

/**
 * Splits the URN from a path. A URN that the server knows is matched as a whole; of another, the last colon ends it,
 * unless what follows is the name of a resource type, which ends the URNs of all schemas.
 *
 * @param text - a path
 * @param scope - where its names are valid
 * @returns the URN of an extension, or no schema for the core; `rest` is empty when the path is a URN alone
 */
export function splitSchema(text: string, scope: Scope): { schema?: string; rest: string } {
  if (!/^urn:/i.test(text)) return { rest: text };
  const lower = text.toLowerCase();
  for (const [written, urn] of knownUrns(scope)) {
    if (lower !== written && !lower.startsWith(`${written}:`)) continue;
    const rest = text.slice(written.length + 1);
    return urn === scope.schema ? { rest } : { schema: urn, rest };
  }
  const colon = text.lastIndexOf(":");
  const last = text.slice(colon + 1);
  if (/^(user|group)$/i.test(last)) return { schema: text, rest: "" };
  return { schema: text.slice(0, colon), rest: last };
}

function* knownUrns({ schema, extensions }: Scope): Generator<[written: string, urn: string]> {
  if (schema !== undefined) yield [schema.toLowerCase(), schema];
  for (const { id } of extensions) yield [id.toLowerCase(), id];
  for (const [written, urn] of MISSPELT) if (extensions.some(({ id }) => id === urn)) yield [written, urn];
}

/**
 * The spelling that the server keeps for the URN of an extension.
 *
 * @param urn - as a client wrote it
 * @param scope - of the resource type
 * @returns the server's own spelling of a URN that it knows, else the client's
 */
export function canonicalUrn(urn: string, scope: Scope): string {
  const lower = urn.toLowerCase();
  for (const [written, known] of knownUrns(scope)) if (lower === written) return known;
  return urn;
}

/**
 * Writes a path. `parseAttributePath` reads it back.
 *
 * @param path - as `parseAttributePath` returns it
 */
export function printAttributePath({ schema, attribute, subAttribute }: AttributePath): string {
  const names = subAttribute === undefined ? attribute : `${attribute}.${subAttribute}`;
  return schema === undefined ? names : `${schema}:${names}`;
}

function readName(name: string, text: string, refusal: Refusal): string {
  if (!NAME.test(name)) throw refuse(refusal, text, "is no attribute path: a name starts with a letter");
  // Setting it would change the prototype of the document instead of the document.
  if (name === "__proto__") throw refuse(refusal, text, "uses a name that is not allowed");
  return name;
}

function refuse({ scimType, at }: Refusal, text: string, what: string): ScimError {
  return badRequest(scimType, `${quote(text)} ${what}${at ?? ""}.`);
}
