/** Default roles, deletion with and without a replacement, and who is counted, through the front door. */
import { Code } from "@connectrpc/connect";
import { RolesService } from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { eventTypesSince, lastEventId, type Places, testScenarios } from "../../testing/scenarios.ts";
import { createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  const tenant = await createSamlTenant(app);
  await samlSignIn(app, tenant);
  places.org = tenant.organizationId;
  await app.api("/permissions", { body: { name: "docs:delete" } });
  for (const name of ["Reader_1", "reader_1", "writer"])
    await app.api("/roles", { body: { name, display_name: name, permissions: ["docs:delete"] } });
});
afterAll(async () => app.stop());

function broken(field: string, constraint: string) {
  const violation = expect.objectContaining({ field, constraint });
  return { code: 3, details: [{ validation_error_info: { field_violations: [violation] } }] };
}

const error = (code: number, name: string) => ({ code, details: [{ error_code: name }] });

describe("default roles", () => {
  testScenarios(() => app, places, [
    {
      name: "are set by name",
      request: "PATCH /roles:set_defaults",
      body: { default_creator_role: "writer", default_member_role: "Reader_1" },
      status: 200,
      answer: {
        default_creator: { name: "writer", default_creator: true },
        default_member: { name: "Reader_1", default_member: true },
      },
      events: ["role.updated", "role.updated", "role.updated", "role.updated"],
    },
    {
      name: "are one of each kind",
      request: "GET /roles/admin",
      status: 200,
      answer: { role: { default_creator: false } },
    },
    {
      name: "may be one role, and one may be left as it is",
      request: "PATCH /roles/default",
      body: { default_creator_role: "Reader_1" },
      status: 200,
      answer: { default_creator: { name: "Reader_1" }, default_member: { name: "Reader_1" } },
      events: ["role.updated", "role.updated"],
    },
    {
      name: "that are set already stay as they are",
      request: "PATCH /roles:set_defaults",
      body: { default_creator_role: "Reader_1" },
      status: 200,
    },
    {
      name: "do not exist: nothing changes",
      request: "PATCH /roles:set_defaults",
      body: { default_creator_role: "admin", default_member_role: "nobody" },
      status: 400,
      answer: broken("default_member_role", "role.exists"),
    },
    {
      name: "must be named",
      request: "PATCH /roles:set_defaults",
      body: {},
      status: 400,
      answer: broken("default_creator_role", "required"),
    },
    {
      name: "have names of the form of names",
      request: "PATCH /roles:set_defaults",
      body: { default_creator_role: "" },
      status: 400,
      answer: broken("default_creator_role", "string.pattern"),
    },
    {
      name: "cannot be deleted without a replacement",
      request: "DELETE /roles/Reader_1",
      status: 400,
      answer: error(9, "ROLE_IS_DEFAULT"),
    },
    {
      name: "pass to the replacement",
      request: "DELETE /roles/Reader_1?reassign_role_name=admin",
      status: 200,
      answer: {},
      events: ["gatehouse.role.replaced", "role.deleted"],
    },
    {
      name: "have passed to it",
      request: "GET /roles/admin",
      status: 200,
      answer: { role: { default_creator: true, default_member: true } },
    },
  ]);

  test("are set by id, as older clients do, and never to a role of an organization", async () => {
    const { id } = (await app.api("/roles/member")).body.role;
    const set = await app.api("/roles:set_defaults", { method: "PATCH", body: { default_member: { id } } });
    expect(set.body).toMatchObject({
      default_creator: { name: "admin" },
      default_member: { name: "member" },
    });
    const body = { name: "own_role", display_name: "Own" };
    const own = (await app.api(`/organizations/${places.org}/roles`, { body })).body.role.id;
    const refused = await app.api("/roles:set_defaults", {
      method: "PATCH",
      body: { default_member: { id: own } },
    });
    expect(refused).toMatchObject({ status: 400, body: broken("default_member_role", "role.exists") });
    await app.api(`/organizations/${places.org}/roles/own_role`, { method: "DELETE" });
  });
});

