/**
 * The work that no request waits for: a list of jobs on a schedule, run by pg-boss in its own schema, so that of
 * several processes one does each run.
 */
import type { App, Ctx } from "../context.ts";
import { expire } from "./expire.ts";
import { followDomains } from "./follow-domains.ts";
import { refreshMetadata } from "./refresh-metadata.ts";
import { verifyDomains } from "./verify-domains.ts";
import { warnOfCertificates } from "./warn-of-certificates.ts";

/** Makes a context that may all in an environment. */
export type CtxOf = (environmentId: string) => Ctx;

export interface Job {
  name: string;
  /** Cron, UTC. */
  schedule: string;
  /** Ends within 15 minutes: pg-boss then takes it for dead and begins another run. */
  run(app: App, ctxOf: CtxOf): Promise<void>;
}

const jobs: readonly Job[] = [expire, refreshMetadata, warnOfCertificates, verifyDomains, followDomains];

/** Starts the schedule. @returns how to stop it; a run in progress is waited for */
export async function startJobs(app: App, ctxOf: CtxOf, databaseUrl: string): Promise<() => Promise<void>> {
  const { PgBoss } = await import("pg-boss");
  const boss = new PgBoss({ connectionString: databaseUrl, max: 2, application_name: "gatehouse jobs" });
  boss.on("error", (err: Error) => app.log.warn({ err }, "the job queue has a problem"));
  await boss.start();
  for (const job of jobs) {
    await boss.createQueue(job.name);
    await boss.work(job.name, () => runLogged(app, ctxOf, job));
    await boss.schedule(job.name, job.schedule);
  }
  return () => boss.stop({ graceful: true, timeout: 5_000 });
}

/** pg-boss keeps a failure to itself. */
async function runLogged(app: App, ctxOf: CtxOf, job: Job): Promise<void> {
  try {
    await job.run(app, ctxOf);
  } catch (err) {
    app.log.error({ err, job: job.name }, "a job failed");
    throw err;
  }
}
