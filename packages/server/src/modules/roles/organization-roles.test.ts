/** Roles of organizations through the front door, and what stands between them and those of the environment. */
import { Code } from "@connectrpc/connect";
import { RolesService } from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken } from "../../testing/callers.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";
import { callback, createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let acme: SamlTenant;
let globex: SamlTenant;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  acme = await createSamlTenant(app);
  globex = await createSamlTenant(app);
  places.acme = acme.organizationId;
  places.globex = globex.organizationId;
  for (const name of ["docs:read", "docs:write"]) await app.api("/permissions", { body: { name } });
  await app.api("/roles", { body: { name: "reader", display_name: "Reader", permissions: ["docs:read"] } });
});
afterAll(async () => app.stop());

function broken(field: string, constraint: string) {
  const violation = expect.objectContaining({ field, constraint });
  return { code: 3, details: [{ validation_error_info: { field_violations: [violation] } }] };
}

const error = (code: number, name: string) => ({ code, details: [{ error_code: name }] });

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "answers with a marked role, which may extend one of the environment",
      request: "POST /organizations/{acme}/roles",
      body: {
        name: "editor",
        display_name: "Editor",
        description: "Edits",
        extends: "reader",
        permissions: ["docs:write"],
      },
      status: 201,
      answer: {
        role: {
          name: "editor",
          display_name: "Editor",
          extends: "reader",
          is_org_role: true,
          permissions: [],
        },
      },
      events: ["role.created"],
    },
    {
      name: "takes the same name in another organization",
      request: "POST /organizations/{globex}/roles",
      body: { name: "editor", display_name: "Editor of Globex" },
      status: 201,
      answer: { role: { is_org_role: true } },
      events: ["role.created"],
    },
    {
      name: "refuses a name that is taken in the organization",
      request: "POST /organizations/{acme}/roles",
      body: { name: "editor", display_name: "Again" },
      status: 400,
      answer: error(3, "ROLE_NAME_TAKEN"),
    },
    {
      name: "refuses a name that the environment has",
      request: "POST /organizations/{acme}/roles",
      body: { name: "admin", display_name: "Admin" },
      status: 400,
      answer: error(3, "ROLE_NAME_TAKEN"),
    },
    {
      name: "refuses the environment a name that an organization has: it would stand for two roles there",
      request: "POST /roles",
      body: { name: "editor", display_name: "Editor" },
      status: 400,
      answer: error(3, "ROLE_NAME_TAKEN"),
    },
    {
      name: "extends one of the same organization",
      request: "POST /organizations/{acme}/roles",
      body: { name: "chief", display_name: "Chief", extends: "editor" },
      status: 201,
      answer: { role: { extends: "editor" } },
      events: ["role.created"],
    },
    {
      name: "refuses the environment a base of an organization",
      request: "POST /roles",
      body: { name: "above", display_name: "Above", extends: "editor" },
      status: 400,
      answer: broken("role.extends", "role.exists"),
    },
    {
      name: "refuses a base of another organization",
      request: "POST /organizations/{globex}/roles",
      body: { name: "below", display_name: "Below", extends: "chief" },
      status: 400,
      answer: broken("role.extends", "role.exists"),
    },
    {
      name: "refuses an organization that does not exist",
      request: "POST /organizations/org_100000000000000001/roles",
      body: { name: "lost", display_name: "Lost" },
      status: 404,
      answer: error(5, "ORGANIZATION_NOT_FOUND"),
    },
    {
      name: "refuses an id of another kind",
      request: "POST /organizations/usr_100000000000000001/roles",
      body: { name: "lost", display_name: "Lost" },
      status: 400,
      answer: broken("org_id", "string.prefix"),
    },
    {
      name: "refuses no display name",
      request: "POST /organizations/{acme}/roles",
      body: { name: "lost" },
      status: 400,
      answer: broken("role.display_name", "required"),
    },
  ]);
});

