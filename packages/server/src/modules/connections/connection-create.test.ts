/** Creating a connection through the management API: what a draft holds, and what is refused. */
import { Code } from "@connectrpc/connect";
import {
  ConnectionProvider,
  ConnectionService,
  ConnectionType,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";

let app: TestApp;
const places: Places = {};
const at = "/organizations/{acme}/connections";

beforeAll(async () => {
  app = await startTestApp();
  places.acme = (await app.api("/organizations", { body: { display_name: "Acme" } })).body.organization.id;
});
afterAll(async () => app.stop());

testScenarios(() => app, places, [
  {
    name: "makes a draft that is off, with our side's addresses",
    request: `POST ${at}`,
    body: { provider: "OKTA", type: "SAML" },
    status: 201,
    answer: {
      connection: {
        id: expect.stringMatching(/^conn_\d{18}$/),
        organization_id: "{acme}",
        provider: "OKTA",
        type: "SAML",
        status: "DRAFT",
        enabled: false,
        saml_config: {
          sp_entity_id: expect.stringMatching(/\/sso\/v1\/saml\/conn_\d+$/),
          sp_assertion_url: expect.stringMatching(/\/sso\/v1\/saml\/conn_\d+\/callback$/),
          sp_metadata_url: expect.stringMatching(/\/metadata$/),
        },
      },
    },
    events: ["organization.sso_created"],
  },
  {
    name: "makes an OIDC draft with its redirect URI",
    request: `POST ${at}`,
    body: { provider: "GOOGLE", type: "OIDC" },
    status: 201,
    answer: {
      connection: {
        type: "OIDC",
        oidc_config: { redirect_uri: expect.stringMatching(/\/sso\/v1\/oidc\/conn_\d+\/callback$/) },
      },
    },
    events: ["organization.sso_created"],
  },
  {
    name: "takes an empty provider key beside a provider, as the SDK sends it",
    request: `POST ${at}`,
    body: { provider: "OKTA", type: "SAML", provider_key: "" },
    status: 201,
    events: ["organization.sso_created"],
  },
  {
    name: "refuses an unknown organization",
    request: "POST /organizations/org_1/connections",
    body: { provider: "OKTA", type: "SAML" },
    status: 404,
    answer: { code: 5 },
  },
  {
    name: "refuses neither provider nor key",
    request: `POST ${at}`,
    body: { type: "SAML" },
    status: 400,
    answer: { message: expect.stringContaining("provider or provider_key is required") },
  },
  {
    name: "refuses OAUTH",
    request: `POST ${at}`,
    body: { provider: "GITHUB", type: "OAUTH" },
    status: 400,
    answer: { message: expect.stringContaining("OAUTH, PASSWORDLESS and WEBAUTHN are not supported yet") },
  },
  { name: "refuses no type", request: `POST ${at}`, body: { provider: "OKTA" }, status: 400 },
  {
    name: "refuses a provider that there is not",
    request: `POST ${at}`,
    body: { provider: "MOON", type: "SAML" },
    status: 400,
  },
  {
    name: "refuses a provider number that there is not",
    request: `POST ${at}`,
    body: { provider: 999, type: "SAML" },
    status: 400,
  },
  {
    name: "refuses a type number that there is not",
    request: `POST ${at}`,
    body: { provider: "OKTA", type: 999 },
    status: 400,
  },
  {
    name: "refuses NUL in the name",
    request: `POST ${at}`,
    body: { provider: "OKTA", type: "SAML", key_id: "a\0" },
    status: 400,
  },
  { name: "refuses no body", request: `POST ${at}`, status: 400 },
]);

test("takes a provider by its key on gRPC", async () => {
  const client = rpc(app, ConnectionService);
  const connection = { type: ConnectionType.SAML, providerKey: "OKTA" };
  const { connection: created } = await client.createConnection({
    organizationId: places.acme ?? "",
    connection,
  });
  expect(created?.provider).toBe(ConnectionProvider.OKTA);
  const unknown = client.createConnection({
    organizationId: places.acme ?? "",
    connection: { type: 999 as ConnectionType, provider: 1 },
  });
  await expect(unknown).rejects.toMatchObject({ code: Code.InvalidArgument });
});
