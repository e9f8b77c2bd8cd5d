/** The environment's applications through the front door: reading and changing one, and what never leaves. */
import { ClientService } from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { type Places, type Scenario, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import { authorizeUrl, callback, createSamlTenant, postToken } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  places.own = app.clientId;
});
afterAll(async () => app.stop());

const notFound = { code: 5, details: [{ error_code: "CLIENT_NOT_FOUND" }] };

describe("get", () => {
  testScenarios(() => app, places, [
    {
      name: "shows the environment's own application and the end of its secret",
      request: "GET /clients/{own}",
      status: 200,
      answer: {
        client: {
          id: "{own}",
          keyId: "{own}",
          client_type: "ENV",
          grant_types: ["authorization_code", "refresh_token", "client_credentials"],
          secrets: [
            {
              id: expect.stringMatching(/^sks_\d{18}$/),
              status: "ACTIVE",
              secret_suffix: expect.stringMatching(/^.{4}$/),
            },
          ],
          post_login_uris: [],
          enforce_pkce: false,
          disallow_scalekit_api_access: false,
        },
      },
    },
    {
      name: "does not know an unknown one",
      request: "GET /clients/skc_100000000000000001",
      status: 404,
      answer: notFound,
    },
    {
      name: "does not know an id of another kind",
      request: "GET /clients/org_100000000000000001",
      status: 404,
      answer: notFound,
    },
    { name: "refuses an id of 33", request: `GET /clients/skc_${"1".repeat(29)}`, status: 400 },
    { name: "refuses NUL", request: "GET /clients/skc_%00", status: 400 },
  ]);
});

describe("update", () => {
  testScenarios(() => app, places, [
    {
      name: "changes what is given",
      request: "PATCH /clients/{own}",
      body: {
        name: "Acme's app",
        post_login_uris: ["https://app.acme.com/callback", "http://localhost:3000/callback"],
        post_logout_redirect_uris: ["https://app.acme.com/bye"],
        initiate_login_uri: "https://app.acme.com/login",
        access_token_expiry: 600,
        scopes: ["read:things", "openid"],
      },
      status: 200,
      answer: {
        client: {
          name: "Acme's app",
          post_login_uris: ["https://app.acme.com/callback", "http://localhost:3000/callback"],
          post_logout_redirect_uris: ["https://app.acme.com/bye"],
          initiate_login_uri: "https://app.acme.com/login",
          access_token_expiry: "600",
          scopes: ["read:things", "openid"],
        },
      },
    },
    {
      name: "leaves what is sent empty, and clears the initiate-login URI",
      request: "PATCH /clients/{own}",
      body: { name: "", post_login_uris: [], access_token_expiry: 0, initiate_login_uri: "" },
      status: 200,
      answer: {
        client: {
          name: "Acme's app",
          initiate_login_uri: "",
          access_token_expiry: "600",
          post_login_uris: [expect.anything(), expect.anything()],
        },
      },
    },
    {
      name: "does not know an unknown one",
      request: "PATCH /clients/skc_100000000000000001",
      body: { name: "X" },
      status: 404,
      answer: notFound,
    },
  ]);

  const refused: [name: string, body: object][] = [
    ["a redirect URI with a fragment", { post_login_uris: ["https://app.acme.com/#here"] }],
    ["a relative redirect URI", { post_login_uris: ["/callback"] }],
    ["a script as redirect URI", { post_login_uris: ["javascript:alert(1)"] }],
    ["a redirect URI twice", { post_login_uris: ["https://a.com/c", "https://a.com/c"] }],
    ["six redirect URIs", { post_login_uris: [1, 2, 3, 4, 5, 6].map((number) => `https://a.com/${number}`) }],
    ["a logout URI that is none", { post_logout_redirect_uris: ["nowhere"] }],
    ["a back-channel URI that is none", { back_channel_logout_uris: ["not a uri"] }],
    ["an initiate-login URI that is none", { initiate_login_uri: "nowhere" }],
    ["a negative lifetime", { access_token_expiry: -1 }],
    ["a lifetime of 59 s", { access_token_expiry: 59 }],
    ["a lifetime beyond the session's", { access_token_expiry: 7 * 86_400 }],
    ["a lifetime beyond 32 bits", { access_token_expiry: "9223372036854775807" }],
    ["a lifetime beyond 64 bits", { access_token_expiry: "9223372036854775808" }],
    ["a name of 129", { name: "x".repeat(129) }],
    ["NUL in the name", { name: "a\0" }],
    ["a scope with a space", { scopes: ["read things"] }],
    ["a grant that there is not", { grant_types: ["password"] }],
    [
      "a claim twice",
      {
        custom_claims: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      },
    ],
    ["1 MB of a redirect URI", { post_login_uris: [`https://a.com/\u0000${"x".repeat(900_000)}`] }],
  ];
  testScenarios(
    () => app,
    places,
    refused.map(
      ([name, body]): Scenario => ({
        name: `refuses ${name}`,
        request: "PATCH /clients/{own}",
        body,
        status: 400,
      }),
    ),
  );

  test("takes effect on the next request, and a refused one on none", async () => {
    const tenant = await createSamlTenant(app);
    const authorize = () =>
      fetch(
        authorizeUrl(app, { connection_id: tenant.connectionId, redirect_uri: "https://new.acme.com/cb" }),
        { redirect: "manual" },
      );
    expect((await authorize()).status).toBe(400);
    const client = rpc(app, ClientService);
    await client.updateClient({
      clientId: app.clientId,
      client: { postLoginUris: [callback, "https://new.acme.com/cb"] },
    });
    expect((await authorize()).status).toBe(302);
    await client.updateClient({
      clientId: app.clientId,
      client: { grantTypes: ["authorization_code", "client_credentials"] },
    });
    const { status, body } = await postToken(app, { grant_type: "refresh_token", refresh_token: "rt_x" });
    expect({ status, error: body.error }).toEqual({ status: 400, error: "unauthorized_client" });
  });
});

test("neither answers nor events nor the log hold the secret or its hash", async () => {
  const { body } = await app.api(`/clients/${app.clientId}`);
  const rows = await app.app.db.selectFrom("client_secrets").select("hash").execute();
  for (const text of [JSON.stringify(body), await toldSoFar(app)]) {
    expect(text).not.toContain(app.clientSecret);
    expect(text).not.toContain(await app.token());
    for (const { hash } of rows) {
      expect(text).not.toContain(hash.toString("hex"));
      expect(text).not.toContain(hash.toString("base64"));
    }
  }
});
