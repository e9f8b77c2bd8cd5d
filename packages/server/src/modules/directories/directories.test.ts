/** DirectoryService through the front door: setting up and switching. */
import { Code } from "@connectrpc/connect";
import {
  DirectoryProvider,
  DirectoryService,
  DirectoryType,
  SecretStatus,
} from "@gatehouse/contract/scalekit/v1/directories/directories_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken } from "../../testing/callers.ts";
import {
  addGroup,
  addPeople,
  createDirectory,
  createOrganization,
  personOf,
  type TestDirectory,
} from "../../testing/directories.ts";
import { eventTypesSince, lastEventId, type Places, testScenarios } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import * as secrets from "./secrets.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "other"]) places[name] = await createOrganization(app, `${name}.example`);
  const tenant = await createSamlTenant(app);
  places.tenant = tenant.organizationId;
  places.admin = await sessionToken(app, tenant, ["directories_read", "directories_write"]);
  places.nobody = await sessionToken(app, tenant, []);
  places.dir = (await createDirectory(app, places.acme ?? "")).id;
  const foreign = await createDirectory(app, places.other ?? "");
  places.foreign = foreign.id;
  places.foreignGroup = await addGroup(app, foreign, "Theirs");
  places.group = await addGroup(app, at("dir"), "Engineers");
  await app.api("/directory-user-attributes", {
    body: { key: "cost_unit", label: "Cost unit", datatype: "STRING", enabled: true },
  });
});
afterAll(async () => app.stop());

function at(name: string): TestDirectory {
  const [id = "", organizationId = ""] = [places[name], places.acme];
  return { id, organizationId, path: `/organizations/${organizationId}/directories/${id}` };
}

const list = "/organizations/{acme}/directories";
const directory = `${list}/{dir}`;
const unknown = "dir_100000000000000001";
const internal = "gatehouse.directory.updated";

describe("setting up", () => {
  testScenarios(() => app, places, [
    {
      name: "makes one that is enabled at once, and lets the organization have directories",
      request: "POST /organizations/{tenant}/directories",
      body: { directory_type: "SCIM", directory_provider: "MICROSOFT_AD" },
      status: 200,
      answer: {
        directory: {
          name: "Azure AD",
          directory_type: "SCIM",
          directory_provider: "MICROSOFT_AD",
          enabled: true,
          status: "COMPLETED",
          secrets: [],
          stats: { total_users: 0, total_groups: 0 },
          role_assignments: { assignments: [] },
          attribute_mappings: { attributes: [] },
          groups_tracked: "ALL",
        },
      },
      events: ["organization.updated", "gatehouse.directory.created", "organization.directory_enabled"],
    },
    {
      name: "lets a provider that is not listed be one",
      request: "POST /organizations/{tenant}/directories",
      body: { directory_type: "SCIM" },
      status: 200,
      answer: {
        directory: { name: "Custom Provider", directory_provider: "DIRECTORY_PROVIDER_UNSPECIFIED" },
      },
      events: ["gatehouse.directory.created", "organization.directory_enabled"],
    },
    {
      name: "refuses a type that is not built",
      request: `POST ${list}`,
      body: { directory_type: "POLL", directory_provider: "GOOGLE" },
      status: 400,
      answer: { code: 3, details: [{ error_code: "DIRECTORY_TYPE_UNSUPPORTED" }] },
    },
    { name: "refuses no type", request: `POST ${list}`, body: {}, status: 400 },
    {
      name: "refuses an unknown organization",
      request: "POST /organizations/org_100000000000000001/directories",
      body: { directory_type: "SCIM" },
      status: 404,
    },
    {
      name: "lets people of the organization who may, once the feature is on",
      request: "POST /organizations/{tenant}/directories",
      caller: "admin",
      body: { directory_type: "SCIM" },
      status: 200,
      events: ["gatehouse.directory.created", "organization.directory_enabled"],
    },
    {
      name: "refuses those who may not",
      request: "POST /organizations/{tenant}/directories",
      caller: "nobody",
      body: { directory_type: "SCIM" },
      status: 403,
    },
    {
      name: "takes the feature away again",
      request: "PATCH /organizations/{tenant}/settings",
      body: { features: [{ name: "scim", enabled: false }] },
      status: 200,
      events: ["organization.updated"],
    },
    {
      name: "refuses them without the feature, which is the application's to give",
      request: "POST /organizations/{tenant}/directories",
      caller: "admin",
      body: { directory_type: "SCIM" },
      status: 400,
      answer: { code: 9, details: [{ error_code: "DIRECTORY_FEATURE_OFF" }] },
    },
    {
      name: "renames it",
      request: `PATCH ${directory}`,
      body: { name: "Okta of Acme" },
      status: 200,
      answer: { directory: { name: "Okta of Acme", enabled: true, directory_provider: "OKTA" } },
      events: [internal],
    },
    { name: "requires the name", request: `PATCH ${directory}`, body: { name: "" }, status: 400 },
    {
      name: "takes another provider and mappings in the same change",
      request: `PATCH ${directory}`,
      body: {
        name: "One",
        directory_provider: "ONELOGIN",
        mappings: [{ key: "costUnit", map_to: "cost_unit" }],
      },
      status: 200,
      answer: {
        directory: {
          directory_provider: "ONELOGIN",
          attribute_mappings: { attributes: [{ key: "costUnit", map_to: "cost_unit" }] },
        },
      },
      events: [internal],
    },
    {
      name: "refuses to turn it into a polled one",
      request: `PATCH ${directory}`,
      body: { name: "One", directory_type: "POLL" },
      status: 400,
      answer: { details: [{ error_code: "DIRECTORY_TYPE_UNSUPPORTED" }] },
    },
    {
      name: "does not show one through another organization",
      request: "GET /organizations/{other}/directories/{dir}",
      status: 404,
      answer: { details: [{ error_code: "DIRECTORY_NOT_FOUND" }] },
    },
    { name: "does not find an unknown one", request: `GET ${list}/${unknown}`, status: 404 },
    { name: "refuses an id that is none", request: `PATCH ${list}/conn_1:enable`, status: 400 },
    {
      name: "answers an empty list for an organization without one",
      request: "GET /organizations/{empty}/directories",
      status: 200,
      answer: { directories: [] },
    },
    {
      name: "says that polling is not built",
      request: `GET ${directory}:sync`,
      status: 501,
    },
    {
      name: "says that groups to poll are not built",
      request: `PUT ${directory}/groups:assign`,
      body: { external_ids: ["a"] },
      status: 501,
    },
  ]);

  beforeAll(async () => {
    const { body } = await app.api("/organizations", { body: { display_name: "empty" } });
    places.empty = body.organization.id;
  });

  test("lists oldest first, with the address that the provider is given", async () => {
    const organizationId = await createOrganization(app, "list.example");
    const first = await createDirectory(app, organizationId);
    const second = await createDirectory(app, organizationId, "JUMPCLOUD");
    const { directories } = (await app.api(`/organizations/${organizationId}/directories`)).body;
    expect(directories.map(({ id }: { id: string }) => id)).toEqual([first.id, second.id]);
    expect(directories[0].directory_endpoint).toBe(`${app.url}/directory/${first.id}/scim/v2`);
  });
});

