/** What roles and permissions do to tokens: read when a token is issued or refreshed, whatever process changed them. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { callback, createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { builtInPermissions, openedBy } from "./built-in.ts";
import { grantedBy } from "./remembered.ts";

let app: TestApp;
let tenant: SamlTenant;
let refreshToken = "";
let accessToken = "";

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  for (const name of ["docs:read", "docs:write", "docs:delete", "organizations_write"])
    await app.api("/permissions", { body: { name } });
  const { answer } = await samlSignIn(app, tenant);
  const code = answer.get("code") ?? "";
  const { body } = await postToken(app, { grant_type: "authorization_code", code, redirect_uri: callback });
  refreshToken = body.refresh_token ?? "";
  accessToken = body.access_token ?? "";
});
afterAll(async () => app.stop());

/** The claims of an access token that is issued now. */
async function claims(): Promise<{ roles: string[]; permissions: string[] }> {
  const { body } = await postToken(app, { grant_type: "refresh_token", refresh_token: refreshToken });
  refreshToken = body.refresh_token ?? "";
  accessToken = body.access_token ?? "";
  const { roles, permissions } = decodeJwt<{ roles: string[]; permissions: string[] }>(accessToken);
  return { roles, permissions };
}

const builtIn = ["sk_org_settings_read", "sk_org_users_read"];

describe("an access token", () => {
  test("names the role and the permissions that a new member has", async () => {
    expect(await claims()).toEqual({ roles: ["member"], permissions: builtIn });
  });

  test("follows permissions as they are added and taken", async () => {
    await app.api("/roles/member/permissions", { body: { permission_names: ["docs:read"] } });
    expect((await claims()).permissions).toEqual(["docs:read", ...builtIn]);
    await app.api("/roles/member/permissions/docs:read", { method: "DELETE" });
    expect((await claims()).permissions).toEqual(builtIn);
  });

  test("follows the base role, its permissions and its own base", async () => {
    const role = (name: string, more: object) =>
      app.api("/roles", { body: { name, display_name: name, ...more } });
    await role("root_role", { permissions: ["docs:delete"] });
    await role("base_role", { extends: "root_role", permissions: ["docs:read", "sk_org_users_read"] });
    await app.api("/roles/member", { method: "PUT", body: { extends: "base_role" } });
    expect(await claims()).toEqual({
      roles: ["member"],
      permissions: ["docs:delete", "docs:read", ...builtIn],
    });
    await app.api("/roles/root_role", { method: "PUT", body: { permissions: ["docs:write"] } });
    expect((await claims()).permissions).toEqual(["docs:read", "docs:write", ...builtIn]);
    await app.api("/roles/base_role/base", { method: "DELETE" });
    expect((await claims()).permissions).toEqual(["docs:read", ...builtIn]);
  });

  test("forgets a permission that is deleted", async () => {
    await app.api("/permissions/docs:read", { method: "DELETE" });
    expect((await claims()).permissions).toEqual(builtIn);
  });

  test("names the replacement of a role that is deleted", async () => {
    const path = `/organizations/${tenant.organizationId}/roles`;
    await app.api(path, {
      body: { name: "crew", display_name: "Crew", extends: "root_role", permissions: ["docs:delete"] },
    });
    await app.api("/roles:set_defaults", { method: "PATCH", body: { default_member_role: "root_role" } });
    await app.api("/roles/member?reassign_role_name=root_role", { method: "DELETE" });
    expect(await claims()).toEqual({ roles: ["root_role"], permissions: ["docs:write"] });
    const { role } = (await app.api(`${path}/crew`)).body;
    await app.app.db.updateTable("membership_roles").set({ role_id: role.id }).execute();
    expect(await claims()).toEqual({ roles: ["crew"], permissions: ["docs:delete", "docs:write"] });
  });

  test("has empty lists for a member without roles", async () => {
    await app.app.db.deleteFrom("membership_roles").execute();
    expect(await claims()).toEqual({ roles: [], permissions: [] });
  });

  test("follows a change of another process", async () => {
    const second = await startTestApp({
      DATABASE_URL: app.databaseUrl,
      GATEHOUSE_DATA: app.app.config.dataDir,
      GATEHOUSE_URL: app.url,
    });
    const { role } = (await app.api("/roles/root_role")).body;
    const granted = () => grantedBy(second.systemCtx(), [role.id]);
    expect((await granted()).permissions).toEqual(["docs:write"]);
    await app.api("/roles/root_role", { method: "PUT", body: { permissions: ["docs:delete"] } });
    await expect.poll(async () => (await granted()).permissions, { interval: 5 }).toEqual(["docs:delete"]);
    await second.stop();
  });
});

describe("an end user's session", () => {
  const path = () => `/organizations/${tenant.organizationId}`;

  async function hold(name: string, permissions: string[]): Promise<void> {
    const { role } = (await app.api("/roles", { body: { name, display_name: name, permissions } })).body;
    const [member] = await app.app.db.selectFrom("memberships").selectAll().execute();
    await app.app.db
      .insertInto("membership_roles")
      .values({
        environment_id: app.environmentId,
        organization_id: tenant.organizationId,
        user_id: member?.user_id ?? "",
        role_id: role.id,
      })
      .execute();
    await claims();
  }

  const rename = () =>
    app.api(path(), { method: "PATCH", body: { display_name: "Mine" }, token: accessToken });

  test("may nothing by a permission of the app's own, though it has the name of one of ours", async () => {
    await hold("pretender", ["organizations_write"]);
    expect((await claims()).permissions).toContain("organizations_write");
    expect((await rename()).status).toBe(403);
  });

  test("may read by the built-in permission to read, and no more", async () => {
    await hold("looker", ["sk_org_settings_read"]);
    expect((await app.api(path(), { token: accessToken })).status).toBe(200);
    expect((await rename()).status).toBe(403);
  });

  test("may change by the built-in permission to manage", async () => {
    await hold("manager", ["sk_org_settings_manage"]);
    expect((await rename()).status).toBe(200);
  });
});

test("the built-in permissions open what the contract asks of sessions, reading with managing", () => {
  expect(openedBy(["sk_org_sso_manage", "sk_org_sso_read", "docs:read", "constructor"])).toEqual([
    "connections_read",
    "connections_write",
  ]);
  expect(openedBy(Object.keys(builtInPermissions)).sort()).toEqual([
    "connections_read",
    "connections_write",
    "directories_read",
    "directories_write",
    "organizations_read",
    "organizations_sessions_read",
    "organizations_sessions_write",
    "organizations_users_invite",
    "organizations_users_read",
    "organizations_users_remove",
    "organizations_users_role_update",
    "organizations_write",
  ]);
});

test("a chain that seems to run in a circle ends", async () => {
  const ids = await Promise.all(
    ["loop_a", "loop_b"].map(async (name) => {
      const body = { name, display_name: name, permissions: ["docs:write"] };
      return (await app.api("/roles", { body })).body.role.id as string;
    }),
  );
  const [a = "", b = ""] = ids;
  await app.app.db.updateTable("roles").set({ base_role_id: b }).where("id", "=", a).execute();
  await app.app.db.updateTable("roles").set({ base_role_id: a }).where("id", "=", b).execute();
  expect(await grantedBy(app.systemCtx(), [a])).toEqual({ roles: ["loop_a"], permissions: ["docs:write"] });
});
