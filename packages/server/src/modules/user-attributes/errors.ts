/** What can go wrong with the declared attributes of users. */
import { defineErrors } from "../../errors.ts";

export const userAttributeErrors = defineErrors({
  USER_ATTRIBUTE_NOT_FOUND: [
    "NOT_FOUND",
    (key: string) => `No attribute "${key}" is declared in this environment`,
  ],
  USER_ATTRIBUTE_TAKEN: [
    "ALREADY_EXISTS",
    (key: string) => `The attribute "${key}" already exists: update it, or take another key`,
  ],
  USER_ATTRIBUTE_STANDARD: [
    "FAILED_PRECONDITION",
    (key: string, kept: string) => `The attribute "${key}" is a standard one: ${kept}`,
  ],
  USER_ATTRIBUTE_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) => `${most} attributes are declared, and no more can be: delete those not in use`,
  ],
  USER_ATTRIBUTES_CALLER: [
    "PERMISSION_DENIED",
    "Attributes are declared for the whole environment: call as the application or from the dashboard",
  ],
});