describe("switching", () => {
  testScenarios(() => app, places, [
    {
      name: "disables",
      request: `PATCH ${directory}:disable`,
      status: 200,
      answer: { enabled: false },
      events: ["organization.directory_disabled"],
    },
    {
      name: "says that it was disabled already",
      request: `PATCH ${directory}:disable`,
      status: 200,
      answer: { enabled: false, error_message: "The directory is already disabled" },
    },
    {
      name: "enables",
      request: `PATCH ${directory}:enable`,
      status: 200,
      answer: { enabled: true },
      events: ["organization.directory_enabled"],
    },
    {
      name: "says that it was enabled already",
      request: `PATCH ${directory}:enable`,
      status: 200,
      answer: { enabled: true, error_message: "The directory is already enabled" },
    },
    {
      name: "does not delete one that is enabled",
      request: `DELETE ${directory}`,
      status: 400,
      answer: { code: 9, message: expect.stringMatching(/directory is enabled.*disable/) },
    },
    {
      name: "does not set one up anew that has groups",
      request: `PATCH ${directory}`,
      body: { name: "Again", enabled: false, status: "DRAFT" },
      status: 400,
      answer: { details: [{ error_code: "DIRECTORY_IN_USE" }] },
    },
    {
      name: "does not set up and enable at once",
      request: `PATCH ${directory}`,
      body: { name: "Again", enabled: true, status: "IN_PROGRESS" },
      status: 400,
      answer: { details: [{ error_code: "DIRECTORY_STATUS" }] },
    },
  ]);

  test("deletes a disabled one with all that is in it, and frees its tokens", async () => {
    const gone = await createDirectory(app, places.acme ?? "");
    const [person = ""] = await addPeople(app, gone, [personOf("a@nowhere.example")]);
    await addGroup(app, gone, "Group", [person]);
    const { plain_secret: token } = (await app.api(`${gone.path}/secrets`, { method: "POST" })).body;
    expect(await secrets.open(app.systemCtx(), gone.id, token)).toMatchObject({ id: gone.id });
    await app.api(`${gone.path}:disable`, { method: "PATCH" });
    const since = await lastEventId(app);
    expect((await app.api(gone.path, { method: "DELETE" })).status).toBe(200);
    expect(await eventTypesSince(app, since)).toEqual(["gatehouse.directory.deleted"]);
    expect((await app.api(gone.path)).status).toBe(404);
    expect(await secrets.exists(app.systemCtx(), gone.id)).toBe(false);
    expect(await secrets.open(app.systemCtx(), gone.id, token)).toBeUndefined();
    for (const table of ["directory_users", "directory_groups", "directory_group_members"] as const) {
      const rows = await app.app.db
        .selectFrom(table)
        .select("directory_id")
        .where("directory_id", "=", gone.id)
        .execute();
      expect(rows).toEqual([]);
    }
  });

  test("goes with its organization", async () => {
    const organizationId = await createOrganization(app, "leaving.example");
    const gone = await createDirectory(app, organizationId);
    const { plain_secret: token } = (await app.api(`${gone.path}/secrets`, { method: "POST" })).body;
    await secrets.open(app.systemCtx(), gone.id, token);
    await app.api(`/organizations/${organizationId}`, { method: "DELETE" });
    expect(await secrets.exists(app.systemCtx(), gone.id)).toBe(false);
    const counted = await app.app.db
      .selectFrom("counters")
      .select("scope")
      .where("scope", "=", gone.id)
      .execute();
    expect(counted).toEqual([]);
  });

  test("takes in what it is sent while it is being set up, and announces it when it is enabled", async () => {
    const fresh = await createDirectory(app, places.acme ?? "");
    const set = await app.api(fresh.path, { method: "PATCH", body: { name: "New", status: "DRAFT" } });
    expect(set.body.directory).toMatchObject({ enabled: false, status: "DRAFT" });
    const { plain_secret: token } = (await app.api(`${fresh.path}/secrets`, { method: "POST" })).body;
    expect(await secrets.open(app.systemCtx(), fresh.id, token)).toMatchObject({ status: "IN_PROGRESS" });
    const since = await lastEventId(app);
    const people = await addPeople(app, fresh, [personOf("a@set-up.example"), personOf("b@set-up.example")]);
    await addGroup(app, fresh, "Group", people);
    expect(await eventTypesSince(app, since)).toEqual([]);
    expect((await app.api(fresh.path)).body.directory).toMatchObject({
      status: "IN_PROGRESS",
      total_users: 2,
    });
    await app.api(`${fresh.path}:enable`, { method: "PATCH" });
    expect(await eventTypesSince(app, since)).toEqual([
      "organization.directory_enabled",
      "organization.directory.group_created",
      "organization.directory.user_created",
      "organization.directory.user_created",
    ]);
    expect((await app.api(fresh.path)).body.directory).toMatchObject({ status: "COMPLETED", enabled: true });
  });
});