describe("get and list", () => {
  testScenarios(() => app, places, [
    {
      name: "find one of the organization's own, with what it inherits",
      request: "GET /organizations/{acme}/roles/chief?include=permissions:all",
      status: 200,
      answer: {
        role: {
          is_org_role: true,
          permissions: [
            { name: "docs:read", role_name: "reader" },
            { name: "docs:write", role_name: "editor" },
          ],
        },
      },
    },
    {
      name: "find one of the environment",
      request: "GET /organizations/{acme}/roles/reader?include=permissions",
      status: 200,
      answer: {
        role: { is_org_role: false, permissions: [{ name: "docs:read" }], dependent_roles_count: 1 },
      },
    },
    {
      name: "count no dependents of other organizations",
      request: "GET /organizations/{globex}/roles/reader",
      status: 200,
      answer: { role: { dependent_roles_count: 0 } },
    },
    {
      name: "find none of another organization",
      request: "GET /organizations/{globex}/roles/chief",
      status: 404,
    },
    {
      name: "list the environment's and the organization's own",
      request: "GET /organizations/{acme}/roles",
      status: 200,
      answer: {
        roles: ["reader", "member", "admin", "chief", "editor"].map((name) => ({
          name,
          is_org_role: name === "chief" || name === "editor",
        })),
      },
    },
    {
      name: "list all for the environment, marked",
      request: "GET /roles",
      status: 200,
      answer: {
        roles: [
          { name: "reader" },
          { name: "member" },
          { name: "admin" },
          { name: "chief", is_org_role: true },
          { name: "editor", display_name: "Editor of Globex" },
          { name: "editor", display_name: "Editor" },
        ],
      },
    },
    {
      name: "find none of an organization among the environment's own",
      request: "GET /roles/editor",
      status: 404,
    },
    {
      name: "list dependents of organizations, marked",
      request: "GET /roles/reader/dependents",
      status: 200,
      answer: { roles: [{ name: "editor", is_org_role: true }] },
    },
    { name: "list none of an unknown organization", request: "GET /organizations/org_1/roles", status: 404 },
  ]);
});

describe("update", () => {
  testScenarios(() => app, places, [
    {
      name: "changes the organization's own",
      request: "PUT /organizations/{acme}/roles/editor",
      body: { display_name: "Chief editor", permissions: ["docs:read"] },
      status: 200,
      answer: { role: { display_name: "Chief editor", is_org_role: true, extends: "reader" } },
      events: ["role.updated"],
    },
    {
      name: "refuses a circle",
      request: "PUT /organizations/{acme}/roles/editor",
      body: { extends: "chief" },
      status: 400,
      answer: broken("role.extends", "role.extends.circle"),
    },
    {
      name: "refuses the environment's: it is everybody's",
      request: "PUT /organizations/{acme}/roles/reader",
      body: { display_name: "Taken over" },
      status: 404,
      answer: error(5, "ROLE_NOT_FOUND"),
    },
    {
      name: "does not reach those of another organization",
      request: "PUT /organizations/{globex}/roles/chief",
      body: { display_name: "Taken over" },
      status: 404,
    },
  ]);
});

describe("the default of an organization", () => {
  testScenarios(() => app, places, [
    {
      name: "may be one of its own",
      request: "PATCH /organizations/{acme}/roles:set_defaults",
      body: { default_member_role: "editor" },
      status: 200,
      answer: { default_member: { name: "editor", default_member: true, is_org_role: true } },
    },
    {
      name: "shows in its own list, in place of the environment's",
      request: "GET /organizations/{acme}/roles",
      status: 200,
      answer: {
        roles: [
          { name: "reader", default_member: false },
          { name: "member", default_member: false },
          { name: "admin", default_creator: true },
          { name: "chief", default_member: false },
          { name: "editor", default_member: true },
        ],
      },
    },
    {
      name: "changes nothing for others",
      request: "GET /organizations/{globex}/roles/member",
      status: 200,
      answer: { role: { default_member: true } },
    },
    {
      name: "must be a role that it has",
      request: "PATCH /organizations/{globex}/roles:set_defaults",
      body: { default_member_role: "chief" },
      status: 400,
      answer: broken("default_member_role", "role.exists"),
    },
    {
      name: "must be named",
      request: "PATCH /organizations/{acme}/roles:set_defaults",
      body: {},
      status: 400,
      answer: broken("default_member_role", "required"),
    },
    {
      name: "is of an organization that exists",
      request: "PATCH /organizations/org_100000000000000001/roles:set_defaults",
      body: { default_member_role: "member" },
      status: 404,
    },
  ]);

  test("is what a new member gets there; elsewhere they get the environment's", async () => {
    for (const [tenant, role] of [
      [acme, "editor"],
      [globex, "member"],
    ] as const) {
      const { answer } = await samlSignIn(app, tenant);
      const code = answer.get("code") ?? "";
      const { body } = await postToken(app, {
        grant_type: "authorization_code",
        code,
        redirect_uri: callback,
      });
      expect(decodeJwt(body.access_token ?? "").roles).toEqual([role]);
    }
  });
});

