/** The REST reference of organizations: path, verb, body, status and answer of every call that it prints. */
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeEndpoints, notFound } from "./endpoints.ts";

let app: TestApp;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const nobody = "org_100000000000000001";
/** RFC 3339, in UTC. */
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);

/** Every member of the organization that the reference lists. */
const organizationShape = {
  id: expect.stringMatching(/^org_\d{18}$/),
  display_name: expect.any(String),
  external_id: expect.any(String),
  metadata: expect.any(Object),
  region_code: expect.stringMatching(/^(US|EU)$/),
  create_time: time,
  update_time: time,
};

async function organization(): Promise<string> {
  const body = { display_name: "Acme Corp", external_id: `my_unique_id_${++made}` };
  return (await app.api("/organizations", { body })).body.organization.id;
}

describeEndpoints("organizations", () => app, {
  async "GET /api/v1/organizations"(call) {
    const [older, newer] = [await organization(), await organization()];
    const all = await call({});
    expect(all).toMatchObject({ status: 200, body: { total_size: expect.any(Number) } });
    expect(all.body.organizations[0]).toMatchObject({ ...organizationShape, id: newer });
    const first = await call({}, { query: { page_size: "1" } });
    expect(first.body).toMatchObject({ organizations: [{ id: newer }], prev_page_token: "" });
    const next = { page_size: "1", page_token: first.body.next_page_token };
    expect((await call({}, { query: next })).body).toMatchObject({ organizations: [{ id: older }] });
    const garbage = await call({}, { query: { page_token: "garbage" } });
    expect(garbage).toMatchObject({ status: 400, body: { code: 3 } });
  },

  async "POST /api/v1/organizations"(call) {
    const body = { display_name: "Acme Corp", external_id: "posted", metadata: { esse47: "somevalue" } };
    const created = await call({}, { body });
    expect(created).toMatchObject({ status: 201, body: { organization: { ...organizationShape, ...body } } });
    expect(created.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await call({}, { body })).toMatchObject({ status: 409, body: { code: 6 } });
    expect(await call({}, { body: { external_id: "nameless" } })).toMatchObject({
      status: 400,
      body: { code: 3, details: [{ error_code: "INVALID_ARGUMENT" }] },
    });
  },

  async "GET /api/v1/organizations/{id}"(call) {
    const id = await organization();
    expect(await call({ id })).toMatchObject({
      status: 200,
      body: { organization: { ...organizationShape, id } },
    });
    expect(await call({ id: nobody })).toMatchObject(notFound);
  },

  async "PATCH /api/v1/organizations/{id}"(call) {
    const id = await organization();
    const body = { display_name: "Renamed", external_id: `patched_${made}`, metadata: { culpa_561: "new" } };
    expect(await call({ id }, { body })).toMatchObject({
      status: 200,
      body: { organization: { ...organizationShape, id, ...body } },
    });
    const only = await call({ id }, { body: { display_name: "Again" } });
    expect(only.body.organization).toMatchObject({ ...body, display_name: "Again" });
    expect(await call({ id: nobody }, { body })).toMatchObject(notFound);
  },

  async "DELETE /api/v1/organizations/{id}"(call) {
    const id = await organization();
    // One of the references says 204; the newer ones, and the SDKs, say 200 with an empty object.
    expect(await call({ id })).toMatchObject({ status: 200, body: {} });
    expect(await call({ id })).toMatchObject(notFound);
  },

  async "PUT /api/v1/organizations/{id}/portal_links"(call) {
    const id = await organization();
    const off = await call({ id }, { query: { features: "dir_sync" } });
    expect(off).toMatchObject({ status: 400, body: { details: [{ error_code: "INVALID_ARGUMENT" }] } });
    const body = { features: [{ name: "dir_sync", enabled: true }] };
    await app.api(`/organizations/${id}/settings`, { method: "PATCH", body });
    for (const query of [{}, { features: "sso" }, { sso: "true", directory_sync: "true" }] as const) {
      const { status, body } = await call({ id }, { query });
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          link: {
            id: expect.stringMatching(/^lnk_\d{18}$/),
            location: expect.stringContaining(`${app.url}/magicLink/`),
            expire_time: time,
          },
        },
      });
    }
    expect(await call({ id: nobody })).toMatchObject(notFound);
  },

  async "PATCH /api/v1/organizations/{id}/settings"(call) {
    const id = await organization();
    const features = [
      { name: "sso", enabled: false },
      { name: "dir_sync", enabled: true },
    ];
    const changed = await call({ id }, { body: { features } });
    expect(changed).toMatchObject({
      status: 200,
      body: { organization: { ...organizationShape, settings: { features } } },
    });
    for (const name of ["scim", "directory_sync"]) {
      const { body } = await call({ id }, { body: { features: [{ name, enabled: false }] } });
      const off = { name: "dir_sync", enabled: false };
      expect(body.organization.settings.features).toContainEqual(off);
    }
    const unknown = { features: [{ name: "teleport", enabled: true }] };
    expect(await call({ id }, { body: unknown })).toMatchObject({ status: 400, body: { code: 3 } });
    expect(await call({ id: nobody }, { body: { features } })).toMatchObject(notFound);
  },
});
