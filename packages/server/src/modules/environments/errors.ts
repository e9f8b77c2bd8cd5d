/** What can go wrong with environments. */
import { defineErrors } from "../../errors.ts";

export const environmentErrors = defineErrors({
  ENVIRONMENT_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no environment ${id} that this caller may use`,
  ],
});
