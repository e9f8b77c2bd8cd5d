/** What keeps a connection from signing users in: settings that are missing, taken away, or of no use. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  createConnection,
  createOrganization,
  patchConnection,
  patchSaml,
  readConnection,
  setEnabled,
} from "../../testing/connections.ts";
import { beginSaml, issue, postSaml } from "../../testing/saml-leg.ts";
import { eventTypesSince, lastEventId } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

describe("an incomplete connection", () => {
  const saml = { idp_entity_id: "https://idp.example", idp_sso_url: "https://idp.example/sso" };
  const oidc = { issuer: "https://op.example", client_id: "x", client_secret: "y" };
  const cases: ["SAML" | "OIDC", Record<string, unknown>, RegExp][] = [
    ["SAML", {}, /idp_entity_id, idp_sso_url, idp_certificate missing/],
    ["SAML", saml, /: idp_certificate missing/],
    ["OIDC", {}, /issuer, client_id, client_secret, discovery_endpoint missing/],
    ["OIDC", { ...oidc, client_secret: "" }, /: client_secret missing/],
    ["OIDC", { ...oidc, issuer: "" }, /: issuer, discovery_endpoint missing/],
  ];
  test.each(cases)(
    "%s with %j is not enabled, and it is said what is missing",
    async (type, config, missing) => {
      const at = await createConnection(app, await createOrganization(app), type);
      await patchConnection(app, at, { type, [`${type.toLowerCase()}_config`]: config });
      const { body } = await setEnabled(app, at, true);
      expect(body.enabled).toBe(false);
      expect(body.error_message).toMatch(missing);
      expect(await readConnection(app, at)).toMatchObject({ enabled: false });
    },
  );
});

describe("an update that takes away what sign-in needs", () => {
  test.each(["idp_certificate", "idp_entity_id", "idp_sso_url"])(
    "%s switches the connection off, and an event says so",
    async (field) => {
      const tenant = await createSamlTenant(app);
      const before = await lastEventId(app);
      await patchSaml(app, tenant, { [field]: "" });
      expect(await readConnection(app, tenant)).toMatchObject({ enabled: false, status: "IN_PROGRESS" });
      expect(await eventTypesSince(app, before)).toContain("organization.sso_disabled");
    },
  );

  test("while nothing is taken away, it stays on and no event says otherwise", async () => {
    const tenant = await createSamlTenant(app);
    const before = await lastEventId(app);
    await patchSaml(app, tenant, { force_authn: true });
    expect(await readConnection(app, tenant)).toMatchObject({ enabled: true });
    expect(await eventTypesSince(app, before)).not.toContain("organization.sso_disabled");
  });
});

test("of changes at once none is lost, and a connection that was switched off stays off", async () => {
  const tenant = await createSamlTenant(app);
  const texts = {
    ui_button_title: "Sign in",
    sp_entity_id: "urn:sp",
    idp_slo_url: "https://idp.example/slo",
  };
  const switches = {
    force_authn: true,
    sync_user_profile_on_login: true,
    jit_provisioning_with_sso_enabled: false,
  };
  const changes = Object.entries({ ...texts, ...switches });
  await Promise.all([
    ...changes.map(([field, value]) => patchSaml(app, tenant, { [field]: value })),
    setEnabled(app, tenant, false),
  ]);
  const { enabled, saml_config: config } = await readConnection(app, tenant);
  expect(config).toMatchObject({ ...texts, ...switches });
  expect(enabled).toBe(false);
});

describe("settings that are refused leave the connection as it was", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["an address of ours that is none", { sp_assertion_url: "javascript:alert(1)" }],
    ["a landing page that is none", { default_redirect_uri: "data:text/html,x" }],
    ["a single sign-on address that is none", { idp_sso_url: "javascript:alert(1)" }],
    [
      "a certificate that is none",
      { idp_certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
    ],
    ["unsigned responses", { saml_signing_option: "NO_SIGNING" }],
    ["a good setting beside a bad one", { idp_entity_id: "https://other.example", idp_certificate: "x" }],
  ];
  test.each(cases)("%s", async (_name, config) => {
    const tenant = await createSamlTenant(app);
    const before = await readConnection(app, tenant);
    expect((await patchSaml(app, tenant, config)).status).toBe(400);
    expect(await readConnection(app, tenant)).toEqual(before);
    const leg = await beginSaml(app, tenant);
    expect((await postSaml(tenant, leg, await issue(app, tenant, leg))).code).not.toBe("");
  });
});
