/** Secrets through the front door: shown once, kept sealed or hashed, of one environment. */
import { createHash } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { SecretService, SecretType, TenantType } from "@gatehouse/contract/scalekit/v1/secrets/secrets_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, rpc } from "../../testing/callers.ts";
import { type Places, testScenarios, toldSoFar } from "../../testing/scenarios.ts";

let app: TestApp;
const places: Places = {};
const hmac = { secret_type: "INTERCEPTOR_HMAC", tenant_type: "INTERCEPTOR" };
const token = { secret_type: "DIRECTORY_TOKEN", tenant_type: "DIRECTORY" };

async function make(body: object) {
  return (await app.api("/secrets", { body })).body.secret;
}

beforeAll(async () => {
  app = await startTestApp();
  places.hmac = (await make(hmac)).id;
  places.token = (await make(token)).id;
});
afterAll(async () => app.stop());

const notFound = { code: 5, details: [{ error_code: "SECRET_NOT_FOUND" }] };

describe("the API", () => {
  testScenarios(() => app, places, [
    {
      name: "makes a key that signs, as the SDKs decode it",
      request: "POST /secrets",
      body: hmac,
      status: 200,
      answer: {
        secret: {
          ...hmac,
          id: expect.stringMatching(/^sec_\d{18}$/),
          plaintext_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
          created_at: expect.stringMatching(/Z$/),
        },
      },
      events: ["gatehouse.secret.created"],
    },
    {
      name: "makes a token",
      request: "POST /secrets",
      body: token,
      status: 200,
      answer: { secret: { ...token, plaintext_secret: expect.stringMatching(/^[\w-]{43}$/) } },
      events: ["gatehouse.secret.created"],
    },
    {
      name: "refuses a tenant of the other kind",
      request: "POST /secrets",
      body: { ...hmac, tenant_type: "DIRECTORY" },
      status: 400,
      answer: {
        details: [{ validation_error_info: { field_violations: [{ field: "secret.tenant_type" }] } }],
      },
    },
    { name: "refuses no type", request: "POST /secrets", body: {}, status: 400, answer: { code: 3 } },
    {
      name: "refuses a type that there is not",
      request: "POST /secrets",
      body: { ...hmac, secret_type: 7 },
      status: 400,
    },
    {
      name: "shows no value unless asked",
      request: "GET /secrets/{hmac}",
      status: 200,
      answer: { secret: expect.not.objectContaining({ plaintext_secret: expect.anything() }) },
    },
    {
      name: "shows the value of a key that signs",
      request: "GET /secrets/{hmac}?include_plaintext_secret=true",
      status: 200,
      answer: { secret: { id: "{hmac}", plaintext_secret: expect.stringMatching(/^whsec_/) } },
    },
    {
      name: "never shows the value of a token",
      request: "GET /secrets/{token}?include_plaintext_secret=true",
      status: 200,
      answer: { secret: expect.not.objectContaining({ plaintext_secret: expect.anything() }) },
    },
    {
      name: "knows no unknown id",
      request: "GET /secrets/sec_100000000000000001",
      status: 404,
      answer: notFound,
    },
    { name: "refuses an id of another kind", request: "GET /secrets/org_1", status: 400 },
    {
      name: "replaces a value",
      request: "POST /secrets/{hmac}:rotate",
      status: 200,
      answer: { secret: { id: "{hmac}", plaintext_secret: expect.stringMatching(/^whsec_/) } },
      events: ["gatehouse.secret.rotated"],
    },
    { name: "rotates nothing unknown", request: "POST /secrets/sec_1:rotate", status: 404, answer: notFound },
    { name: "deletes nothing unknown", request: "DELETE /secrets/sec_1", status: 404, answer: notFound },
  ]);

  test("lists by type, newest first, without values", async () => {
    const all = (await app.api("/secrets")).body.secret;
    expect(all.map((each: { id: string }) => each.id)).toEqual(
      all
        .map((each: { id: string }) => each.id)
        .sort()
        .reverse(),
    );
    expect(JSON.stringify(all)).not.toContain("plaintext_secret");
    const tokens = (await app.api("/secrets?secret_type=DIRECTORY_TOKEN")).body.secret;
    expect(tokens.map((each: { secret_type: string }) => each.secret_type)).toEqual([
      "DIRECTORY_TOKEN",
      "DIRECTORY_TOKEN",
    ]);
  });

  test("works on gRPC, to the end", async () => {
    const client = rpc(app, SecretService);
    const made = await client.createSecret({
      secret: { secretType: SecretType.INTERCEPTOR_HMAC, tenantType: TenantType.INTERCEPTOR },
    });
    const id = made.secret?.id ?? "";
    const shown = await client.getSecret({ id, includePlaintextSecret: true });
    expect(shown.secret?.plaintextSecret).toBe(made.secret?.plaintextSecret);
    const rotated = await client.rotateSecret({ id });
    expect(rotated.secret?.plaintextSecret).not.toBe(made.secret?.plaintextSecret);
    await client.deleteSecret({ id });
    await expect(client.getSecret({ id })).rejects.toMatchObject({ code: Code.NotFound });
  });
});

