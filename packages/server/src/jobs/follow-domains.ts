/** Makes members of those in directories who waited until their organization verified the domain of their address. */
import { takeInWaiting } from "../modules/directories/waiting.ts";
import { inEachEnvironment } from "./each-environment.ts";
import type { Job } from "./jobs.ts";

const longestMs = 240_000;

/** What one run does not reach is done in the next. */
export const followDomains: Job = {
  name: "follow-domains",
  schedule: "* * * * *",
  async run(app, ctxOf) {
    const until = new Date(app.now().getTime() + longestMs);
    await inEachEnvironment(app, ctxOf, (ctx) => takeInWaiting(ctx, until));
  },
};
