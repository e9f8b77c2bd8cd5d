/** What can go wrong with organizations. */
import { defineErrors } from "../../errors.ts";

export const organizationErrors = defineErrors({
  ORGANIZATION_NOT_FOUND: [
    "NOT_FOUND",
    (ref: string) => `There is no organization ${ref} in this environment`,
  ],
  ORGANIZATION_EXTERNAL_ID_TAKEN: [
    "ALREADY_EXISTS",
    (id: string) =>
      `An organization with the external id "${id}" already exists: external ids are unique in an environment`,
  ],
  ORGANIZATION_SLUG_TAKEN: [
    "ALREADY_EXISTS",
    (slug: string) =>
      `An organization with the slug "${slug}" already exists: slugs are unique in an environment`,
  ],
  ORGANIZATION_REQUIRED: ["INVALID_ARGUMENT", "organization is required"],
  ORGANIZATION_FEATURE_UNKNOWN: [
    "INVALID_ARGUMENT",
    (name: string, known: string) => `There is no feature "${name}": give one of ${known}`,
  ],
  SESSION_POLICY_INVALID: ["INVALID_ARGUMENT", (problem: string) => problem],
  SESSION_POLICY_OFF: [
    "PERMISSION_DENIED",
    "The environment does not have the feature session_policy: switch it on in its features",
  ],
  PORTAL_LINK_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no portal link ${id} of this organization`],
  PORTAL_LINK_INVALID: [
    "NOT_FOUND",
    "This link into the admin portal was used, taken back, or its time is over: ask whoever sent it for a new one",
  ],
  EXTERNAL_ID_REQUIRED: ["INVALID_ARGUMENT", "ExternalId is required"],
});
