/** Bulk requests (RFC 7644 section 3.7): reading one, the order in which its operations can run, and the answer. */
import { valueIn } from "./attributes.ts";
import { BULK_ID, referencesIn, replaceReferences } from "./bulk-references.ts";
import { badRequest, quote, ScimError } from "./errors.ts";
import { checkJson, isObject, type Json, type JsonObject } from "./json.ts";
import { BULK_MAX_BYTES, BULK_MAX_OPERATIONS } from "./limits.ts";

export const BULK_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

const METHODS = ["POST", "PUT", "PATCH", "DELETE"] as const;
export type BulkMethod = (typeof METHODS)[number];

export type BulkOperation = {
  method: BulkMethod;
  bulkId: string | undefined;
  endpoint: "Users" | "Groups";
  /** Undefined for POST; may be `bulkId:x` until `resolveOperation` has run. */
  id: string | undefined;
  /** An entity tag, as If-Match would carry it. */
  version: string | undefined;
  data: Json | undefined;
  /** The bulkIds that must have an id before this operation can run. */
  needs: readonly string[];
};

/** One line of a request: an operation, or why it is none. `method` and `bulkId` are for the answer. */
export type BulkEntry = { method: string; bulkId: string | undefined } & (
  | { operation: BulkOperation; error?: undefined }
  | { operation?: undefined; error: ScimError }
);

export type BulkRequest = {
  /** Stop after so many errors; undefined: never. */
  failOnErrors: number | undefined;
  entries: BulkEntry[];
};

/** Values, not bytes, of all operations together. */
const MAX_VALUES = 400_000;

/**
 * Reads a bulk request. A faulty operation becomes an entry with its error, so that the others still run.
 *
 * @param body - parsed JSON
 * @throws {ScimError} `invalidSyntax`; 413 for more than 1,000 operations (the door counts the bytes)
 */
export function readBulkRequest(body: unknown): BulkRequest {
  const request = checkJson(body, { maxValues: MAX_VALUES, maxDepth: 14 });
  const operations = isObject(request) ? member(request, "Operations") : undefined;
  if (!isObject(request) || !Array.isArray(operations) || operations.length === 0) {
    throw badRequest("invalidSyntax", "A bulk request needs Operations, a list with at least one operation.");
  }
  if (operations.length > BULK_MAX_OPERATIONS) throw tooLarge(`${operations.length} operations`);
  const entries = operations.map(readEntry);
  return { failOnErrors: readFailOnErrors(member(request, "failOnErrors")), entries: refuseDoubles(entries) };
}

/**
 * The refusal of a bulk request that passes a bound (RFC 7644 section 3.7.4).
 *
 * @param seen - what it has, such as `1001 operations`
 */
export function tooLarge(seen: string): ScimError {
  const bounds = `${BULK_MAX_OPERATIONS} operations and ${BULK_MAX_BYTES} bytes`;
  return new ScimError(413, `The bulk request has ${seen}; at most ${bounds} are taken.`);
}

function member(object: JsonObject, name: string): Json | undefined {
  return valueIn(object, name) ?? undefined;
}

function readFailOnErrors(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw badRequest("invalidSyntax", "failOnErrors must be a whole number from 1.");
}

function readEntry(value: Json): BulkEntry {
  const fields = isObject(value) ? value : {};
  const text = (name: string) => {
    const found = member(fields, name);
    return typeof found === "string" ? found : undefined;
  };
  const method = text("method")?.toUpperCase() ?? "";
  const bulkId = text("bulkId");
  try {
    const place = readPlace(method, text("path"), bulkId);
    const data = member(fields, "data");
    if (data === undefined && place.method !== "DELETE") {
      throw badRequest("invalidSyntax", `A ${method} in a bulk request needs data.`);
    }
    const needs = [...new Set([place.id ?? "", data ?? null].flatMap(referencesIn))];
    return { method, bulkId, operation: { ...place, bulkId, version: text("version"), data, needs } };
  } catch (error) {
    if (error instanceof ScimError) return { method, bulkId, error };
    throw error;
  }
}

type Place = Pick<BulkOperation, "method" | "endpoint" | "id">;

