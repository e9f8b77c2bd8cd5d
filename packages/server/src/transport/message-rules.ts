/** The rules that the contract sets on request messages, checked by one validator, and the text that no row can hold. */
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator, type Violation } from "@bufbuild/protovalidate";
import type { FieldViolation } from "../errors.ts";

// Compiles the rules of a message when the first of its kind arrives.
const validator = createValidator();

/**
 * Checks a request message.
 * @returns every broken rule; empty when the message may pass
 * @throws Error when a rule itself cannot be evaluated
 */
export function brokenRules(schema: DescMessage, message: Message): FieldViolation[] {
  const unstorable = findUnstorable(message, "");
  if (unstorable !== undefined) return [unstorable];
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return [];
  if (result.kind === "error") throw result.error;
  return result.violations.map(toFieldViolation);
}

function toFieldViolation(violation: Violation): FieldViolation {
  return {
    field: pathToString(violation.field),
    constraint: violation.ruleId,
    description: violation.message,
  };
}

/** PostgreSQL stores neither U+0000 nor half a surrogate pair; unchecked, either would end as an error of ours. */
function findUnstorable(value: unknown, path: string): FieldViolation | undefined {
  if (typeof value === "string") {
    if (!value.includes("\0") && value.isWellFormed()) return undefined;
    const description = "value must be text without U+0000 and unpaired surrogates";
    return { field: path, constraint: "string.storable", description };
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = findUnstorable(name, path) ?? findUnstorable(member, path === "" ? snakeCase(name) : path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
