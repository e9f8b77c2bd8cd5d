/** What can go wrong with clients. The lower-case codes are those of RFC 6749 section 5.2. */
import { defineErrors } from "../../errors.ts";

export const clientErrors = defineErrors({
  CLIENT_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no client ${id} in this environment`],
  CLIENT_SETTING_UNSUPPORTED: [
    "FAILED_PRECONDITION",
    (field: string) => `${field} of a client is not built in this version: leave it off`,
  ],
  // The status of a page; the token endpoint answers 401 by the code alone.
  invalid_client: [
    "INVALID_ARGUMENT",
    "The client is unknown, or its secret is wrong, expired or switched off",
  ],
});
