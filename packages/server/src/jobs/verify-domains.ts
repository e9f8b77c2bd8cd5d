/** Looks up the DNS records by which organizations prove their domains. */
import { checkDue } from "../modules/domains/verification.ts";
import { inEachEnvironment } from "./each-environment.ts";
import type { Job } from "./jobs.ts";

const longestMs = 240_000;

/** What one run does not reach is due in the next. */
export const verifyDomains: Job = {
  name: "verify-domains",
  schedule: "*/5 * * * *",
  async run(app, ctxOf) {
    const until = new Date(app.now().getTime() + longestMs);
    await inEachEnvironment(app, ctxOf, (ctx) => checkDue(ctx, until));
  },
};
