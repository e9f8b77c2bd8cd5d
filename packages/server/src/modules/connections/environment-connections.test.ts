/** Connections of the environment through the management API: their life, what they keep, and what is refused. */
import {
  ConnectionProvider,
  ConnectionService,
  ConnectionType,
  PasswordlessType,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { type Places, type Scenario, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};
const clientSecret = "secret-of-our-github-app";

beforeAll(async () => {
  app = await startTestApp();
  const create = async (body: object) => (await app.api("/connections", { body })).body.connection.id;
  places.github = await create({ provider: "GITHUB", type: "OAUTH" });
  places.microsoft = await create({ provider_key: "MICROSOFT", type: "OAUTH" });
  places.mail = await create({ provider: "SCALEKIT", provider_key: "SCALEKIT", type: "PASSWORDLESS" });
  places.passkey = await create({
    provider: "SCALEKIT",
    provider_key: "SCALEKIT",
    type: "WEBAUTHN",
    key_id: "WEBAUTHN",
  });
  places.saml = (await createSamlTenant(app)).connectionId;
});
afterAll(async () => app.stop());

const notFound = { code: 5, details: [{ error_code: "CONNECTION_NOT_FOUND" }] };
const github = (config: object) => ({ provider: "GITHUB", type: "OAUTH", oauth_config: config });
const mail = (config: object) => ({
  ...{ provider: "SCALEKIT", provider_key: "SCALEKIT", type: "PASSWORDLESS" },
  passwordless_config: config,
});
const passkey = (config: object) => ({
  ...{ provider: "SCALEKIT", provider_key: "SCALEKIT", type: "WEBAUTHN", key_id: "WEBAUTHN" },
  webauthn_config: config,
});

describe("create", () => {
  const others = ["BASIC", "BEARER", "API_KEY", "OAUTH_M2M", "GOOGLE_DWD", "NO_AUTH", "SAML", "OIDC"];
  testScenarios(() => app, places, [
    {
      name: "makes a draft of no organization, with its redirect URI",
      request: "POST /connections",
      body: { provider: "GOOGLE", type: "OAUTH" },
      status: 201,
      answer: {
        connection: expect.objectContaining({
          provider: "GOOGLE",
          type: "OAUTH",
          status: "DRAFT",
          enabled: false,
          key_id: "GOOGLE",
          oauth_config: expect.objectContaining({
            redirect_uri: expect.stringMatching(/\/sso\/v1\/oauth\/conn_\d+\/callback$/),
          }),
        }),
      },
      events: ["gatehouse.connection.created"],
    },
    ...others.map(
      (type): Scenario => ({
        name: `refuses ${type}, and says what is possible`,
        request: "POST /connections",
        body: { provider: "CUSTOM", type },
        status: 400,
        answer: {
          message: expect.stringMatching(new RegExp(`OAUTH, PASSWORDLESS or WEBAUTHN, not ${type}$`)),
          details: [{ error_code: "CONNECTION_TYPE_UNSUPPORTED" }],
        },
      }),
    ),
    {
      name: "refuses a provider that social sign-in does not know",
      request: "POST /connections",
      body: { provider_key: "GMAIL", type: "OAUTH" },
      status: 400,
      answer: { message: expect.stringContaining("GOOGLE, MICROSOFT, GITHUB") },
    },
    {
      name: "refuses a connection for agents",
      request: "POST /connections?flags.is_app=true",
      body: { provider: "GITHUB", type: "OAUTH" },
      status: 400,
      answer: { details: [{ error_code: "CONNECTION_SETTING_UNSUPPORTED" }] },
    },
    { name: "refuses no body", request: "POST /connections", status: 400 },
  ]);
});

describe("a social connection", () => {
  testScenarios(() => app, places, [
    {
      name: "says what is missing",
      request: "PATCH /connections/{github}:enable",
      status: 200,
      answer: { enabled: false, error_message: expect.stringMatching(/client_id, client_secret missing/) },
    },
    {
      name: "keeps its settings, and not the secret in sight",
      request: "PATCH /connections/{github}",
      body: github({
        client_id: "our-app",
        client_secret: clientSecret,
        scopes: ["user:email"],
        prompt: "select_account consent",
        optional_scopes: { scopes: ["read:org"], field_name: "optional_scope" },
        extensions: { extra_authorize_params: { allow_signup: "false" } },
      }),
      status: 200,
      answer: {
        connection: {
          status: "COMPLETED",
          oauth_config: {
            client_id: "our-app",
            scopes: ["user:email"],
            prompt: "select_account consent",
            optional_scopes: { scopes: ["read:org"], field_name: "optional_scope" },
            extensions: { extra_authorize_params: { allow_signup: "false" } },
          },
        },
      },
    },
    {
      name: "merges: what is not sent stays",
      request: "PATCH /connections/{github}",
      body: github({ access_type: "offline" }),
      status: 200,
      answer: {
        connection: {
          oauth_config: { client_id: "our-app", access_type: "offline", scopes: ["user:email"] },
        },
      },
    },
    {
      name: "is switched on",
      request: "PATCH /connections/{github}:enable",
      status: 200,
      answer: { enabled: true },
      events: ["gatehouse.connection.enabled"],
    },
    {
      name: "is switched off by an update that takes away what it needs",
      request: "PATCH /connections/{github}",
      body: github({ client_id: "" }),
      status: 200,
      answer: { connection: { enabled: false, status: "IN_PROGRESS" } },
      events: ["gatehouse.connection.disabled"],
    },
    {
      name: "is switched off needlessly without harm",
      request: "PATCH /connections/{github}:disable",
      status: 200,
      answer: { enabled: false, error_message: "The connection is off already" },
    },
    {
      name: "of Microsoft takes a tenant's id",
      request: "PATCH /connections/{microsoft}",
      body: {
        provider: "MICROSOFT",
        type: "OAUTH",
        oauth_config: { tenant_id: "72f988bf-86f1-41af-91ab-2d7cd011db47" },
      },
      status: 200,
      answer: {
        connection: { oauth_config: { tenant_id: "72f988bf-86f1-41af-91ab-2d7cd011db47" } },
      },
    },
    {
      name: "is no organization's to delete",
      request: "DELETE /organizations/org_1/connections/{github}",
      status: 404,
      answer: notFound,
    },
  ]);

  const extra = (params: Record<string, string>) => ({ extensions: { extra_authorize_params: params } });
  const refused: [string, object, string?][] = [
    ...["state", "redirect_uri", "CLIENT_ID", "response_type", "code_challenge", "nonce", "prompt"].map(
      (name): [string, object, string] => [
        `${name} as an extra parameter`,
        extra({ [name]: "x" }),
        "CONNECTION_PARAMETER_RESERVED",
      ],
    ),
    ["an extra parameter without a name", extra({ "": "x" })],
    ["an extra parameter with a sign of URLs in its name", extra({ "a&state": "x" })],
    ["21 extra parameters", extra(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`p${n}`, ""])))],
    ["an extra parameter of 1,001 characters", extra({ a: "x".repeat(1_001) })],
    ["state as the scope parameter", { custom_scope_name: "state" }, "CONNECTION_PARAMETER_RESERVED"],
    [
      "state as the parameter of optional scopes",
      { optional_scopes: { scopes: ["a"], field_name: "state" } },
      "CONNECTION_PARAMETER_RESERVED",
    ],
    ["a prompt that there is not", { prompt: "always" }],
    ["a scope with a space", { scopes: ["a b"] }],
    ["a tenant that is no id", { tenant_id: "acme.onmicrosoft.com" }],
    ["a tenant that leaves its place in the address", { tenant_id: "../x" }],
    ["a script as an address", { authorize_uri: "javascript:alert(1)" }, "CONNECTION_URL_INVALID"],
    ["credentials of the platform", { use_platform_creds: true }, "CONNECTION_SETTING_UNSUPPORTED"],
    ["SMART on FHIR", { extensions: { smart: { aud: "x" } } }, "CONNECTION_SETTING_UNSUPPORTED"],
  ];
  testScenarios(
    () => app,
    places,
    refused.map(
      ([name, config, code]): Scenario => ({
        name: `refuses ${name}`,
        request: "PATCH /connections/{github}",
        body: github(config),
        status: 400,
        answer: { details: [{ error_code: code ?? "INVALID_ARGUMENT" }] },
      }),
    ),
  );

  test("keeps its secret out of every answer, event, log line and row", async () => {
    const answer = await app.api(`/connections/${places.github}`);
    const rows = await app.app.db.selectFrom("connections").selectAll().execute();
    const stored = rows.map((row) => `${JSON.stringify(row)}${row.client_secret_sealed?.toString("latin1")}`);
    for (const text of [JSON.stringify(answer), ...stored, await toldSoFar(app)])
      expect(text).not.toContain(clientSecret);
  });
});

