/** Scopes through the front door: declared by members of the dashboard, each name once in an environment. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment, workspaceApi } from "../../testing/callers.ts";

let app: TestApp;
let other: OtherEnvironment;
let api: TestApp["api"];

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  api = await workspaceApi(app);
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

const create = (name: string, description = "") => api("/scopes", { body: { name, description } });

describe("scopes", () => {
  test("are made, listed by name, changed and deleted", async () => {
    const made = await create("todo:write", "Change your to-dos");
    expect(made).toMatchObject({
      status: 201,
      body: { scope: { name: "todo:write", description: "Change your to-dos", enabled: true } },
    });
    const { id } = made.body.scope;
    expect(id).toMatch(/^scp_\d{18}$/);
    await create("todo:read");
    const names = async () =>
      (await api("/scopes")).body.scopes.map(({ name }: { name: string }) => name).join();
    expect(await names()).toBe("todo:read,todo:write");
    const changed = await api(`/scopes/${id}`, { method: "PATCH", body: { enabled: false } });
    expect(changed.body.scope).toMatchObject({ description: "Change your to-dos", enabled: false });
    const renamed = await api(`/scopes/${id}`, { method: "PATCH", body: { description: "Write" } });
    expect(renamed.body.scope).toMatchObject({ description: "Write", enabled: false });
    expect(await api(`/scopes/${id}`, { method: "DELETE" })).toEqual({ status: 200, body: {} });
    expect(await names()).toBe("todo:read");
    expect((await api(`/scopes/${id}`, { method: "DELETE" })).status).toBe(404);
    const gone = await api(`/scopes/${id}`, { method: "PATCH", body: { enabled: true } });
    expect(gone).toMatchObject({ status: 404, body: { details: [{ error_code: "SCOPE_NOT_FOUND" }] } });
    const events = await app.app.db.selectFrom("events").select("type").orderBy("id").execute();
    expect(events.map(({ type }) => type).filter((type) => type.includes("scope"))).toEqual([
      "gatehouse.scope.created",
      "gatehouse.scope.created",
      "gatehouse.scope.updated",
      "gatehouse.scope.updated",
      "gatehouse.scope.deleted",
    ]);
  });

  test("have a name once in an environment, of eight at once too", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create("once:only")));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    const elsewhere = { method: "POST", body: { name: "once:only" } };
    expect((await api(`/environments/${other.id}/scopes`, elsewhere)).status).toBe(201);
  });

  test("of another environment are named by its id, and not touched from here", async () => {
    const path = `/environments/${other.id}/scopes`;
    const { scope } = (await api(path, { body: { name: "theirs" } })).body;
    expect((await api(path)).body.scopes).toContainEqual(expect.objectContaining({ id: scope.id }));
    expect(JSON.stringify((await api("/scopes")).body)).not.toContain(scope.id);
    expect((await api(`/scopes/${scope.id}`, { method: "DELETE" })).status).toBe(404);
    expect((await api("/environments/env_100000000000000001/scopes")).status).toBe(404);
  });

  test("are not for applications", async () => {
    expect((await app.api("/scopes")).status).toBe(403);
    expect((await app.api("/scopes", { body: { name: "mine" } })).status).toBe(403);
  });

  test("are at most 500", async () => {
    const now = app.app.now();
    const { length } = (await api("/scopes")).body.scopes;
    const row = { environment_id: app.environmentId, created_at: now, updated_at: now };
    const rows = Array.from({ length: 500 - length }, (_, index) => `many:${index}`).map((name) => ({
      ...row,
      name,
      id: name,
    }));
    await app.app.db.insertInto("scopes").values(rows).execute();
    expect(await create("one:more")).toMatchObject({
      status: 400,
      body: { code: 9, details: [{ error_code: "SCOPE_LIMIT" }] },
    });
  });
});
