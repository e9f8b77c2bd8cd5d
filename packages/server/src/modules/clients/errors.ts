/** What can go wrong with clients. The lower-case codes are those of RFC 6749 section 5.2. */
import { defineErrors } from "../../errors.ts";

export const clientErrors = defineErrors({
  CLIENT_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no client ${id} in this environment`],
  ORGANIZATION_CLIENT_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no client ${id} in this organization`,
  ],
  CLIENT_SECRET_NOT_FOUND: ["NOT_FOUND", (id: string) => `The client has no secret ${id}`],
  DEFAULT_CLIENT: [
    "FAILED_PRECONDITION",
    "The application that came with the environment cannot be deleted: the environment would have no way in",
  ],
  CLIENT_HAS_NO_SECRETS: [
    "FAILED_PRECONDITION",
    (type: string) =>
      `A client of type ${type} runs where anybody can read it, so it has no secret: it uses PKCE`,
  ],
  CLIENT_SECRET_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) => `The client has ${most} active secrets, the most that it may have: delete one first`,
  ],
  SCOPE_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no scope ${id} in this environment`],
  SCOPE_NAME_TAKEN: ["ALREADY_EXISTS", (name: string) => `The scope "${name}" already exists`],
  SCOPE_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) => `The environment has ${most} scopes, and no more are made: delete those not in use`,
  ],
  LAST_CLIENT_SECRET: [
    "FAILED_PRECONDITION",
    "This is the last active secret of the application that came with the environment: create another one first",
  ],
  // The status of a page; the token endpoint answers 401 by the code alone.
  invalid_client: [
    "INVALID_ARGUMENT",
    "The client is unknown, or its secret is wrong, expired or switched off",
  ],
});
