/** What can go wrong with environments. */
import { defineErrors } from "../../errors.ts";

export const environmentErrors = defineErrors({
  ENVIRONMENT_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no environment ${id} that this caller may use`,
  ],
  SAML_CERTIFICATE_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) =>
      `The environment has ${most} valid SAML certificates, and no more are made: set certificate_id of the connections to the newest of them`,
  ],
});