test("at rest a key is sealed for its own row, and a token hashed; nothing is told of either", async () => {
  const [key, opener] = [await make(hmac), await make(token)];
  const rowOf = (id: string) =>
    app.app.db.selectFrom("secrets").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const { sealed } = await rowOf(key.id);
  if (!sealed) throw new Error("a key is sealed");
  expect(app.app.keys.open(sealed, `secrets.sealed:${key.id}`).toString()).toBe(key.plaintext_secret);
  expect(() => app.app.keys.open(sealed, `secrets.sealed:${opener.id}`)).toThrow();
  const { hash } = await rowOf(opener.id);
  expect(hash).toEqual(createHash("sha256").update(opener.plaintext_secret).digest());
  const told = await toldSoFar(app);
  for (const secret of [key, opener]) expect(told).not.toContain(secret.plaintext_secret);
});

test("of many who delete one at once, one does", async () => {
  const { id } = await make(token);
  const answers = await Promise.all([1, 2, 3, 4].map(() => app.api(`/secrets/${id}`, { method: "DELETE" })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
});

test("of many who rotate one at once, the last one's value holds", async () => {
  const { id } = await make(hmac);
  const rotated = await Promise.all(
    [1, 2, 3].map(() => app.api(`/secrets/${id}:rotate`, { method: "POST" })),
  );
  const { body } = await app.api(`/secrets/${id}?include_plaintext_secret=true`);
  expect(rotated.map((each) => each.body.secret.plaintext_secret)).toContain(body.secret.plaintext_secret);
});

test("there is an end to them", async () => {
  const row = { environment_id: app.environmentId, type: "INTERCEPTOR_HMAC", suffix: "" };
  const now = app.app.now();
  const many = Array.from({ length: 500 }, (_, n) => ({
    ...row,
    id: `sec_${n}`,
    sealed: Buffer.from("x"),
    created_at: now,
    updated_at: now,
  }));
  await app.app.db.insertInto("secrets").values(many).execute();
  const refused = await app.api("/secrets", { body: hmac });
  expect(refused).toMatchObject({ status: 400, body: { details: [{ error_code: "SECRET_LIMIT" }] } });
  await app.app.db.deleteFrom("secrets").where("suffix", "=", "").execute();
});

test("another environment's is not there", async () => {
  const other = await createEnvironment(app);
  const path = `/secrets/${places.hmac}`;
  const answers = [
    await other.api(path),
    await other.api(`${path}?include_plaintext_secret=true`),
    await other.api(`${path}:rotate`, { method: "POST" }),
    await other.api(path, { method: "DELETE" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect((await other.api("/secrets")).body).toEqual({ secret: [] });
  expect((await app.api(path)).status).toBe(200);
});
