/**
 * The work that no request waits for: a list of jobs on a schedule, run by pg-boss in its own schema, so that of
 * several processes one does each run.
 */
import type { App } from "../context.ts";
import { expire } from "./expire.ts";

export interface Job {
  name: string;
  /** Cron, UTC. */
  schedule: string;
  run(app: App): Promise<void>;
}

const jobs: readonly Job[] = [expire];

/** Starts the schedule. @returns how to stop it; a run in progress is waited for */
export async function startJobs(app: App, databaseUrl: string): Promise<() => Promise<void>> {
  const { PgBoss } = await import("pg-boss");
  const boss = new PgBoss({ connectionString: databaseUrl, max: 2, application_name: "gatehouse jobs" });
  boss.on("error", (err: Error) => app.log.warn({ err }, "the job queue has a problem"));
  await boss.start();
  for (const job of jobs) {
    await boss.createQueue(job.name);
    await boss.work(job.name, () => job.run(app));
    await boss.schedule(job.name, job.schedule);
  }
  return () => boss.stop({ graceful: true, timeout: 5_000 });
}
