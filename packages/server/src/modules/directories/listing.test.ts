/** Lists of people and groups, and the exact payloads of the events about them. */
import { Code } from "@connectrpc/connect";
import { DirectoryService } from "@gatehouse/contract/scalekit/v1/directories/directories_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import {
  addGroup,
  addPeople,
  assignRoles,
  changePerson,
  createDirectory,
  createTenant,
  personOf,
  removeGroup,
  removePerson,
  type Tenant,
} from "../../testing/directories.ts";

let app: TestApp;
let acme: Tenant;
let ids: string[];
let group: string;
let middle: string;
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

beforeAll(async () => {
  app = await startTestApp();
  for (const [key, datatype] of [
    ["cost_unit", "STRING"],
    ["level", "NUMBER"],
    ["tags", "ARRAY"],
  ])
    await app.api("/directory-user-attributes", { body: { key, label: key, datatype, enabled: true } });
  acme = await createTenant(app);
  await app.api(`${acme.path}/attributes`, {
    method: "PUT",
    body: { attributes: [{ key: "costCenter", map_to: "cost_unit" }] },
  });
  const ada = personOf(acme.address("ada"), {
    externalId: "00u1",
    displayName: "Ada King",
    nickName: "Countess",
    title: "Dr",
    locale: "en-GB",
    level: 7,
    tags: ["a", "b"],
    addresses: [{ type: "work", postalCode: "N1", region: "London", formatted: "N1 London" }],
    phoneNumbers: [
      { type: "mobile", value: "+44 2" },
      { type: "work", value: "+44 1" },
    ],
    emails: [{ value: acme.address("ada"), primary: true }, { value: "Ada@Home.example" }],
    [enterprise]: { employeeNumber: "1", costCenter: "CC9", department: "R&D" },
  });
  ids = await addPeople(app, acme, [
    ada,
    ...["b", "c", "d", "e"].map((name) => personOf(acme.address(name))),
  ]);
  app.advance(10);
  middle = app.app.now().toISOString();
  app.advance(10);
  group = await addGroup(app, acme, "Admins", ids.slice(0, 3));
  await assignRoles(app, acme, [group, "admin"]);
  for (const id of ids.slice(3))
    await changePerson(app, acme, id, personOf(acme.address(id), { title: "Dr" }));
});
afterAll(async () => app.stop());

const idsOf = (list: { id: string }[]) => list.map(({ id }) => id);

async function lastEvent(type: string) {
  const { body } = await app.api(`/events?page_size=100`, {
    body: {
      event_types: [`organization.directory.${type}`],
      source: "DIR_SYNC",
      organization_id: acme.organizationId,
    },
  });
  return body.events[0];
}

