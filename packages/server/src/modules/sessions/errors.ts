/** What can go wrong with sessions. */
import { defineErrors } from "../../errors.ts";

export const sessionErrors = defineErrors({
  SESSION_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no session ${id} that this caller may use`],
  SESSION_USER_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no user ${id} whose sessions this caller may use`,
  ],
});
