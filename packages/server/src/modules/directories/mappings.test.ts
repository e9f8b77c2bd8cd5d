/** Attribute mappings of directories, and the roles that their groups give. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  addGroup,
  createDirectory,
  createOrganization,
  type TestDirectory,
} from "../../testing/directories.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";

let app: TestApp;
let acme: TestDirectory;
const places: Places = {};
const directory = "/organizations/{acme}/directories/{dir}";
const internal = "gatehouse.directory.updated";

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "other"]) places[name] = await createOrganization(app, `${name}.example`);
  acme = await createDirectory(app, places.acme ?? "");
  places.dir = acme.id;
  places.group = await addGroup(app, acme, "Engineers");
  places.foreignGroup = await addGroup(app, await createDirectory(app, places.other ?? ""), "Theirs");
  await app.api("/directory-user-attributes", {
    body: { key: "cost_unit", label: "Cost unit", datatype: "STRING", enabled: true },
  });
});
afterAll(async () => app.stop());

describe("attribute mappings", () => {
  const attributes = `PUT ${directory}/attributes`;
  testScenarios(() => app, places, [
    {
      name: "replace the former ones",
      request: attributes,
      body: { attributes: [{ key: "department", map_to: "cost_unit" }] },
      status: 200,
      answer: { attribute_mappings: { attributes: [{ key: "department", map_to: "cost_unit" }] } },
      events: [internal],
    },
    {
      name: "name declared attributes only",
      request: attributes,
      body: { attributes: [{ key: "department", map_to: "undeclared" }] },
      status: 400,
      answer: { code: 3 },
    },
    {
      name: "fill no standard attribute",
      request: attributes,
      body: { attributes: [{ key: "department", map_to: "email" }] },
      status: 400,
    },
    {
      name: "fill each attribute once",
      request: attributes,
      body: {
        attributes: [
          { key: "a", map_to: "cost_unit" },
          { key: "b", map_to: "cost_unit" },
        ],
      },
      status: 400,
    },
    {
      name: "can be emptied",
      request: attributes,
      body: { attributes: [] },
      status: 200,
      events: [internal],
    },
  ]);
});

describe("roles of groups", () => {
  const assign = `PUT ${directory}/groups/-/roles:assign`;
  testScenarios(() => app, places, [
    {
      name: "are given by name",
      request: assign,
      body: { assignments: [{ group_id: "{group}", role_name: "admin" }] },
      status: 200,
      answer: { role_assignments: { assignments: [{ group_id: "{group}", role_name: "admin" }] } },
      events: [internal],
    },
    {
      name: "may be several of one group",
      request: assign,
      body: {
        assignments: [
          { group_id: "{group}", role_name: "member" },
          { group_id: "{group}", role_name: "admin" },
          { group_id: "{group}", role_name: "admin" },
        ],
      },
      status: 200,
      answer: { role_assignments: { assignments: [{ role_name: "admin" }, { role_name: "member" }] } },
      events: [internal],
    },
    {
      name: "must exist",
      request: assign,
      body: { assignments: [{ group_id: "{group}", role_name: "unknown" }] },
      status: 400,
      answer: { code: 3 },
    },
    {
      name: "are not given by a group of another directory",
      request: assign,
      body: { assignments: [{ group_id: "{foreignGroup}", role_name: "admin" }] },
      status: 400,
      answer: { message: expect.stringContaining("there is no group") },
    },
    {
      name: "are read with the directory",
      request: `GET ${directory}`,
      status: 200,
      answer: {
        directory: { role_assignments: { assignments: [{ role_name: "admin" }, { role_name: "member" }] } },
      },
    },
    { name: "can be emptied", request: assign, body: { assignments: [] }, status: 200, events: [internal] },
  ]);

  test("of another organization are not found", async () => {
    const roles = `/organizations/${places.other}/roles`;
    await app.api(roles, { body: { name: "their_own", display_name: "Theirs" } });
    const { status } = await app.api(`${acme.path}/groups/-/roles:assign`, {
      method: "PUT",
      body: { assignments: [{ group_id: places.group, role_name: "their_own" }] },
    });
    expect(status).toBe(400);
  });
});
