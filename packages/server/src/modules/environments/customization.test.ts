/** What an environment's hosted pages should look like: kept as it is sent, read by anybody, written by its own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment, workspaceApi } from "../../testing/callers.ts";

let app: TestApp;
let other: OtherEnvironment;

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
});
afterAll(async () => app.stop());

const put = (body: unknown, id = app.environmentId) =>
  app.api(`/environments/${id}/customizations`, { method: "PUT", body });
const publicly = async (path: string) => (await fetch(`${app.url}/api/v1${path}`)).json();

describe("the customization of hosted pages", () => {
  test("is an empty object at first", async () => {
    expect(await publicly("/auth:customizations")).toEqual({
      customization_settings: {},
      settings: { custom_branding: true },
    });
  });

  test("is kept as it is sent, and replaced as a whole", async () => {
    const wanted = { colors: { primary: "#123456" }, logo: null, order: [1, "two", true] };
    expect(await put(wanted)).toEqual({
      status: 200,
      body: { environmentId: app.environmentId, customization_settings: wanted },
    });
    expect(await publicly("/auth:customizations")).toMatchObject({ customization_settings: wanted });
    const dashboard = await workspaceApi(app);
    for (const path of ["/portal_customizations", `/portal_customizations?id=${app.environmentId}`])
      expect((await dashboard(path)).body).toMatchObject({
        environmentId: app.environmentId,
        customization_settings: wanted,
      });
    await put({ logo: "https://acme.com/logo.png" });
    expect(await publicly("/auth:customizations")).toMatchObject({
      customization_settings: { logo: "https://acme.com/logo.png" },
    });
  });

  test("is not another environment's", async () => {
    expect((await put({ logo: "taken over" }, other.id)).status).toBe(404);
    const dashboard = await workspaceApi(app);
    const theirs = await dashboard(`/portal_customizations?id=${other.id}`);
    expect(theirs.body).toMatchObject({ environmentId: other.id, customization_settings: {} });
  });

  test("has at most 32 kB", async () => {
    const answer = await put({ text: "x".repeat(32 * 1024) });
    expect(answer).toMatchObject({
      status: 400,
      body: { details: [{ error_code: "ENVIRONMENT_CUSTOMIZATION_TOO_LARGE" }] },
    });
  });
});

describe("the features that the hosted pages read", () => {
  test("are those of the environment", async () => {
    expect(await publicly("/auth:features")).toEqual({
      features: { fsa: true, sso: true, dir_sync: true, domain_verification: true, session_policy: true },
    });
  });
});