function readPlace(word: string, path: string | undefined, bulkId: string | undefined): Place {
  const method = METHODS.find((known) => known === word);
  if (method === undefined) {
    throw badRequest("invalidSyntax", `The method must be POST, PUT, PATCH or DELETE, not ${quote(word)}.`);
  }
  const [, endpoint, id] = /^\/(Users|Groups)(?:\/([^/?#]+))?$/.exec(path ?? "") ?? [];
  const isKnown = endpoint === "Users" || endpoint === "Groups";
  if (!isKnown || (id === undefined) !== (method === "POST")) {
    const wanted = method === "POST" ? "/Users or /Groups" : "/Users/{id} or /Groups/{id}";
    throw badRequest("invalidPath", `The path of a ${method} must be ${wanted}, not ${quote(path ?? "")}.`);
  }
  if (method === "POST" && !BULK_ID.test(bulkId ?? "")) {
    throw badRequest("invalidSyntax", "A POST in a bulk request needs a bulkId of letters, digits and ._:-");
  }
  return { method, endpoint, id };
}

/** A bulkId that two POSTs claim names neither. */
function refuseDoubles(entries: BulkEntry[]): BulkEntry[] {
  const ids = entries.flatMap(({ operation }) =>
    operation?.method === "POST" ? (operation.bulkId ?? []) : [],
  );
  const doubles = new Set(ids.filter((id, at) => ids.indexOf(id) !== at));
  return entries.map((entry) => {
    const { method, bulkId, operation } = entry;
    if (operation?.method !== "POST" || bulkId === undefined || !doubles.has(bulkId)) return entry;
    return {
      method,
      bulkId,
      error: badRequest("invalidValue", `Two operations have the bulkId ${quote(bulkId)}.`),
    };
  });
}

/**
 * The order in which operations can run: as sent, but each after those that make the ids it names.
 *
 * @param request - as `readBulkRequest` returns it
 * @returns indexes into `entries`: those that can run, in order, and those that name each other in a circle or wait
 * for one that does, which fail with `circularError`
 */
export function bulkOrder({ entries }: BulkRequest): { order: number[]; circular: number[] } {
  const makers = makersOf(entries);
  const needs = entries.map(({ operation }) =>
    (operation?.needs ?? []).flatMap((id) => makers.get(id) ?? []),
  );
  const missing = needs.map((makersOfOne) => makersOfOne.length);
  const waiting = Map.groupBy(
    needs.flatMap((makersOfOne, at) => makersOfOne.map((maker) => ({ maker, at }))),
    ({ maker }) => maker,
  );
  const order: number[] = [];
  entries.forEach((_, start) => {
    if (missing[start] !== 0) return;
    const ready = [start];
    for (const at of ready) {
      order.push(at);
      for (const { at: next } of waiting.get(at) ?? []) {
        missing[next] = (missing[next] ?? 0) - 1;
        // One that stands further down has its turn there.
        if (missing[next] === 0 && next < start) ready.push(next);
      }
    }
  });
  const ran = new Set(order);
  return { order, circular: entries.flatMap((_, at) => (ran.has(at) ? [] : [at])) };
}

function makersOf(entries: readonly BulkEntry[]): Map<string, number> {
  return new Map(
    entries.flatMap(({ operation }, at) => {
      const makes = operation?.method === "POST" && operation.bulkId !== undefined;
      return makes ? [[operation.bulkId ?? "", at] as const] : [];
    }),
  );
}

/** What an operation in a circle answers (RFC 7644 section 3.7.1 allows to give up with 409). */
export function circularError(): ScimError {
  return new ScimError(409, "The operation names a bulkId whose own operation waits for this one.");
}

/**
 * Puts the ids of created resources where the operation names their bulkIds.
 *
 * @param operation - whose turn it is in `bulkOrder`
 * @param ids - the ids that operations have made so far, by bulkId
 * @returns the operation with `id` and `data` as an ordinary request has them
 * @throws {ScimError} 409 when a bulkId has no resource, since its operation failed or is not in the request
 */
export function resolveOperation(operation: BulkOperation, ids: ReadonlyMap<string, string>): BulkOperation {
  if (operation.needs.length === 0) return operation;
  const missing = operation.needs.find((bulkId) => !ids.has(bulkId));
  if (missing !== undefined) {
    throw new ScimError(409, `No resource was made for bulkId ${quote(missing)}.`, "invalidValue");
  }
  const { id, data } = operation;
  return {
    ...operation,
    id: id === undefined ? undefined : String(replaceReferences(id, ids)),
    data: data === undefined ? undefined : replaceReferences(data, ids),
    needs: [],
  };
}

/** What became of one operation. `response` is needed for an error only (RFC 7644 section 3.7). */
export type BulkResult = {
  method: string;
  bulkId?: string | undefined;
  location?: string | undefined;
  version?: string | undefined;
  status: number;
  response?: object | undefined;
};

/**
 * Writes the answer of a bulk request. Statuses are texts, as in RFC 7644 section 3.7.
 *
 * @param results - in the order of the operations; those after the last error that was allowed are left out
 */
export function bulkResponse(results: readonly BulkResult[]) {
  return {
    schemas: [BULK_RESPONSE_URN],
    Operations: results.map(({ method, status, ...rest }) => {
      const said = Object.entries(rest).filter(([, value]) => value !== undefined);
      return { method, ...Object.fromEntries(said), status: String(status) };
    }),
  };
}
