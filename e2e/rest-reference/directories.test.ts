/** The REST reference of directories: path, verb, query, status and answer of every call. */
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import {
  addGroup,
  addPeople,
  createTenant,
  personOf,
  type Tenant,
} from "../../packages/server/src/testing/directories.ts";
import { describeEndpoints, notFound } from "./endpoints.ts";

let app: TestApp;
let acme: Tenant;
let person: string;
let group: string;

beforeAll(async () => {
  app = await startTestApp();
  acme = await createTenant(app);
  [person = ""] = await addPeople(app, acme, [personOf(acme.address("ada"))]);
  group = await addGroup(app, acme, "Admins", [person]);
});
afterAll(async () => app.stop());

const unknown = "dir_100000000000000001";
const at = () => ({ organization_id: acme.organizationId, id: acme.id });
const below = () => ({ organization_id: acme.organizationId, directory_id: acme.id });

describeEndpoints("directories", () => app, {
  async "GET /api/v1/organizations/{organization_id}/directories"(call) {
    const { status, body } = await call({ organization_id: acme.organizationId });
    expect({ status, body }).toMatchObject({ status: 200, body: { directories: [{ id: acme.id }] } });
    expect(await call({ organization_id: "org_100000000000000001" })).toMatchObject(notFound);
  },

  async "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/groups"(call) {
    const { body } = await call(below(), { query: { page_size: "30", include_detail: "true" } });
    expect(body).toMatchObject({
      groups: [{ id: group, display_name: "Admins", total_users: 1 }],
      total_size: 1,
      next_page_token: "",
    });
    expect(await call({ ...below(), directory_id: unknown })).toMatchObject(notFound);
  },

  async "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/users"(call) {
    const query = { page_size: "30", include_detail: "true", directory_group_id: group };
    const { body } = await call(below(), { query });
    expect(body).toMatchObject({
      users: [
        { id: person, email: acme.address("ada"), groups: [{ id: group }], user_detail: { id: person } },
      ],
      total_size: 1,
      next_page_token: "",
    });
    expect(await call(below(), { query: { page_size: "101" } })).toMatchObject({ status: 400 });
    expect(await call({ ...below(), directory_id: unknown })).toMatchObject(notFound);
  },

  async "GET /api/v1/organizations/{organization_id}/directories/{id}"(call) {
    const { body } = await call(at());
    expect(body.directory).toMatchObject({
      id: acme.id,
      directory_type: "SCIM",
      directory_provider: "OKTA",
      organization_id: acme.organizationId,
      total_users: 1,
      total_groups: 1,
    });
    expect(await call({ ...at(), id: unknown })).toMatchObject(notFound);
  },

  async "PATCH /api/v1/organizations/{organization_id}/directories/{id}:disable"(call) {
    expect(await call(at())).toMatchObject({ status: 200, body: { enabled: false } });
    expect((await call(at())).body.error_message).toContain("already disabled");
  },

  async "PATCH /api/v1/organizations/{organization_id}/directories/{id}:enable"(call) {
    expect(await call(at())).toMatchObject({ status: 200, body: { enabled: true } });
    expect((await call(at())).body.error_message).toContain("already enabled");
  },
});
