/** Roles of the environment through the front door: every operation, its refusals, and what it announces. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { eventTypesSince, lastEventId, type Places, testScenarios } from "../../testing/scenarios.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["docs:read", "docs:write", "docs:delete"]) {
    await app.api("/permissions", { body: { name } });
  }
});
afterAll(async () => app.stop());

function broken(field: string, constraint: string) {
  const violation = expect.objectContaining({ field, constraint });
  return { code: 3, details: [{ validation_error_info: { field_violations: [violation] } }] };
}

const error = (code: number, name: string) => ({ code, details: [{ error_code: name }] });

describe("a new environment", () => {
  test("has the roles admin and member, the defaults, with built-in permissions", async () => {
    const { roles } = (await app.api("/roles?include=permissions")).body;
    expect(roles).toMatchObject([
      { name: "member", default_member: true, default_creator: false, is_org_role: false },
      { name: "admin", default_creator: true, default_member: false, is_org_role: false },
    ]);
    const names = roles.map((role: { permissions: { name: string }[] }) =>
      role.permissions.map((permission) => permission.name),
    );
    expect(names[0]).toEqual(["sk_org_settings_read", "sk_org_users_read"]);
    expect(names[1]).toHaveLength(12);
  });
});

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "answers with all that was given",
      request: "POST /roles",
      body: {
        name: "Reader_1",
        display_name: "Reader 株式会社 🏯",
        description: "Reads",
        permissions: ["docs:read", "docs:read"],
      },
      status: 201,
      answer: {
        role: {
          id: expect.stringMatching(/^role_\d{18}$/),
          name: "Reader_1",
          display_name: "Reader 株式会社 🏯",
          description: "Reads",
          default_creator: false,
          default_member: false,
          permissions: [],
          dependent_roles_count: 0,
          is_org_role: false,
        },
      },
      events: ["role.created"],
    },
    {
      name: "takes a base role, and lowerCamelCase",
      request: "POST /roles",
      body: { name: "writer", displayName: "Writer", extends: "Reader_1", permissions: ["docs:write"] },
      status: 201,
      answer: { role: { name: "writer", extends: "Reader_1", description: "" } },
      events: ["role.created"],
    },
    {
      name: "refuses a name that is taken",
      request: "POST /roles",
      body: { name: "writer", display_name: "Again" },
      status: 400,
      answer: {
        ...error(3, "ROLE_NAME_TAKEN"),
        message: expect.stringContaining("duplicate key not allowed"),
      },
    },
    {
      name: "tells names apart by case: tokens carry them as they are",
      request: "POST /roles",
      body: { name: "reader_1", display_name: "Other" },
      status: 201,
      events: ["role.created"],
    },
    {
      name: "refuses a base that does not exist",
      request: "POST /roles",
      body: { name: "lost", display_name: "Lost", extends: "nowhere" },
      status: 400,
      answer: broken("role.extends", "role.exists"),
    },
    {
      name: "refuses itself as its base: it does not exist yet",
      request: "POST /roles",
      body: { name: "lost", display_name: "Lost", extends: "lost" },
      status: 400,
      answer: broken("role.extends", "role.exists"),
    },
    {
      name: "refuses a permission that does not exist",
      request: "POST /roles",
      body: { name: "lost", display_name: "Lost", permissions: ["docs:read", "docs:burn"] },
      status: 400,
      answer: broken("role.permissions", "permission.exists"),
    },
    {
      name: "has left nothing of those",
      request: "GET /roles/lost",
      status: 404,
      answer: error(5, "ROLE_NOT_FOUND"),
    },
  ]);

  const many = Array.from({ length: 101 }, (_, at) => `p${at}`);
  const refused: [name: string, change: object, field: string, constraint: string][] = [
    ["no name", { name: undefined }, "role.name", "required"],
    ["an empty name", { name: "" }, "role.name", "required"],
    ["a hyphen in the name", { name: "non-existent" }, "role.name", "string.pattern"],
    ["a name of 65 characters", { name: "x".repeat(65) }, "role.name", "string.pattern"],
    ["a name of a million characters", { name: "x".repeat(900_000) }, "role.name", "string.max_len"],
    ["letters beyond ASCII in the name", { name: "rôle" }, "role.name", "string.pattern"],
    ["a line break behind the name", { name: "role\n" }, "role.name", "string.pattern"],
    ["no display name", { display_name: "" }, "role.display_name", "required"],
    [
      "a display name of 101 characters",
      { display_name: "é".repeat(101) },
      "role.display_name",
      "string.max_len",
    ],
    ["NUL in the display name", { display_name: "a\0b" }, "role", "string.storable"],
    [
      "a description of 2,001 characters",
      { description: "x".repeat(2001) },
      "role.description",
      "string.max_len",
    ],
    ["an empty base", { extends: "" }, "role.extends", "string.min_len"],
    ["a base of a wrong form", { extends: "a b" }, "role.extends", "string.pattern"],
    ["101 permissions", { permissions: many }, "role.permissions", "repeated.max_items"],
    ["a permission of a wrong form", { permissions: ["a.b"] }, "role.permissions[0]", "string.pattern"],
    ["an empty permission", { permissions: [""] }, "role.permissions[0]", "string.min_len"],
  ];
  test.each(refused)("refuses %s", async (_name, change, field, constraint) => {
    const since = await lastEventId(app);
    const body = { name: "refused", display_name: "Refused", ...change };
    const answer = await app.api("/roles", { body });
    expect(answer.status).toBe(400);
    const violations = answer.body.details[0].validation_error_info.field_violations;
    expect(violations).toContainEqual(expect.objectContaining({ field, constraint }));
    expect(await eventTypesSince(app, since)).toEqual([]);
  });
});

describe("get and list", () => {
  testScenarios(() => app, places, [
    {
      name: "show a role without its permissions unless asked",
      request: "GET /roles/writer",
      status: 200,
      answer: { role: { name: "writer", extends: "Reader_1", permissions: [] } },
    },
    {
      name: "count the roles that extend it directly",
      request: "GET /roles/Reader_1",
      status: 200,
      answer: { role: { dependent_roles_count: 1 } },
    },
    {
      name: "show its own permissions",
      request: "GET /roles/writer?include=permissions",
      status: 200,
      answer: {
        role: {
          permissions: [
            { id: expect.stringMatching(/^perm_\d{18}$/), name: "docs:write", role_name: "writer" },
          ],
        },
      },
    },
    {
      name: "show inherited ones with where they come from",
      request: "GET /roles/writer?include=permissions:all",
      status: 200,
      answer: {
        role: {
          permissions: [
            { name: "docs:read", role_name: "Reader_1" },
            { name: "docs:write", role_name: "writer" },
          ],
        },
      },
    },
    {
      name: "refuse to include anything else",
      request: "GET /roles/writer?include=users",
      status: 400,
      answer: broken("include", "string.in"),
    },
    { name: "answer 404 for an unknown name", request: "GET /roles/nobody", status: 404 },
    {
      name: "answer 400 for a name that none can have",
      request: "GET /roles/non-existent-role",
      status: 400,
      answer: broken("role_name", "string.pattern"),
    },
    {
      name: "list newest first, with what is inherited",
      request: "GET /roles?include=permissions:all",
      status: 200,
      answer: {
        roles: [
          { name: "reader_1", permissions: [] },
          { name: "writer", permissions: [{ name: "docs:read" }, { name: "docs:write" }] },
          { name: "Reader_1", permissions: [{ name: "docs:read" }] },
          { name: "member" },
          { name: "admin" },
        ],
      },
    },
    {
      name: "list direct dependents",
      request: "GET /roles/Reader_1/dependents",
      status: 200,
      answer: { roles: [{ name: "writer" }] },
    },
    {
      name: "list no dependents of one that has none",
      request: "GET /roles/writer/dependents",
      status: 200,
      answer: { roles: [] },
    },
    { name: "list no dependents of an unknown role", request: "GET /roles/nobody/dependents", status: 404 },
  ]);

  test("give a permission that comes twice once, from the nearest role", async () => {
    await app.api("/roles", {
      body: { name: "twice", display_name: "Twice", extends: "writer", permissions: ["docs:read"] },
    });
    const { role } = (await app.api("/roles/twice?include=permissions:all")).body;
    expect(role.permissions).toMatchObject([
      { name: "docs:read", role_name: "twice" },
      { name: "docs:write", role_name: "writer" },
    ]);
    expect((await app.api("/roles/twice", { method: "DELETE" })).body).toEqual({});
  });
});

describe("update", () => {
  testScenarios(() => app, places, [
    {
      name: "changes the given fields only",
      request: "PUT /roles/writer",
      body: { description: "Writes" },
      status: 200,
      answer: {
        role: { name: "writer", display_name: "Writer", description: "Writes", extends: "Reader_1" },
      },
      events: ["role.updated"],
    },
    {
      name: "keeps the permissions when the list is empty",
      request: "PUT /roles/writer",
      body: { display_name: "The writer", permissions: [] },
      status: 200,
      answer: { role: { display_name: "The writer" } },
      events: ["role.updated"],
    },
    {
      name: "has kept them",
      request: "GET /roles/writer/permissions",
      status: 200,
      answer: { permissions: [{ name: "docs:write" }] },
    },
    {
      name: "replaces all own permissions by a list that is not empty",
      request: "PUT /roles/writer",
      body: { permissions: ["docs:delete"] },
      status: 200,
      events: ["role.updated"],
    },
    {
      name: "has replaced them",
      request: "GET /roles/writer/permissions",
      status: 200,
      answer: { permissions: [{ name: "docs:delete" }] },
    },
    {
      name: "refuses the role itself as its base",
      request: "PUT /roles/writer",
      body: { extends: "writer" },
      status: 400,
      answer: broken("role.extends", "role.extends.circle"),
    },
    {
      name: "refuses a circle of two",
      request: "PUT /roles/Reader_1",
      body: { extends: "writer", display_name: "Changed" },
      status: 400,
      answer: broken("role.extends", "role.extends.circle"),
    },
    {
      name: "has changed nothing by that",
      request: "GET /roles/Reader_1",
      status: 200,
      answer: { role: { display_name: "Reader 株式会社 🏯" } },
    },
    {
      name: "refuses a permission that does not exist",
      request: "PUT /roles/writer",
      body: { display_name: "Changed", permissions: ["docs:burn"] },
      status: 400,
      answer: broken("role.permissions", "permission.exists"),
    },
    {
      name: "refuses an empty description, as the contract has it",
      request: "PUT /roles/writer",
      body: { description: "" },
      status: 400,
      answer: broken("role.description", "string.min_len"),
    },
    {
      name: "changes nothing for an empty body",
      request: "PUT /roles/writer",
      status: 200,
      answer: { role: { display_name: "The writer", description: "Writes", extends: "Reader_1" } },
      events: ["role.updated"],
    },
    {
      name: "answers 404 for an unknown name",
      request: "PUT /roles/nobody",
      body: { display_name: "x" },
      status: 404,
    },
  ]);

  test("refuses a circle of many", async () => {
    const names = ["c1", "c2", "c3", "c4"];
    for (const [at, name] of names.entries()) {
      const base = at === 0 ? {} : { extends: names[at - 1] };
      await app.api("/roles", { body: { name, display_name: name, ...base } });
    }
    const answer = await app.api("/roles/c1", { method: "PUT", body: { extends: "c4" } });
    expect(answer).toMatchObject({ status: 400, body: broken("role.extends", "role.extends.circle") });
    for (const name of names.toReversed()) await app.api(`/roles/${name}`, { method: "DELETE" });
  });
});

describe("ending an inheritance", () => {
  testScenarios(() => app, places, [
    {
      name: "answers {}",
      request: "DELETE /roles/writer/base",
      status: 200,
      answer: {},
      events: ["role.updated"],
    },
    {
      name: "leaves the field out",
      request: "GET /roles/writer?include=permissions:all",
      status: 200,
      answer: { role: expect.not.objectContaining({ extends: expect.anything() }) },
    },
    { name: "again does nothing", request: "DELETE /roles/writer/base", status: 200, answer: {} },
    { name: "of an unknown role is 404", request: "DELETE /roles/nobody/base", status: 404 },
  ]);
});

describe("names and ids that none can have are refused by every method", () => {
  const body = { display_name: "x" };
  const requests: [request: string, body?: object][] = [
    ["GET /roles/a.b"],
    ["PUT /roles/a.b", body],
    ["DELETE /roles/a.b"],
    ["DELETE /roles/member?reassign_role_name=a.b"],
    ["DELETE /roles/member?reassign_role_id=a.b"],
    ["DELETE /roles/member?reassign_role_name="],
    ["GET /roles/a.b/users:count"],
    ["GET /roles/a.b/dependents"],
    ["DELETE /roles/a.b/base"],
    ["GET /roles/a.b/permissions"],
    ["GET /roles/a-b/permissions:all"],
    ["POST /roles/a-b/permissions", { permission_names: ["a"] }],
    ["DELETE /roles/a-b/permissions/a"],
    ["DELETE /roles/member/permissions/a.b"],
    ["GET /roles/%F0%9F%8F%AF"],
    ["GET /roles/%00"],
    ["GET /roles/a%0A"],
    ["GET /roles/member%20"],
    ["PATCH /roles:set_defaults", { default_creator_role: "a.b" }],
    ["PATCH /roles:set_defaults", { default_member_role: "" }],
    ["PATCH /roles:set_defaults", { default_creator: { id: "usr_100000000000000001" } }],
    ["PATCH /roles:set_defaults", { default_member: { id: "role_1", name: "a.b" } }],
    ["PUT /roles/member", { display_name: "x".repeat(101) }],
    ["PUT /roles/member", { description: "x".repeat(2001) }],
    ["PUT /roles/member", { extends: "a.b" }],
    ["PUT /roles/member", { permissions: ["a.b"] }],
    ["PUT /roles/member", { display_name: 7 }],
    ["PUT /roles/member", { permissions: "docs:read" }],
    ["GET /organizations/role_1/roles"],
    ["POST /organizations/role_1/roles", { name: "x", display_name: "x" }],
    ["GET /organizations/role_1/roles/member"],
    ["PUT /organizations/role_1/roles/member", body],
    ["DELETE /organizations/role_1/roles/member"],
    ["DELETE /organizations/role_1/roles/member/base"],
    ["PATCH /organizations/role_1/roles:set_defaults", { default_member_role: "member" }],
    ["GET /organizations/org_1/roles/a.b"],
    ["PUT /organizations/org_1/roles/a.b", body],
    ["DELETE /organizations/org_1/roles/a.b"],
    ["DELETE /organizations/org_1/roles/a?reassign_role_name=a.b"],
    ["DELETE /organizations/org_1/roles/a.b/base"],
    ["GET /organizations/org_1/roles/a.b/users:count"],
    [`GET /organizations/${"o".repeat(101)}/roles/a/users:count`],
    ["PATCH /organizations/org_1/roles:set_defaults", { default_member_role: "a.b" }],
  ];
  test.each(requests)("%s %j", async (request, sent) => {
    const since = await lastEventId(app);
    const [method = "", path = ""] = request.split(" ");
    const answer = await app.api(path, { method, ...(sent && { body: sent }) });
    expect(answer).toMatchObject({ status: 400, body: { code: 3 } });
    expect(await eventTypesSince(app, since)).toEqual([]);
  });
});
