/** What can go wrong with secrets. */
import { defineErrors } from "../../errors.ts";

export const secretErrors = defineErrors({
  SECRET_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no secret ${id} in this environment`],
  SECRET_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) => `The environment has ${most} secrets, and no more are made: delete those not in use`,
  ],
});