describe("sign-in by mail and passkeys can be set up, and stay off", () => {
  const settings = {
    type: "LINK_OTP",
    frequency: 1,
    validity: 600,
    enforce_same_browser_origin: true,
    code_challenge_length: 6,
    code_challenge_type: "NUMERIC",
    regenerate_passwordless_credentials_on_resend: false,
  };
  const webauthn = {
    rp: { ids: ["acme.com"], origins: ["https://acme.com", "https://app.acme.com"] },
    attestation: { conveyance_preference: "none", enterprise_approved_ids: [] },
    authenticators: {
      validate_entry: true,
      desired_authenticator_status: ["FIDO_CERTIFIED_L1plus"],
      undesired_authenticator_status: ["REVOKED"],
    },
    authenticator_selection: { user_verification: "required", authenticator_attachment: "platform" },
    timeout: { registration: "300s", login: "120.500s" },
    enable_auto_registration: true,
    show_passkey_button: true,
    enable_conditional_login: false,
  };
  testScenarios(() => app, places, [
    {
      name: "mail: what is missing is said",
      request: "PATCH /connections/{mail}:enable",
      status: 200,
      answer: { enabled: false, error_message: expect.stringContaining("type missing") },
    },
    {
      name: "mail: settings are read back as they were written",
      request: "PATCH /connections/{mail}",
      body: mail(settings),
      status: 200,
      answer: { connection: { status: "COMPLETED", passwordless_config: settings, test_connection_uri: "" } },
    },
    {
      name: "mail: what is not sent stays, and a switch can be switched off",
      request: "PATCH /connections/{mail}",
      body: mail({ enforce_same_browser_origin: false }),
      status: 200,
      answer: {
        connection: { passwordless_config: { ...settings, enforce_same_browser_origin: false } },
      },
    },
    {
      name: "mail: stays off, and says why",
      request: "PATCH /connections/{mail}:enable",
      status: 200,
      answer: { enabled: false, error_message: expect.stringMatching(/by mail is not built.*stays off/) },
    },
    {
      name: "passkeys: settings are read back as they were written",
      request: "PATCH /connections/{passkey}",
      body: passkey(webauthn),
      status: 200,
      answer: { connection: { status: "COMPLETED", webauthn_config: webauthn } },
    },
    {
      name: "passkeys: parts that are not sent stay, and a switch can be switched off",
      request: "PATCH /connections/{passkey}",
      body: passkey({ show_passkey_button: false, timeout: { login: "600s" } }),
      status: 200,
      answer: {
        connection: {
          webauthn_config: {
            rp: webauthn.rp,
            authenticators: webauthn.authenticators,
            timeout: { login: "600s" },
            show_passkey_button: false,
          },
        },
      },
    },
    {
      name: "passkeys: stay off, and say why",
      request: "PATCH /connections/{passkey}:enable",
      status: 200,
      answer: { enabled: false, error_message: expect.stringMatching(/passkey is not built.*stays off/) },
    },
  ]);

  const refused: [string, string, object][] = [
    ["59 seconds", "mail", mail({ validity: 59 })],
    ["more than a day", "mail", mail({ validity: 86_401 })],
    ["a code of 4", "mail", mail({ code_challenge_length: 4 })],
    ["a kind of mail that there is not", "mail", mail({ type: "FAX" })],
    ["a negative number", "mail", mail({ validity: -1 })],
    ["a passkey without its key id", "passkey", { ...passkey(webauthn), key_id: "other" }],
    [
      "an origin outside of its domain",
      "passkey",
      passkey({ rp: { ids: ["acme.com"], origins: ["https://evil.com"] } }),
    ],
    [
      "an origin that ends alike",
      "passkey",
      passkey({ rp: { ids: ["acme.com"], origins: ["https://xacme.com"] } }),
    ],
    [
      "an origin with a path",
      "passkey",
      passkey({ rp: { ids: ["acme.com"], origins: ["https://acme.com/x"] } }),
    ],
    ["a script as an origin", "passkey", passkey({ rp: { ids: ["acme.com"], origins: ["javascript:x"] } })],
    [
      "a domain that is none",
      "passkey",
      passkey({ rp: { ids: ["https://acme.com"], origins: ["https://acme.com"] } }),
    ],
    ["no domain", "passkey", passkey({ rp: { ids: [], origins: ["https://acme.com"] } })],
    ["an hour's time-out", "passkey", passkey({ timeout: { login: "3600s" } })],
    [
      "a verification that there is not",
      "passkey",
      passkey({ authenticator_selection: { user_verification: "maybe" } }),
    ],
  ];
  testScenarios(
    () => app,
    places,
    refused.map(
      ([name, target, body]): Scenario => ({
        name: `refuses ${name}`,
        request: `PATCH /connections/{${target}}`,
        body,
        status: 400,
      }),
    ),
  );
});

