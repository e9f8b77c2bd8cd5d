/** The tokens of directories. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { sessionToken } from "../../testing/callers.ts";
import { createDirectory, createOrganization } from "../../testing/directories.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import * as secrets from "./secrets.ts";

let app: TestApp;
const places: Places = {};
const unknown = "dir_100000000000000001";

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "other"]) places[name] = await createOrganization(app, `${name}.example`);
  const tenant = await createSamlTenant(app);
  places.tenant = tenant.organizationId;
  places.nobody = await sessionToken(app, tenant, []);
  places.dir = (await createDirectory(app, places.acme ?? "")).id;
  places.foreign = (await createDirectory(app, places.other ?? "")).id;
});
afterAll(async () => app.stop());

describe("tokens", () => {
  test("are 64 letters and digits, shown once, kept as a hash", async () => {
    const made = await createDirectory(app, places.acme ?? "");
    const { body } = await app.api(`${made.path}/secrets`, { method: "POST" });
    expect(body.plain_secret).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(body.secret).toMatchObject({
      directory_id: made.id,
      status: "ACTIVE",
      secret_suffix: body.plain_secret.slice(-4),
    });
    expect(body.secret).not.toHaveProperty("expire_time");
    const rows = await app.app.db
      .selectFrom("directory_secrets")
      .selectAll()
      .where("directory_id", "=", made.id)
      .execute();
    const stored =
      JSON.stringify(rows) + Buffer.concat(rows.map((row) => row.secret_hash)).toString("latin1");
    expect(stored).not.toContain(body.plain_secret);
    expect(JSON.stringify(app.logged)).not.toContain(body.plain_secret);
  });

  test("live two at once, and no more", async () => {
    const made = await createDirectory(app, places.acme ?? "");
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => app.api(`${made.path}/secrets`, { method: "POST" })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400]);
    const refused = answers.find(({ status }) => status === 400);
    expect(refused?.body).toMatchObject({ code: 9, details: [{ error_code: "DIRECTORY_SECRET_LIMIT" }] });
    for (const { body } of answers.filter(({ status }) => status === 200))
      expect(await secrets.open(app.systemCtx(), made.id, body.plain_secret)).toBeDefined();
  });

  test("end at once when new ones are made in their place", async () => {
    const made = await createDirectory(app, places.acme ?? "");
    const former = (await app.api(`${made.path}/secrets`, { method: "POST" })).body.plain_secret;
    expect(await secrets.open(app.systemCtx(), made.id, former)).toBeDefined();
    const { body } = await app.api(`${made.path}/secrets:regenerate`, { method: "POST" });
    expect(await secrets.open(app.systemCtx(), made.id, former)).toBeUndefined();
    expect(await secrets.open(app.systemCtx(), made.id, body.plain_secret)).toBeDefined();
    const shown = (await app.api(made.path)).body.directory.secrets;
    expect(shown.map(({ status }: { status: string }) => status)).toEqual(["INACTIVE", "ACTIVE"]);
  });

  test("are changed without a gap: the second is made, the first is ended, the second goes on", async () => {
    const made = await createDirectory(app, places.acme ?? "");
    const open = (token: string) => secrets.open(app.systemCtx(), made.id, token);
    const [one, two] = [
      (await app.api(`${made.path}/secrets`, { method: "POST" })).body,
      (await app.api(`${made.path}/secrets`, { method: "POST" })).body,
    ];
    const ended = await app.api(`${made.path}/secrets/${one.secret.id}`, { method: "DELETE" });
    expect([ended.status, ended.body]).toEqual([200, {}]);
    expect(await open(one.plain_secret)).toBeUndefined();
    expect(await open(two.plain_secret)).toBeDefined();
    const shown = (await app.api(made.path)).body.directory.secrets;
    expect(shown.map(({ status }: { status: string }) => status)).toEqual(["INACTIVE", "ACTIVE"]);
    expect((await app.api(`${made.path}/secrets/${one.secret.id}`, { method: "DELETE" })).status).toBe(200);
    expect((await app.api(`${made.path}/secrets`, { method: "POST" })).status).toBe(200);
    const told = app.app.db.selectFrom("events").select("payload").where("type", "like", "%secret_revoked");
    const payloads = (await told.execute()).filter(
      ({ payload }) => (payload as { id: string }).id === one.secret.id,
    );
    expect(payloads).toHaveLength(1);
  });

  test("are not ended by the path of another directory", async () => {
    const [mine, other] = [
      await createDirectory(app, places.acme ?? ""),
      await createDirectory(app, places.acme ?? ""),
    ];
    const { body } = await app.api(`${other.path}/secrets`, { method: "POST" });
    const refused = await app.api(`${mine.path}/secrets/${body.secret.id}`, { method: "DELETE" });
    expect(refused).toMatchObject({
      status: 404,
      body: { details: [{ error_code: "DIRECTORY_SECRET_NOT_FOUND" }] },
    });
    expect(await secrets.open(app.systemCtx(), other.id, body.plain_secret)).toBeDefined();
  });

  test("open their own directory only, and only in their time", async () => {
    const organizationId = places.acme ?? "";
    const [one, two] = [
      await createDirectory(app, organizationId),
      await createDirectory(app, organizationId),
    ];
    const expiresAt = new Date(app.app.now().getTime() + 60_000);
    const { plain } = await secrets.create(app.systemCtx(), organizationId, one.id, expiresAt);
    const ctx = app.systemCtx();
    expect(await secrets.open(ctx, one.id, plain)).toBeDefined();
    expect(await secrets.open(ctx, two.id, plain)).toBeUndefined();
    expect(await secrets.open(ctx, one.id, `${plain}x`)).toBeUndefined();
    expect(await secrets.open(ctx, one.id, "")).toBeUndefined();
    expect(await secrets.open(ctx, unknown, plain)).toBeUndefined();
    app.advance(61);
    expect(await secrets.open(ctx, one.id, plain)).toBeUndefined();
    expect((await app.api(one.path)).body.directory.secrets[0].status).toBe("INACTIVE");
    await expect(secrets.create(ctx, organizationId, one.id)).resolves.toBeDefined();
  });

  test("say when they were last used", async () => {
    const made = await createDirectory(app, places.acme ?? "");
    const { plain_secret: token } = (await app.api(`${made.path}/secrets`, { method: "POST" })).body;
    await secrets.open(app.systemCtx(), made.id, token);
    await expect
      .poll(async () => (await app.api(made.path)).body.directory.secrets[0].last_used_time)
      .toBeDefined();
  });

  testScenarios(() => app, places, [
    {
      name: "are not for members",
      request: "POST /organizations/{tenant}/directories/{dir}/secrets",
      caller: "nobody",
      status: 403,
    },
    {
      name: "are not made for a directory of another organization",
      request: "POST /organizations/{acme}/directories/{foreign}/secrets",
      status: 404,
    },
    {
      name: "are not ended by somebody who may not write",
      request: "DELETE /organizations/{tenant}/directories/{dir}/secrets/sec_100000000000000001",
      caller: "nobody",
      status: 403,
    },
    {
      name: "are not ended by an id of another kind",
      request: "DELETE /organizations/{acme}/directories/{dir}/secrets/dir_100000000000000001",
      status: 400,
    },
    {
      name: "are not regenerated for a directory of another organization",
      request: "POST /organizations/{acme}/directories/{foreign}/secrets:regenerate",
      status: 404,
    },
  ]);
});
