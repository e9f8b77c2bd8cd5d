/** What can go wrong with traces. */
import { defineErrors } from "../../errors.ts";

export const traceErrors = defineErrors({
  TRACE_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) =>
      `There is no trace ${id} that this caller may read: check the reference, or it is older than the time that traces are kept`,
  ],
});
