/** What can go wrong with clients. The lower-case codes are those of RFC 6749 section 5.2. */
import { defineErrors } from "../../errors.ts";

export const clientErrors = defineErrors({
  CLIENT_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no client ${id} in this environment`],
  invalid_client: [
    "UNAUTHENTICATED",
    "The client is unknown, or its secret is wrong, expired or switched off",
  ],
});