describe("what belongs to an organization", () => {
  const saml = { provider: "CUSTOM", type: "SAML" };
  testScenarios(() => app, places, [
    {
      name: "is shown at the environment's address",
      request: "GET /connections/{saml}",
      status: 200,
      answer: { connection: { id: "{saml}" } },
    },
    ...["PATCH /connections/{saml}", "DELETE /connections/{saml}"].map(
      (request): Scenario => ({
        name: `is not found by ${request}`,
        request,
        ...(request.startsWith("PATCH") && { body: saml }),
        status: 404,
        answer: notFound,
      }),
    ),
    ...[":enable", ":disable"].map(
      (verb): Scenario => ({
        name: `is not found by ${verb}`,
        request: `PATCH /connections/{saml}${verb}`,
        status: 404,
        answer: notFound,
      }),
    ),
  ]);
});

test("another type than its own is refused", async () => {
  const body = { provider: "GITHUB", type: "PASSWORDLESS" };
  const answer = await app.api(`/connections/${places.github}`, { method: "PATCH", body });
  expect([answer.status, answer.body.details[0].error_code]).toEqual([400, "CONNECTION_TYPE_FIXED"]);
});

test("delete ends one, once", async () => {
  const path = `/connections/${places.mail}`;
  expect(await app.api(path, { method: "DELETE" })).toEqual({ status: 200, body: {} });
  expect((await app.api(path, { method: "DELETE" })).status).toBe(404);
  expect((await app.api(path)).status).toBe(404);
});

test("the whole life works on gRPC", async () => {
  const client = rpc(app, ConnectionService);
  const provider = ConnectionProvider.SCALEKIT;
  const base = { provider, providerKey: "SCALEKIT", type: ConnectionType.PASSWORDLESS };
  const { connection: created } = await client.createEnvironmentConnection({ connection: base });
  const connectionId = created?.id ?? "";
  const settings = { case: "passwordlessConfig", value: { type: PasswordlessType.OTP } } as const;
  await client.updateEnvironmentConnection({ connectionId, connection: { ...base, settings } });
  const { connection } = await client.getEnvironmentConnection({ connectionId });
  expect(connection?.settings).toMatchObject({ value: { type: PasswordlessType.OTP } });
  expect((await client.enableEnvironmentConnection({ connectionId })).errorMessage).toMatch(/not built/);
  expect((await client.disableEnvironmentConnection({ connectionId })).errorMessage).toMatch(/off already/);
  await client.deleteEnvironmentConnection({ connectionId });
});