describe("notes of a set-up page", () => {
  const notes = "/organizations/{tenant}/directories/{own}/contexts";
  beforeAll(async () => {
    places.own = (await createDirectory(app, places.tenant ?? "")).id;
  });
  testScenarios(() => app, places, [
    { name: "are kept", request: `PUT ${notes}`, caller: "admin", body: { step: 2 }, status: 200 },
    {
      name: "are read",
      request: `GET ${notes}`,
      caller: "admin",
      status: 200,
      answer: { context: { step: 2 } },
    },
    { name: "are not a member's to read", request: `GET ${notes}`, caller: "nobody", status: 404 },
    { name: "are not a member's to write", request: `PUT ${notes}`, caller: "nobody", body: {}, status: 404 },
    { name: "are not an application's", request: `GET ${notes}`, status: 403 },
    {
      name: "have a limit",
      request: `PUT ${notes}`,
      caller: "admin",
      body: { text: "x".repeat(20_000) },
      status: 400,
      answer: { details: [{ error_code: "DIRECTORY_CONTEXT_TOO_LARGE" }] },
    },
  ]);
});

test("gRPC answers as REST does", async () => {
  const client = rpc(app, DirectoryService);
  const organizationId = await createOrganization(app, "grpc.example");
  const created = await client.createDirectory({
    organizationId,
    directory: { directoryType: DirectoryType.SCIM, directoryProvider: DirectoryProvider.OKTA },
  });
  const id = created.directory?.id ?? "";
  expect(created.directory).toMatchObject({ enabled: true, status: "COMPLETED", name: "Okta" });
  const { secret } = await client.createDirectorySecret({ organizationId, directoryId: id });
  expect(secret?.status).toBe(SecretStatus.ACTIVE);
  expect(await client.disableDirectory({ organizationId, id })).toMatchObject({ enabled: false });
  await client.deleteDirectory({ organizationId, id });
  await expect(client.getDirectory({ organizationId, id })).rejects.toMatchObject({ code: Code.NotFound });
});