describe("delete", () => {
  testScenarios(() => app, places, [
    {
      name: "needs another default than the role that a user holds, for what follows",
      request: "PATCH /roles:set_defaults",
      body: { default_member_role: "reader_1" },
      status: 200,
      events: ["role.updated", "role.updated"],
    },
    {
      name: "is refused while a user holds the role, in words that clients compare",
      request: "DELETE /roles/member",
      status: 400,
      answer: { ...error(3, "ROLE_IN_USE"), message: "role cannot be deleted as it is assigned to users" },
    },
    {
      name: "counts its users as text",
      request: "GET /roles/member/users:count",
      status: 200,
      answer: { count: "1" },
    },
    {
      name: "refuses a replacement that does not exist",
      request: "DELETE /roles/member?reassign_role_name=nobody",
      status: 400,
      answer: broken("reassign_role_name", "role.exists"),
    },
    {
      name: "refuses the role as its own replacement",
      request: "DELETE /roles/member?reassign_role_name=member",
      status: 400,
      answer: broken("reassign_role_name", "role.other"),
    },
    {
      name: "moves its holders to the replacement",
      request: "DELETE /roles/member?reassign_role_name=writer",
      status: 200,
      answer: {},
      events: ["gatehouse.role.replaced", "role.deleted"],
    },
    { name: "has moved them", request: "GET /roles/writer/users:count", status: 200, answer: { count: "1" } },
    { name: "has deleted it", request: "GET /roles/member", status: 404 },
    {
      name: "again is 404",
      request: "DELETE /roles/member",
      status: 404,
      answer: error(5, "ROLE_NOT_FOUND"),
    },
    { name: "leaves no users to be counted", request: "GET /roles/member/users:count", status: 404 },
  ]);

  test("is refused while others extend the role, and names them", async () => {
    await app.api("/roles", { body: { name: "heir_1", display_name: "Heir", extends: "writer" } });
    const since = await lastEventId(app);
    for (const query of ["", "?reassign_role_name=admin"]) {
      const answer = await app.api(`/roles/writer${query}`, { method: "DELETE" });
      expect(answer).toMatchObject({
        status: 400,
        body: {
          ...error(9, "ROLE_EXTENDED"),
          message: expect.stringContaining("heir_1"),
          details: [{ validation_error_info: { field_violations: [{ description: "heir_1" }] } }],
        },
      });
    }
    expect(await eventTypesSince(app, since)).toEqual([]);
    expect((await app.api("/roles/writer/users:count")).body).toEqual({ count: "1" });
    expect((await app.api("/roles/heir_1/users:count")).body).toEqual({ count: "0" });
  });

  test("takes the replacement by id, as older clients name it, and leaves a holder of both with one", async () => {
    const { id } = (await app.api("/roles/heir_1")).body.role;
    await app.api("/roles/writer/permissions/docs:delete", { method: "DELETE" });
    await app.api("/roles/heir_1/base", { method: "DELETE" });
    await app.app.db
      .insertInto("membership_roles")
      .expression((eb) =>
        eb
          .selectFrom("membership_roles")
          .select(["environment_id", "organization_id", "user_id", eb.val(id).as("role_id")]),
      )
      .execute();
    expect((await app.api(`/roles/writer?reassign_role_id=${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await app.api("/roles/heir_1/users:count")).body).toEqual({ count: "1" });
  });
});

test("users who hold a role that inherits are counted, each once", async () => {
  await app.api("/roles", { body: { name: "root_1", display_name: "Root" } });
  await app.api("/roles", { body: { name: "middle", display_name: "Middle", extends: "root_1" } });
  await app.api("/roles/heir_1", { method: "PUT", body: { extends: "middle" } });
  expect((await app.api("/roles/root_1/users:count")).body).toEqual({ count: "1" });
  const org = `/organizations/${places.org}/roles`;
  expect((await app.api(`${org}/root_1/users:count`)).body).toEqual({ count: "1" });
  const other = (await app.api("/organizations", { body: { display_name: "Empty" } })).body.organization.id;
  expect((await app.api(`/organizations/${other}/roles/root_1/users:count`)).body).toEqual({ count: "0" });
});

test("an event says of a role what the specification lists", async () => {
  const since = await lastEventId(app);
  await app.api("/roles", { body: { name: "told", display_name: "Told", extends: "root_1" } });
  await app.api("/roles/told", { method: "DELETE" });
  const rows = await app.app.db
    .selectFrom("events")
    .selectAll()
    .where("id", ">", since)
    .orderBy("id")
    .execute();
  const role = { name: "told", display_name: "Told", description: "", extends: "root_1" };
  expect(rows).toMatchObject([
    { type: "role.created", visibility: "public", organization_id: null, payload: role },
    { type: "role.deleted", organization_id: null, payload: { ...role, reassigned_to: null } },
  ]);
});

test("gRPC gives counts as 64-bit numbers, and an absent base as undefined", async () => {
  const roles = rpc(app, RolesService);
  expect((await roles.getRoleUsersCount({ roleName: "root_1" })).count).toBe(1n);
  expect((await roles.getRole({ roleName: "root_1" })).role?.extends).toBeUndefined();
  expect((await roles.getRole({ roleName: "middle" })).role?.extends).toBe("root_1");
  await expect(roles.getRole({ roleName: "" })).rejects.toMatchObject({ code: Code.InvalidArgument });
  await expect(roles.updateRole({ roleName: "root_1" })).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
  await expect(roles.deleteRole({ roleName: "root_1" })).rejects.toMatchObject({
    code: Code.FailedPrecondition,
  });
});
