/** What can go wrong with roles and permissions. */
import { defineErrors } from "../../errors.ts";

export const roleErrors = defineErrors({
  ROLE_NOT_FOUND: ["NOT_FOUND", (name: string) => `There is no role "${name}" here`],
  ROLE_REQUIRED: ["INVALID_ARGUMENT", "role is required"],
  // The official Python SDK's tests name the first words.
  ROLE_NAME_TAKEN: [
    "INVALID_ARGUMENT",
    (name: string) =>
      `duplicate key not allowed: there is a role "${name}" in this environment or this organization already`,
  ],
  // Compared word by word by the official Python SDK's tests.
  ROLE_IN_USE: ["INVALID_ARGUMENT", "role cannot be deleted as it is assigned to users"],
  ROLE_EXTENDED: [
    "FAILED_PRECONDITION",
    (name: string, dependents: string) =>
      `The role "${name}" cannot be deleted while other roles extend it: give them another base, or none, first (${dependents})`,
  ],
  ROLE_IS_DEFAULT: [
    "FAILED_PRECONDITION",
    (name: string) =>
      `The role "${name}" is given to new users: make another role the default, or name one that takes its place`,
  ],
  PERMISSION_NOT_FOUND: [
    "NOT_FOUND",
    (name: string) => `There is no permission "${name}" in this environment`,
  ],
  PERMISSION_REQUIRED: ["INVALID_ARGUMENT", "permission is required"],
  PERMISSION_NAME_TAKEN: [
    "INVALID_ARGUMENT",
    (name: string) =>
      `duplicate key not allowed: there is a permission "${name}" in this environment already`,
  ],
  PERMISSION_BUILT_IN: [
    "FAILED_PRECONDITION",
    (name: string) => `The permission "${name}" is built in: it cannot be changed or deleted`,
  ],
  ROLE_LACKS_PERMISSION: [
    "NOT_FOUND",
    (role: string, permission: string) =>
      `The role "${role}" does not have the permission "${permission}" itself`,
  ],
});
