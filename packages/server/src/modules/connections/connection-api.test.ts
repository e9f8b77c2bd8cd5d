/** Connections through the management API: their life from draft to deleted, what is refused, and what never leaves. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createSamlIdp } from "../../testing/saml-idp.ts";
import {
  eventTypesSince,
  lastEventId,
  type Places,
  type Scenario,
  testScenarios,
  toldSoFar,
} from "../../testing/scenarios.ts";

let app: TestApp;
const places: Places = {};
const clientSecret = "oidc-secret-of-the-customer-1";
const idp = createSamlIdp({ entityId: "https://idp.acme.com/metadata" });

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "globex", "empty"]) {
    places[name] = (await app.api("/organizations", { body: { display_name: name } })).body.organization.id;
  }
  await app.api(`/organizations/${places.acme}/domains`, { body: { domain: "acme.com" } });
  for (const [name, type] of Object.entries({ saml: "SAML", oidc: "OIDC" })) {
    const body = { provider: "OKTA", type };
    places[name] = (await app.api(`/organizations/${places.acme}/connections`, { body })).body.connection.id;
  }
  const body = { provider: "CUSTOM", type: "SAML" };
  places.foreign = (
    await app.api(`/organizations/${places.globex}/connections`, { body })
  ).body.connection.id;
  places.certificate = idp.certificate;
});
afterAll(async () => app.stop());

const at = "/organizations/{acme}/connections";
const notFound = { code: 5, details: [{ error_code: "CONNECTION_NOT_FOUND" }] };
const update = (kind: "saml" | "oidc", rest: object) => ({
  provider: "OKTA",
  type: kind.toUpperCase(),
  ...rest,
});

describe("update", () => {
  testScenarios(() => app, places, [
    {
      name: "that leaves something out makes it IN_PROGRESS",
      request: `PATCH ${at}/{saml}`,
      body: update("saml", { saml_config: { idp_entity_id: "https://idp.acme.com/metadata" } }),
      status: 200,
      answer: {
        connection: {
          status: "IN_PROGRESS",
          enabled: false,
          saml_config: { idp_entity_id: "https://idp.acme.com/metadata" },
        },
      },
    },
    {
      name: "enable of an incomplete one stays off and says what is missing",
      request: `PATCH ${at}/{saml}:enable`,
      status: 200,
      answer: {
        enabled: false,
        error_message: expect.stringMatching(/idp_sso_url, idp_certificate missing/),
      },
    },
    {
      name: "merges settings: what is not sent stays, and a complete one is COMPLETED",
      request: `PATCH ${at}/{saml}`,
      body: update("saml", {
        saml_config: { idp_sso_url: "https://idp.acme.com/sso", idp_certificate: "{certificate}" },
      }),
      status: 200,
      answer: {
        connection: {
          status: "COMPLETED",
          saml_config: {
            idp_entity_id: "https://idp.acme.com/metadata",
            idp_sso_url: "https://idp.acme.com/sso",
            idp_certificates: [
              {
                id: expect.stringMatching(/^idpcert_\d{18}$/),
                certificate: expect.stringContaining("BEGIN CERTIFICATE"),
              },
            ],
          },
          domains: [{ domain: "acme.com" }],
        },
      },
    },
    {
      name: "takes an attribute mapping and a button title",
      request: `PATCH ${at}/{saml}`,
      body: update("saml", { attribute_mapping: { mail: "email" }, ui_button_title: "Acme 🏯" }),
      status: 200,
      answer: {
        connection: { attribute_mapping: { mail: "email" }, ui_button_title: "Acme 🏯", status: "COMPLETED" },
      },
    },
    {
      name: "completes OIDC, without giving the secret back",
      request: `PATCH ${at}/{oidc}`,
      body: update("oidc", {
        oidc_config: {
          issuer: "https://idp.acme.com",
          client_id: "app",
          client_secret: clientSecret,
          scopes: ["openid", "email"],
        },
      }),
      status: 200,
      answer: {
        connection: {
          status: "COMPLETED",
          oidc_config: expect.not.objectContaining({ client_secret: expect.anything() }),
        },
      },
    },
    {
      name: "keeps the secret when it is not sent",
      request: `PATCH ${at}/{oidc}`,
      body: update("oidc", { oidc_config: { issuer: "https://idp2.acme.com" } }),
      status: 200,
      answer: {
        connection: {
          status: "COMPLETED",
          oidc_config: { issuer: "https://idp2.acme.com", client_id: "app" },
        },
      },
    },
  ]);

  const refused: [name: string, target: "saml" | "oidc", body: object, code?: string][] = [
    ["another type", "saml", { provider: "OKTA", type: "OIDC" }, "CONNECTION_TYPE_FIXED"],
    [
      "a URL that is none",
      "saml",
      update("saml", { saml_config: { idp_sso_url: "nowhere" } }),
      "CONNECTION_URL_INVALID",
    ],
    [
      "a script as URL",
      "saml",
      update("saml", { saml_config: { idp_sso_url: "javascript:alert(1)" } }),
      "CONNECTION_URL_INVALID",
    ],
    [
      "a file as metadata",
      "saml",
      update("saml", { saml_config: { idp_metadata_url: "file:///etc/passwd" } }),
      "CONNECTION_URL_INVALID",
    ],
    [
      "a certificate that is none",
      "saml",
      update("saml", { saml_config: { idp_certificate: "MIIB" } }),
      "CONNECTION_CERTIFICATE_INVALID",
    ],
    [
      "unsigned SAML",
      "saml",
      update("saml", { saml_config: { saml_signing_option: "NO_SIGNING" } }),
      "CONNECTION_SETTING_UNSUPPORTED",
    ],
    [
      "31 mapped attributes",
      "saml",
      update("saml", {
        attribute_mapping: Object.fromEntries(Array.from({ length: 31 }, (_, n) => [`a${n}`, "b"])),
      }),
    ],
    ["NUL in a setting", "oidc", update("oidc", { oidc_config: { client_id: "a\0b" } })],
    ["a scope that there is not", "oidc", update("oidc", { oidc_config: { scopes: ["moon"] } })],
    [
      "1 MB as a URL",
      "oidc",
      update("oidc", { oidc_config: { issuer: "x".repeat(1_000_000) } }),
      "CONNECTION_URL_INVALID",
    ],
    ["a number as a text", "oidc", update("oidc", { oidc_config: { issuer: 7 } })],
  ];
  testScenarios(
    () => app,
    places,
    refused.map(
      ([name, target, body, code]): Scenario => ({
        name: `refuses ${name}`,
        request: `PATCH ${at}/{${target}}`,
        body,
        status: 400,
        ...(code !== undefined && { answer: { details: [{ error_code: code }] } }),
      }),
    ),
  );
});

describe("enable, get, list and disable", () => {
  testScenarios(() => app, places, [
    {
      name: "list shows no connection that is off",
      request: "GET /connections?organization_id={acme}",
      status: 200,
      answer: { connections: [] },
    },
    {
      name: "enable switches on",
      request: `PATCH ${at}/{saml}:enable`,
      status: 200,
      answer: { enabled: true },
      events: ["organization.sso_enabled"],
    },
    {
      name: "enable twice announces nothing twice and says so",
      request: `PATCH ${at}/{saml}:enable`,
      status: 200,
      answer: { enabled: true, error_message: "The connection is on already" },
    },
    {
      name: "get answers",
      request: `GET ${at}/{saml}`,
      status: 200,
      answer: { connection: { id: "{saml}", enabled: true } },
    },
    {
      name: "get answers without the organization",
      request: "GET /connections/{saml}",
      status: 200,
      answer: { connection: { id: "{saml}" } },
    },
    {
      name: "get does not find another organization's",
      request: `GET ${at}/{foreign}`,
      status: 404,
      answer: notFound,
    },
    {
      name: "get does not find an unknown one",
      request: `GET ${at}/conn_100000000000000001`,
      status: 404,
      answer: notFound,
    },
    {
      name: "get refuses an id of another kind",
      request: `GET ${at}/{acme}`,
      status: 400,
      answer: { code: 3 },
    },
    { name: "get refuses NUL", request: `GET ${at}/conn_%00`, status: 400 },
    { name: "get refuses an id of 33", request: `GET ${at}/conn_${"1".repeat(28)}`, status: 400 },
    {
      name: "list by organization shows it, with names",
      request: "GET /connections?organization_id={acme}",
      status: 200,
      answer: {
        connections: [
          {
            id: "{saml}",
            enabled: true,
            organization_id: "{acme}",
            organization_name: "acme",
            domains: ["acme.com"],
          },
        ],
      },
    },
    {
      name: "the list answers at its second address",
      request: `GET ${at}`,
      status: 200,
      answer: { connections: [{ id: "{saml}" }] },
    },
    {
      name: "list by domain shows it, in other letters too",
      request: "GET /connections?domain=ACME.com.",
      status: 200,
      answer: { connections: [{ id: "{saml}" }] },
    },
    {
      name: "list by another domain is empty",
      request: "GET /connections?domain=unknown.com",
      status: 200,
      answer: { connections: [] },
    },
    {
      name: "list by a subdomain is empty: a domain counts exactly",
      request: "GET /connections?domain=eu.acme.com",
      status: 200,
      answer: { connections: [] },
    },
    {
      name: "list of an unknown organization is empty",
      request: "GET /connections?organization_id=org_1",
      status: 200,
      answer: { connections: [] },
    },
    {
      name: "list of an organization without any is empty",
      request: "GET /connections?organization_id={empty}&include=all",
      status: 200,
      answer: { connections: [] },
    },
    {
      name: "list with include=all shows drafts too",
      request: "GET /connections?organization_id={globex}&include=all",
      status: 200,
      answer: { connections: [{ id: "{foreign}", status: "DRAFT", enabled: false }] },
    },
    { name: "list refuses an empty organization", request: "GET /connections?organization_id=", status: 400 },
    { name: "list refuses a domain with NUL", request: "GET /connections?domain=a%00b.com", status: 400 },
    {
      name: "list refuses an organization given twice",
      request: "GET /connections?organization_id={acme}&organization_id={globex}",
      status: 400,
    },
    {
      name: "enable does not find another organization's",
      request: `PATCH ${at}/{foreign}:enable`,
      status: 404,
      answer: notFound,
    },
    {
      name: "disable does not find another organization's",
      request: `PATCH ${at}/{foreign}:disable`,
      status: 404,
      answer: notFound,
    },
    {
      name: "disable switches off",
      request: `PATCH ${at}/{saml}:disable`,
      status: 200,
      answer: { enabled: false },
      events: ["organization.sso_disabled"],
    },
    {
      name: "disable twice announces nothing twice and says so",
      request: `PATCH ${at}/{saml}:disable`,
      status: 200,
      answer: { enabled: false, error_message: "The connection is off already" },
    },
    {
      name: "delete does not find another organization's",
      request: `DELETE ${at}/{foreign}`,
      status: 404,
      answer: notFound,
    },
    {
      name: "delete ends it",
      request: `DELETE ${at}/{saml}`,
      status: 200,
      answer: {},
      events: ["organization.sso_deleted"],
    },
    { name: "delete finds it no more", request: `DELETE ${at}/{saml}`, status: 404, answer: notFound },
    {
      name: "update finds it no more",
      request: `PATCH ${at}/{saml}`,
      body: update("saml", {}),
      status: 404,
      answer: notFound,
    },
  ]);

  test("of several deletes at once, one wins", async () => {
    const path = `/organizations/${places.acme}/connections`;
    const { body } = await app.api(path, { body: { provider: "OKTA", type: "SAML" } });
    const token = await app.token();
    const since = await lastEventId(app);
    const deletes = [1, 2, 3, 4].map(() =>
      app.api(`${path}/${body.connection.id}`, { method: "DELETE", token }),
    );
    expect((await Promise.all(deletes)).map((answer) => answer.status).sort()).toEqual([200, 404, 404, 404]);
    expect(await eventTypesSince(app, since)).toEqual(["organization.sso_deleted"]);
  });
});

test("the secret of an OIDC connection is in no answer, event, log line or row", async () => {
  const answers = await Promise.all([
    app.api(`/connections/${places.oidc}`),
    app.api(`/organizations/${places.acme}/connections?include=all`),
    app.api(`/organizations/${places.acme}/connections/${places.oidc}:enable`, { method: "PATCH" }),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  const row = await app.app.db
    .selectFrom("connections")
    .selectAll()
    .where("id", "=", places.oidc ?? "")
    .executeTakeFirst();
  const stored = `${JSON.stringify(row?.settings)}${row?.client_secret_sealed?.toString("latin1")}`;
  for (const text of [JSON.stringify(answers), await toldSoFar(app), stored])
    expect(text).not.toContain(clientSecret);
});
