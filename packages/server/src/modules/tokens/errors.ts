/** What can go wrong with API tokens. */
import { defineErrors } from "../../errors.ts";

export const tokenErrors = defineErrors({
  // The token itself is not repeated: it may be a typing error away from one that works.
  API_TOKEN_NOT_FOUND: ["NOT_FOUND", "There is no such token, or it has expired or was invalidated"],
});
