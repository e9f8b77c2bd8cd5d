/** Permissions, and which of them roles have, through the front door. */
import { Code } from "@connectrpc/connect";
import { type PermissionType, RolesService } from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, rpc } from "../../testing/callers.ts";
import { eventTypesSince, lastEventId, type Places, testScenarios } from "../../testing/scenarios.ts";
import { builtInPermissions } from "./built-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

function broken(field: string, constraint: string) {
  const violation = expect.objectContaining({ field, constraint });
  return { code: 3, details: [{ validation_error_info: { field_violations: [violation] } }] };
}

const error = (code: number, name: string) => ({ code, details: [{ error_code: name }] });

describe("create, get, update, delete", () => {
  testScenarios(() => app, places, [
    {
      name: "create answers with all that was given",
      request: "POST /permissions",
      body: { name: "docs:read", description: "Read docs — lesen ✓" },
      status: 201,
      answer: {
        permission: {
          id: expect.stringMatching(/^perm_\d{18}$/),
          name: "docs:read",
          description: "Read docs — lesen ✓",
          create_time: expect.stringMatching(/^\d{4}-.*Z$/),
          update_time: expect.stringMatching(/^\d{4}-.*Z$/),
          is_scalekit_permission: false,
        },
      },
      events: ["permission.created"],
    },
    {
      name: "create gives an empty description back as one",
      request: "POST /permissions",
      body: { name: "docs_write", description: "" },
      status: 201,
      answer: { permission: { description: "" } },
      events: ["permission.created"],
    },
    {
      name: "create refuses a name that is taken",
      request: "POST /permissions",
      body: { name: "docs:read" },
      status: 400,
      answer: {
        ...error(3, "PERMISSION_NAME_TAKEN"),
        message: expect.stringContaining("duplicate key not allowed"),
      },
    },
    {
      name: "create refuses a name that is built in",
      request: "POST /permissions",
      body: { name: "sk_org_sso_read" },
      status: 400,
      answer: error(3, "PERMISSION_NAME_TAKEN"),
    },
    {
      name: "create says what a name may hold",
      request: "POST /permissions",
      body: { name: "docs.read all" },
      status: 400,
      answer: {
        message: expect.stringContaining(
          "Permission name can only contain letters, numbers, underscores (_), and colons (:) — spaces and special characters are not allowed",
        ),
        ...broken("permission.name", "permission.name.format"),
      },
    },
    {
      name: "get finds a name with a colon",
      request: "GET /permissions/docs:read",
      status: 200,
      answer: { permission: { name: "docs:read" } },
    },
    {
      name: "get answers 404 for an unknown name",
      request: "GET /permissions/docs:burn",
      status: 404,
      answer: error(5, "PERMISSION_NOT_FOUND"),
    },
    {
      name: "get refuses a name that none can have",
      request: "GET /permissions/non.existent.permission",
      status: 400,
      answer: broken("permission_name", "string.pattern"),
    },
    {
      name: "update changes the description",
      request: "PUT /permissions/docs:read",
      body: { name: "docs:read", description: "Read" },
      status: 200,
      answer: { permission: { name: "docs:read", description: "Read" } },
      events: ["permission.updated"],
    },
    {
      name: "update refuses another name",
      request: "PUT /permissions/docs:read",
      body: { name: "docs:see", description: "See" },
      status: 400,
      answer: broken("permission.name", "permission.name.fixed"),
    },
    {
      name: "update answers 404 for an unknown name",
      request: "PUT /permissions/docs:burn",
      body: { name: "docs:burn" },
      status: 404,
    },
    {
      name: "update refuses a built-in one",
      request: "PUT /permissions/sk_org_sso_read",
      body: { name: "sk_org_sso_read", description: "Mine" },
      status: 400,
      answer: error(9, "PERMISSION_BUILT_IN"),
    },
    {
      name: "delete refuses a built-in one",
      request: "DELETE /permissions/sk_org_sso_read",
      status: 400,
      answer: error(9, "PERMISSION_BUILT_IN"),
    },
    {
      name: "delete answers {}",
      request: "DELETE /permissions/docs_write",
      status: 200,
      answer: {},
      events: ["permission.deleted"],
    },
    { name: "delete again is 404", request: "DELETE /permissions/docs_write", status: 404 },
  ]);

  const refused: [name: string, body: object, field: string, constraint: string][] = [
    ["no name", {}, "permission.name", "required"],
    ["an empty name", { name: "" }, "permission.name", "required"],
    ["a name of 65 characters", { name: "x".repeat(65) }, "permission.name", "string.max_len"],
    ["a line break behind the name", { name: "docs\n" }, "permission.name", "permission.name.format"],
    ["letters beyond ASCII", { name: "läsen" }, "permission.name", "permission.name.format"],
    ["NUL in the description", { name: "nul", description: "a\0b" }, "permission", "string.storable"],
    [
      "a description of 2,001 characters",
      { name: "long", description: "x".repeat(2001) },
      "permission.description",
      "string.max_len",
    ],
  ];
  test.each(refused)("refuses %s", async (_name, body, field, constraint) => {
    const answer = await app.api("/permissions", { body });
    expect(answer.status).toBe(400);
    const violations = answer.body.details[0].validation_error_info.field_violations;
    expect(violations).toContainEqual(expect.objectContaining({ field, constraint }));
  });
});

