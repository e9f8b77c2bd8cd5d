/** The REST reference of machine clients: path, verb, body, status and answer of every call that it lists. */
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { postToken } from "../../packages/server/src/testing/sign-in.ts";
import { describeEndpoints, notFound } from "./endpoints.ts";

let app: TestApp;
let home: string;
let second: string;

beforeAll(async () => {
  app = await startTestApp();
  const organization = async (display_name: string): Promise<string> =>
    (await app.api("/organizations", { body: { display_name } })).body.organization.id;
  [home, second] = [await organization("Home"), await organization("Second")];
});
afterAll(async () => app.stop());

const fields = {
  name: "Deployment",
  description: "Deploys",
  scopes: ["deploy:read", "deploy:write"],
  audience: ["api.acme.test"],
  custom_claims: [{ key: "tier", value: "gold" }],
};

/** A new machine client. */
async function robot() {
  const { body } = await app.api(`/organizations/${home}/clients`, { body: fields });
  const { client, plain_secret: secret } = body;
  const at = { organization_id: home, client_id: client.client_id as string };
  return { at, secret: secret as string, secretId: client.secrets[0].id as string };
}

const token = (client_id: string, client_secret: string) =>
  postToken(app, { grant_type: "client_credentials", client_id, client_secret });

describeEndpoints("m2m", () => app, {
  async "POST /api/v1/organizations/{organization_id}/clients"(call) {
    const created = await call({ organization_id: home }, { body: { ...fields, expiry: 600 } });
    expect(created).toMatchObject({
      status: 201,
      body: {
        plain_secret: expect.stringMatching(/^test_/),
        client: {
          ...fields,
          // 64 bits are text in JSON.
          expiry: "600",
          client_id: expect.stringMatching(/^m2morg_\d{18}$/),
          organization_id: home,
          secrets: [{ id: expect.stringMatching(/^sks_/), status: "ACTIVE" }],
        },
      },
    });
    const { client, plain_secret } = created.body;
    expect(await token(client.client_id, plain_secret)).toMatchObject({
      status: 200,
      body: { token_type: "Bearer", expires_in: expect.any(Number), scope: "deploy:read deploy:write" },
    });
    expect(await call({ organization_id: "org_100000000000000001" }, { body: fields })).toMatchObject(
      notFound,
    );
    const tooShort = await call({ organization_id: home }, { body: { ...fields, expiry: 10 } });
    expect(tooShort).toMatchObject({ status: 400, body: { code: 3 } });
  },

  async "GET /api/v1/organizations/{organization_id}/clients/{client_id}"(call) {
    const { at, secret } = await robot();
    const read = await call(at);
    expect(read).toMatchObject({ status: 200, body: { client: { ...fields, client_id: at.client_id } } });
    expect(read.body.client.secrets).toMatchObject([{ status: "ACTIVE", secret_suffix: secret.slice(-4) }]);
    expect(JSON.stringify(read.body)).not.toContain(secret);
    expect(await call({ ...at, organization_id: second })).toMatchObject(notFound);
  },

  async "DELETE /api/v1/organizations/{organization_id}/clients/{client_id}"(call) {
    const { at, secret } = await robot();
    const { status, body } = await call(at);
    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect(await token(at.client_id, secret)).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
    expect(await call(at)).toMatchObject(notFound);
  },

  async "PATCH /api/v1/organizations/{organization_id}/clients/{client_id}"(call) {
    const { at } = await robot();
    const body = { description: "Rests", scopes: ["rest"] };
    const changed = await call(at, { body });
    expect(changed).toMatchObject({ status: 200, body: { client: { ...fields, ...body } } });
    const claims = { custom_claims: [{ key: "team", value: "night" }] };
    expect((await call(at, { body: claims })).body.client).toMatchObject({ ...fields, ...body, ...claims });
    expect(await call({ ...at, organization_id: second }, { body })).toMatchObject(notFound);
  },

  async "POST /api/v1/organizations/{organization_id}/clients/{client_id}/secrets"(call) {
    const { at, secret } = await robot();
    const added = await call(at);
    expect(added).toMatchObject({
      status: 201,
      body: { plain_secret: expect.stringMatching(/^test_/), secret: { id: expect.stringMatching(/^sks_/) } },
    });
    for (const each of [secret, added.body.plain_secret])
      expect((await token(at.client_id, each)).status).toBe(200);
    expect(await call({ ...at, organization_id: second })).toMatchObject(notFound);
  },

  async "DELETE /api/v1/organizations/{organization_id}/clients/{client_id}/secrets/{secret_id}"(call) {
    const { at, secret, secretId: secret_id } = await robot();
    const { status, body } = await call({ ...at, secret_id });
    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect((await token(at.client_id, secret)).status).toBe(401);
    expect(await call({ ...at, secret_id })).toMatchObject(notFound);
  },
});
