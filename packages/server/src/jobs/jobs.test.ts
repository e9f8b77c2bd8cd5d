/** The schedule: that each job of the list runs by it, in a server as it is started. */
import { PgBoss } from "pg-boss";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../testing/app.ts";
import { patchSaml } from "../testing/connections.ts";
import { testCertificate, testKey } from "../testing/saml-idp.ts";
import { createSamlTenant } from "../testing/sign-in.ts";
import { startJobs } from "./jobs.ts";

let app: TestApp;
let boss: PgBoss;
let stop: () => Promise<void>;

beforeAll(async () => {
  app = await startTestApp();
  stop = await startJobs(app.app, app.systemCtx, app.databaseUrl);
  boss = new PgBoss({ connectionString: app.databaseUrl, max: 1 });
  await boss.start();
});
afterAll(async () => {
  await boss.stop({ graceful: false });
  await stop();
  await app.stop();
});

test("names every job", async () => {
  const schedules = await boss.getSchedules();
  expect(schedules.map(({ name, cron }) => `${name} ${cron}`).sort()).toEqual([
    "expire */15 * * * *",
    "follow-domains * * * * *",
    "refresh-metadata 17 * * * *",
    "verify-domains */5 * * * *",
    "warn-of-certificates 40 5 * * *",
  ]);
});

test("a job that is due does its work", async () => {
  const tenant = await createSamlTenant(app);
  const soon = new Date(app.app.now().getTime() + 86_400_000);
  const certificate = testCertificate("soon", testKey("soon").privateKey, soon);
  await patchSaml(app, tenant, { idp_certificate: certificate });
  await boss.send("warn-of-certificates");
  const events = () =>
    app.app.db.selectFrom("events").select("type").where("type", "like", "gatehouse.connection.%").execute();
  await expect.poll(events, { timeout: 5_000 }).toHaveLength(1);
});