describe("list", () => {
  const builtIn = Object.keys(builtInPermissions).length;

  test("shows the newest first, 10 a page, and counts all", async () => {
    for (let at = 0; at < 3; at++) await app.api("/permissions", { body: { name: `list:${at}` } });
    const { body } = await app.api("/permissions");
    expect(body.permissions).toHaveLength(10);
    expect(body.permissions.slice(0, 4).map((each: { name: string }) => each.name)).toEqual([
      "list:2",
      "list:1",
      "list:0",
      "docs:read",
    ]);
    expect(body).toMatchObject({ total_size: builtIn + 4, prev_page_token: "" });
    const next = (await app.api(`/permissions?page_token=${body.next_page_token}`)).body;
    expect(next.permissions).toHaveLength(builtIn + 4 - 10);
    expect(next.next_page_token).toBe("");
    const back = (await app.api(`/permissions?page_token=${next.prev_page_token}`)).body;
    expect(back.permissions).toEqual(body.permissions);
  });

  test("tells built-in ones from declared ones", async () => {
    const ours = (await app.api("/permissions?type=SCALEKIT&page_size=100")).body;
    expect(ours.total_size).toBe(builtIn);
    expect(ours.permissions.map((each: { name: string }) => each.name).sort()).toEqual(
      Object.keys(builtInPermissions).sort(),
    );
    expect(
      ours.permissions.every((each: { is_scalekit_permission: boolean }) => each.is_scalekit_permission),
    ).toBe(true);
    const declared = (await app.api("/permissions?type=ENVIRONMENT&page_size=1")).body;
    expect(declared).toMatchObject({ permissions: [{ name: "list:2" }], total_size: 4 });
    const other = await app.api(`/permissions?page_token=${declared.next_page_token}`);
    expect(other).toMatchObject({ status: 400, body: error(3, "PAGE_TOKEN_INVALID") });
  });

  testScenarios(() => app, places, [
    {
      name: "refuses 0 a page",
      request: "GET /permissions?page_size=0",
      status: 400,
      answer: broken("page_size", "uint32.gte_lte"),
    },
    { name: "refuses 101 a page", request: "GET /permissions?page_size=101", status: 400 },
    { name: "refuses a negative size", request: "GET /permissions?page_size=-1", status: 400 },
    { name: "refuses a huge size", request: "GET /permissions?page_size=99999999999999", status: 400 },
    {
      name: "refuses a made-up token",
      request: "GET /permissions?page_token=x",
      status: 400,
      answer: error(3, "PAGE_TOKEN_INVALID"),
    },
    { name: "refuses an unknown type", request: "GET /permissions?type=OTHER", status: 400 },
  ]);

  test("refuses a type that the contract does not have, on gRPC", async () => {
    const answer = rpc(app, RolesService).listPermissions({ type: 7 as PermissionType });
    await expect(answer).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("permissions of a role", () => {
  beforeAll(async () => {
    for (const name of ["a:1", "a:2", "a:3"]) await app.api("/permissions", { body: { name } });
    await app.api("/roles", { body: { name: "base", display_name: "Base", permissions: ["a:1"] } });
    await app.api("/roles", { body: { name: "heir", display_name: "Heir", extends: "base" } });
  });

  testScenarios(() => app, places, [
    {
      name: "are added, and all that it has itself come back",
      request: "POST /roles/base/permissions",
      body: { permission_names: ["a:2", "a:1", "a:2"] },
      status: 200,
      answer: { permissions: [{ name: "a:1" }, { name: "a:2" }] },
      events: ["role.updated"],
    },
    {
      name: "that do not exist are skipped",
      request: "POST /roles/heir/permissions",
      body: { permission_names: ["no:such"] },
      status: 200,
      answer: { permissions: [] },
      events: ["role.updated"],
    },
    {
      name: "are inherited, not held",
      request: "GET /roles/heir/permissions",
      status: 200,
      answer: { permissions: [] },
    },
    {
      name: "are effective",
      request: "GET /roles/heir/permissions:all",
      status: 200,
      answer: { permissions: [{ name: "a:1" }, { name: "a:2" }] },
    },
    {
      name: "are taken away one by one",
      request: "DELETE /roles/base/permissions/a:2",
      status: 200,
      answer: {},
      events: ["role.updated"],
    },
    {
      name: "that the role does not have itself are 404",
      request: "DELETE /roles/heir/permissions/a:1",
      status: 404,
      answer: error(5, "ROLE_LACKS_PERMISSION"),
    },
    {
      name: "that do not exist are 404",
      request: "DELETE /roles/base/permissions/no:such",
      status: 404,
      answer: error(5, "PERMISSION_NOT_FOUND"),
    },
    {
      name: "of an unknown role are 404",
      request: "GET /roles/nobody/permissions",
      status: 404,
      answer: error(5, "ROLE_NOT_FOUND"),
    },
    {
      name: "of an unknown role are not effective either",
      request: "GET /roles/nobody/permissions:all",
      status: 404,
    },
    {
      name: "of an unknown role are not added",
      request: "POST /roles/nobody/permissions",
      body: { permission_names: ["a:1"] },
      status: 404,
    },
    {
      name: "of an unknown role are not taken",
      request: "DELETE /roles/nobody/permissions/a:1",
      status: 404,
    },
    {
      name: "of a role whose name has a hyphen are 404 where the contract lets it pass",
      request: "GET /roles/non-existent-role/permissions",
      status: 404,
    },
    {
      name: "must be named to be added",
      request: "POST /roles/base/permissions",
      body: { permission_names: [] },
      status: 400,
      answer: broken("permission_names", "required"),
    },
    {
      name: "must have names of the form of names",
      request: "POST /roles/base/permissions",
      body: { permission_names: ["a.1"] },
      status: 400,
      answer: broken("permission_names[0]", "string.pattern"),
    },
    {
      name: "are at most 100 at once",
      request: "POST /roles/base/permissions",
      body: { permission_names: Array.from({ length: 101 }, (_, at) => `x${at}`) },
      status: 400,
      answer: broken("permission_names", "repeated.max_items"),
    },
    {
      name: "may be built-in ones",
      request: "POST /roles/base/permissions",
      body: { permission_names: ["sk_org_sso_manage"] },
      status: 200,
      answer: { permissions: [{ name: "a:1" }, { name: "sk_org_sso_manage", is_scalekit_permission: true }] },
      events: ["role.updated"],
    },
  ]);

  test("that are deleted are taken from all roles, and the event says which", async () => {
    await app.api("/roles/heir/permissions", { body: { permission_names: ["a:1"] } });
    const since = await lastEventId(app);
    expect((await app.api("/permissions/a:1", { method: "DELETE" })).status).toBe(200);
    expect(await eventTypesSince(app, since)).toEqual(["permission.deleted"]);
    const event = await app.app.db
      .selectFrom("events")
      .select("payload")
      .where("id", ">", since)
      .executeTakeFirst();
    expect(event?.payload).toMatchObject({ name: "a:1", description: "", roles: ["base", "heir"] });
    expect((await app.api("/roles/base/permissions")).body.permissions).toMatchObject([
      { name: "sk_org_sso_manage" },
    ]);
    expect((await app.api("/roles/heir/permissions")).body).toEqual({ permissions: [] });
  });
});

test("another environment has its own permissions and roles", async () => {
  const other = await createEnvironment(app);
  await app.api("/roles", { body: { name: "ours", display_name: "Ours", permissions: ["docs:read"] } });
  expect((await other.api("/permissions/docs:read")).status).toBe(404);
  expect((await other.api("/permissions")).body).toMatchObject({
    total_size: Object.keys(builtInPermissions).length,
  });
  expect((await other.api("/permissions", { body: { name: "docs:read" } })).status).toBe(201);
  const stolen = { name: "ours", display_name: "Theirs", permissions: ["list:0"] };
  expect(await other.api("/roles", { body: stolen })).toMatchObject({
    status: 400,
    body: broken("role.permissions", "permission.exists"),
  });
  const added = await other.api("/roles/member/permissions", { body: { permission_names: ["list:0"] } });
  expect(added.body).toMatchObject({
    permissions: [{ name: "sk_org_settings_read" }, { name: "sk_org_users_read" }],
  });
  const defaults = { method: "PATCH", body: { default_creator_role: "ours" } };
  expect((await other.api("/roles:set_defaults", defaults)).status).toBe(400);
  const { id } = (await app.api("/roles/ours")).body.role;
  const byId = { method: "PATCH", body: { default_creator: { id } } };
  expect((await other.api("/roles:set_defaults", byId)).status).toBe(400);
  expect((await other.api(`/roles/member?reassign_role_id=${id}`, { method: "DELETE" })).status).toBe(400);
});