describe("delete", () => {
  testScenarios(() => app, places, [
    {
      name: "counts the holders first",
      request: "GET /organizations/{acme}/roles/editor/users:count",
      status: 200,
      answer: { count: "1" },
    },
    {
      name: "counts inherited holders of the environment's",
      request: "GET /organizations/{acme}/roles/reader/users:count",
      status: 200,
      answer: { count: "1" },
    },
    {
      name: "is refused while another role extends it",
      request: "DELETE /organizations/{acme}/roles/editor",
      status: 400,
      answer: error(9, "ROLE_EXTENDED"),
    },
    {
      name: "ends the inheritance",
      request: "DELETE /organizations/{acme}/roles/chief/base",
      status: 200,
      answer: {},
      events: ["role.updated"],
    },
    {
      name: "does not end that of another organization's",
      request: "DELETE /organizations/{globex}/roles/chief/base",
      status: 404,
    },
    {
      name: "is refused while a user holds it",
      request: "DELETE /organizations/{acme}/roles/editor",
      status: 400,
      answer: { ...error(3, "ROLE_IN_USE"), message: "role cannot be deleted as it is assigned to users" },
    },
    {
      name: "refuses a replacement of another organization",
      request: "DELETE /organizations/{globex}/roles/editor?reassign_role_name=chief",
      status: 400,
      answer: broken("reassign_role_name", "role.exists"),
    },
    {
      name: "refuses the environment's roles",
      request: "DELETE /organizations/{acme}/roles/reader",
      status: 404,
    },
    {
      name: "gives holders, and the organization's new members, the replacement",
      request: "DELETE /organizations/{acme}/roles/editor?reassign_role_name=chief",
      status: 200,
      answer: {},
      events: ["gatehouse.role.replaced", "role.deleted"],
    },
    {
      name: "has done so",
      request: "GET /organizations/{acme}/roles/chief",
      status: 200,
      answer: { role: { default_member: true } },
    },
    {
      name: "moves holders to one of the environment, too",
      request: "DELETE /organizations/{acme}/roles/chief?reassign_role_name=reader",
      status: 200,
      events: ["gatehouse.role.replaced", "role.deleted"],
    },
    {
      name: "leaves nobody behind",
      request: "GET /organizations/{acme}/roles/reader/users:count",
      status: 200,
      answer: { count: "1" },
    },
    {
      name: "needs no replacement for an unused role",
      request: "DELETE /organizations/{globex}/roles/editor",
      status: 200,
      events: ["role.deleted"],
    },
    { name: "again is 404", request: "DELETE /organizations/{globex}/roles/editor", status: 404 },
  ]);

  test("of the organization's default lets it fall back to the environment's", async () => {
    const path = `/organizations/${places.globex}/roles`;
    await app.api(path, { body: { name: "brief", display_name: "Brief" } });
    await app.api(`${path}:set_defaults`, { method: "PATCH", body: { default_member_role: "brief" } });
    expect((await app.api(`${path}/member`)).body.role.default_member).toBe(false);
    expect((await app.api(`${path}/brief`, { method: "DELETE" })).status).toBe(200);
    expect((await app.api(`${path}/member`)).body.role.default_member).toBe(true);
  });
});

describe("an end user", () => {
  test("sees the roles of their own organization with the permission, and changes none", async () => {
    const token = await sessionToken(app, acme, ["organizations_read"]);
    const path = `/organizations/${places.acme}/roles`;
    await app.api(`/organizations/${places.globex}/roles`, {
      body: { name: "secret", display_name: "Secret" },
    });
    const { body } = await app.api(path, { token });
    expect(body.roles.map((role: { name: string }) => role.name)).toEqual(["reader", "member", "admin"]);
    expect((await app.api(`${path}/reader`, { token })).status).toBe(200);
    expect((await app.api(path, { token, body: { name: "mine", display_name: "Mine" } })).status).toBe(403);
    expect((await app.api("/roles", { token })).status).toBe(403);
    expect((await app.api(`/organizations/${places.globex}/roles`, { token })).status).toBe(404);
    const without = await sessionToken(app, acme, ["connections_read"]);
    expect((await app.api(path, { token: without })).status).toBe(403);
  });
});

test("an organization that is deleted takes its roles along", async () => {
  const { organizationId } = await createSamlTenant(app);
  const path = `/organizations/${organizationId}/roles`;
  await app.api(path, { body: { name: "going", display_name: "Going", extends: "reader" } });
  await app.api(path, { body: { name: "gone", display_name: "Gone", extends: "going" } });
  await app.api(`${path}:set_defaults`, { method: "PATCH", body: { default_member_role: "gone" } });
  expect((await app.api(`/organizations/${organizationId}`, { method: "DELETE" })).status).toBe(200);
  expect((await app.api(path)).status).toBe(404);
  expect((await app.api("/roles/reader/dependents")).body).toEqual({ roles: [] });
  expect((await app.api("/roles", { body: { name: "gone", display_name: "Free again" } })).status).toBe(201);
});

test("the same on gRPC", async () => {
  const roles = rpc(app, RolesService);
  const orgId = places.acme ?? "";
  const role = { name: "by_grpc", displayName: "By gRPC" };
  expect((await roles.createOrganizationRole({ orgId, role })).role?.isOrgRole).toBe(true);
  expect((await roles.getOrganizationRoleUsersCount({ orgId, roleName: "by_grpc" })).count).toBe(0n);
  await roles.deleteOrganizationRole({ orgId, roleName: "by_grpc" });
  const gone = roles.getOrganizationRole({ orgId, roleName: "by_grpc" });
  await expect(gone).rejects.toMatchObject({ code: Code.NotFound });
  await expect(roles.listOrganizationRoles({ orgId: "" })).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
});