describe("people", () => {
  test("come oldest first, in pages both ways", async () => {
    const first = (await app.api(`${acme.path}/users?page_size=2`)).body;
    expect(idsOf(first.users)).toEqual(ids.slice(0, 2));
    expect(first).toMatchObject({ total_size: 5, prev_page_token: "" });
    const second = (await app.api(`${acme.path}/users?page_size=2&page_token=${first.next_page_token}`)).body;
    expect(idsOf(second.users)).toEqual(ids.slice(2, 4));
    const third = (await app.api(`${acme.path}/users?page_size=2&page_token=${second.next_page_token}`)).body;
    expect(idsOf(third.users)).toEqual(ids.slice(4));
    expect(third.next_page_token).toBe("");
    const back = (await app.api(`${acme.path}/users?page_size=2&page_token=${second.prev_page_token}`)).body;
    expect(idsOf(back.users)).toEqual(ids.slice(0, 2));
  });

  test("are shown without and with detail", async () => {
    const plain = (await app.api(`${acme.path}/users?page_size=1`)).body.users[0];
    expect(plain).toMatchObject({
      id: ids[0],
      email: acme.address("ada"),
      preferred_username: acme.address("ada"),
      given_name: "ada",
      emails: [acme.address("ada"), "ada@home.example"],
      groups: [{ id: group, display_name: "Admins", total_users: 3 }],
    });
    expect(plain).not.toHaveProperty("user_detail");
    const detailed = (await app.api(`${acme.path}/users?page_size=1&include_detail=true`)).body.users[0];
    expect(detailed.user_detail).toMatchObject({
      id: ids[0],
      email: acme.address("ada"),
      roles: [{ role_name: "admin" }],
      custom_attributes: { cost_unit: "CC9", level: 7, tags: ["a", "b"] },
    });
  });

  test("are narrowed by group and by time", async () => {
    const members = (await app.api(`${acme.path}/users?directory_group_id=${group}`)).body;
    expect(idsOf(members.users)).toEqual(ids.slice(0, 3));
    expect(members.total_size).toBe(3);
    const changed = (await app.api(`${acme.path}/users?updated_after=${middle}`)).body;
    expect(idsOf(changed.users)).toEqual(ids.slice(3));
    expect(changed.total_size).toBe(2);
    const both = `directory_group_id=${group}&updated_after=${middle}`;
    expect((await app.api(`${acme.path}/users?${both}`)).body).toMatchObject({ users: [], total_size: 0 });
  });

  test.each([
    ["a page that is too large", "page_size=101", 400],
    ["a token that is none", "page_token=x", 400],
    ["a group id that is none", "directory_group_id=grp_1", 400],
    ["an unknown group", "directory_group_id=dirgroup_100000000000000001", 404],
  ])("refuse %s", async (_name, query, status) => {
    expect((await app.api(`${acme.path}/users?${query}`)).status).toBe(status);
  });

  test("refuse the token of another list, and a group of another directory", async () => {
    const { next_page_token: token } = (await app.api(`${acme.path}/users?page_size=1`)).body;
    const other = await createDirectory(app, acme.organizationId);
    expect((await app.api(`${other.path}/users?page_token=${token}`)).status).toBe(400);
    expect((await app.api(`${acme.path}/users?directory_group_id=${group}&page_token=${token}`)).status).toBe(
      400,
    );
    expect((await app.api(`${other.path}/users?directory_group_id=${group}`)).status).toBe(404);
    const client = rpc(app, DirectoryService);
    const far = { seconds: 9_999_999_999_999n, nanos: 0 };
    const asked = { organizationId: acme.organizationId, directoryId: acme.id, updatedAfter: far };
    await expect(client.listDirectoryUsers(asked)).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("groups", () => {
  test("come oldest first, with their size, and as a summary", async () => {
    const { body } = await app.api(`${acme.path}/groups?include_detail=true`);
    expect(body).toMatchObject({ total_size: 1, next_page_token: "" });
    expect(body.groups[0]).toMatchObject({
      id: group,
      display_name: "Admins",
      total_users: 3,
      group_detail: { id: group, display_name: "Admins", directory_id: acme.id },
    });
    const summary = (await app.api(`${acme.path}/groups/summary`)).body;
    expect(summary.groups).toMatchObject([{ id: group, display_name: "Admins" }]);
    const later = new Date(Date.parse(middle) + 3_600_000).toISOString();
    expect((await app.api(`${acme.path}/groups?updated_after=${later}`)).body).toMatchObject({
      groups: [],
      total_size: 0,
    });
  });
});

describe("events", () => {
  test("of a person have exactly these keys", async () => {
    await changePerson(
      app,
      acme,
      ids[0] ?? "",
      personOf(acme.address("ada"), { externalId: "00u1", title: "Prof" }),
    );
    const event = await lastEvent("user_updated");
    expect(event).toMatchObject({ object: "DirectoryUser", display_name: "Directory User Updated" });
    expect(Object.keys(event.data).sort()).toEqual(
      [
        ...["id", "organization_id", "active", "email", "name", "given_name", "family_name"],
        ...[
          "preferred_username",
          "nickname",
          "dp_id",
          "employee_id",
          "department",
          "cost_center",
          "division",
        ],
        ...[
          "title",
          "user_type",
          "organization",
          "phone_number",
          "language",
          "locale",
          "zoneinfo",
          "profile",
        ],
        ...["picture", "address", "groups", "roles", "custom_attributes", "raw_attributes"],
      ].sort(),
    );
    expect(event.data).toMatchObject({
      active: true,
      dp_id: "00u1",
      title: "Prof",
      groups: [{ id: group, name: "Admins" }],
      roles: [{ role_name: "admin" }],
      raw_attributes: { title: "Prof" },
    });
  });

  test("of somebody who is gone have exactly these", async () => {
    await removePerson(app, acme, ids[0] ?? "");
    const { data } = await lastEvent("user_deleted");
    expect(data).toEqual({
      id: ids[0],
      organization_id: acme.organizationId,
      dp_id: "00u1",
      email: acme.address("ada"),
    });
  });

  test("of groups have exactly these", async () => {
    const created = await lastEvent("group_created");
    expect(created).toMatchObject({ object: "DirectoryGroup", display_name: "Directory Group Created" });
    const common = {
      id: group,
      organization_id: acme.organizationId,
      directory_id: acme.id,
      display_name: "Admins",
    };
    expect(created.data).toEqual({ ...common, external_id: null, raw_attributes: { displayName: "Admins" } });
    await removeGroup(app, acme, group);
    expect((await lastEvent("group_deleted")).data).toEqual({ ...common, dp_id: null, raw_attributes: {} });
  });

  test("of directories have exactly these, and are not of the provider", async () => {
    await app.api(`${acme.path}:disable`, { method: "PATCH" });
    const filter = { event_types: ["organization.directory_disabled"], organization_id: acme.organizationId };
    const { events } = (await app.api("/events", { body: filter })).body;
    expect(events[0]).toMatchObject({ object: "Directory", display_name: "Directory Disabled" });
    expect(events[0].data).toEqual({
      id: acme.id,
      organization_id: acme.organizationId,
      directory_type: "SCIM",
      provider: "OKTA",
      enabled: false,
      updated_at: expect.any(String),
    });
    const synced = await app.api("/events", { body: { ...filter, source: "DIR_SYNC" } });
    expect(synced.body.events).toEqual([]);
  });
});
