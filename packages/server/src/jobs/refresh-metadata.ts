/** Reads the metadata of identity providers again, so that their new certificates are known before they are used. */
import { refreshDue } from "../modules/connections/metadata-refresh.ts";
import { inEachEnvironment } from "./each-environment.ts";
import type { Job } from "./jobs.ts";

const longestMs = 600_000;

/** What one run does not reach is due in the next. */
export const refreshMetadata: Job = {
  name: "refresh-metadata",
  schedule: "17 * * * *",
  async run(app, ctxOf) {
    const until = new Date(app.now().getTime() + longestMs);
    await inEachEnvironment(app, ctxOf, (ctx) => refreshDue(ctx, until));
  },
};
