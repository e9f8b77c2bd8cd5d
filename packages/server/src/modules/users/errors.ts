/** What can go wrong with users. */
import { defineErrors } from "../../errors.ts";

export const userErrors = defineErrors({
  USER_ALREADY_MEMBER: [
    "ALREADY_EXISTS",
    (email: string) => `${email} is a member of this organization already`,
  ],
});
