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
  const unstorable = unstorableMember(schema, message);
  if (unstorable !== undefined) return [toUnstorable(unstorable)];
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

/**
 * PostgreSQL stores neither U+0000 nor half a surrogate pair; unchecked, either would end as an error of ours.
 * @returns the member of the message that has such text in it, at whatever depth; "" when it is in the message itself
 */
function unstorableMember({ oneofs }: DescMessage, message: object): string | undefined {
  for (const [name, member] of Object.entries(message)) {
    if (!isStorable(name)) return "";
    if (isStorable(member)) continue;
    const isOneof = oneofs.some((one) => one.localName === name);
    return isOneof ? String((member as { case: unknown }).case) : name;
  }
  return undefined;
}

function isStorable(value: unknown): boolean {
  if (typeof value === "string") return !value.includes("\0") && value.isWellFormed();
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}

function toUnstorable(member: string): FieldViolation {
  const description = "value must be text without U+0000 and unpaired surrogates";
  return { field: snakeCase(member), constraint: "string.storable", description };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
