/** The body of a PATCH (RFC 7644 section 3.5.2), in the spellings that directories use. */
import { valueIn } from "./attributes.ts";
import { badRequest, quote } from "./errors.ts";
import { checkJson, isObject, type Json } from "./json.ts";

export type PatchOperation = {
  op: "add" | "replace" | "remove";
  /** As sent; undefined when the value says what changes. */
  path: string | undefined;
  /** Undefined when absent or null. */
  value: Json | undefined;
};

const MAX_OPERATIONS = 5000;
/** One operation of a group push may list 50,000 members. */
const MAX_VALUES = 400_000;

/**
 * Reads the operations of a PATCH. `op` may have any case (Entra ID writes "Add"), the list may be called `operations`,
 * and `schemas` may be missing.
 *
 * @param body - parsed JSON
 * @returns at least one operation, in order
 * @throws {ScimError} `invalidSyntax`; `noTarget` for a remove without path
 */
export function readPatchRequest(body: unknown): PatchOperation[] {
  const request = checkJson(body, { maxValues: MAX_VALUES });
  const operations = isObject(request) ? valueIn(request, "Operations") : undefined;
  if (!Array.isArray(operations) || operations.length === 0) {
    throw badRequest("invalidSyntax", "A PATCH needs Operations, a list with at least one operation.");
  }
  if (operations.length > MAX_OPERATIONS) {
    throw badRequest(
      "invalidSyntax",
      `A PATCH may have ${MAX_OPERATIONS} operations, not ${operations.length}.`,
    );
  }
  return operations.map(readOperation);
}

function readOperation(operation: Json, at: number): PatchOperation {
  const place = `operation ${at + 1}`;
  if (!isObject(operation)) throw badRequest("invalidSyntax", `${place} must be an object.`);
  const of = (name: string) => valueIn(operation, name) ?? undefined;
  const op = readOp(of("op"), place);
  const path = of("path");
  if (path !== undefined && typeof path !== "string") {
    throw badRequest("invalidPath", `The path of ${place} must be a text.`);
  }
  if (op === "remove" && path === undefined) {
    throw badRequest("noTarget", `${place} is a remove without path, so nothing says what to remove.`);
  }
  return { op, path, value: of("value") };
}

function readOp(op: Json | undefined, place: string): PatchOperation["op"] {
  const word = typeof op === "string" ? op.toLowerCase() : undefined;
  if (word === "add" || word === "replace" || word === "remove") return word;
  const seen = typeof op === "string" ? quote(op) : "none";
  throw badRequest("invalidSyntax", `The op of ${place} must be add, replace or remove, but is ${seen}.`);
}
