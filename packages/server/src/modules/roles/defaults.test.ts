/** What every start makes sure of, and leaves as the app has made it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { builtInPermissions } from "./built-in.ts";
import { ensureDefaults } from "./defaults.ts";

let app: TestApp;
const builtIn = Object.keys(builtInPermissions).sort();

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

async function permissionsOf(role: string): Promise<string[]> {
  const { body } = await app.api(`/roles/${role}/permissions`);
  return body.permissions.map((permission: { name: string }) => permission.name);
}

test("a further start gives nothing back that the app has taken away", async () => {
  await app.api("/roles/admin/permissions/sk_org_sso_manage", { method: "DELETE" });
  await app.api("/roles/member/permissions", { body: { permission_names: ["sk_org_sso_read"] } });
  await ensureDefaults(app.systemCtx());
  expect(await permissionsOf("admin")).toEqual(builtIn.filter((name) => name !== "sk_org_sso_manage"));
  expect(await permissionsOf("member")).toContain("sk_org_sso_read");
});

test("an environment from before there were permissions gets them, counted once", async () => {
  await app.app.db.deleteFrom("permissions").execute();
  await app.app.db.deleteFrom("counters").where("name", "=", "permissions").execute();
  for (let start = 0; start < 2; start++) await ensureDefaults(app.systemCtx());
  expect(await permissionsOf("admin")).toEqual(builtIn);
  expect(await permissionsOf("member")).toEqual(["sk_org_settings_read", "sk_org_users_read"]);
  expect((await app.api("/permissions")).body.total_size).toBe(builtIn.length);
});

test("roles that the app has replaced do not come back", async () => {
  await app.api("/roles", { body: { name: "own", display_name: "Own" } });
  const defaults = { default_creator_role: "own", default_member_role: "own" };
  await app.api("/roles:set_defaults", { method: "PATCH", body: defaults });
  for (const name of ["admin", "member"]) await app.api(`/roles/${name}`, { method: "DELETE" });
  await ensureDefaults(app.systemCtx());
  const { roles } = (await app.api("/roles")).body;
  expect(roles).toMatchObject([{ name: "own", default_creator: true, default_member: true }]);
});
