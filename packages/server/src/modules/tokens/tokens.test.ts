/** API tokens through the front door: issue, use, list, change and end, and what is never told. */
import { Code } from "@connectrpc/connect";
import { ApiTokenService } from "@gatehouse/contract/scalekit/v1/tokens/tokens_pb";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashSecret } from "../../lib/secrets.ts";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment, rpc } from "../../testing/callers.ts";
import { signInForTokens } from "../../testing/oauth.ts";
import { toldSoFar } from "../../testing/scenarios.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let other: OtherEnvironment;
let tenant: SamlTenant;
let organizationId: string;
let userId: string;

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  tenant = await createSamlTenant(app);
  organizationId = tenant.organizationId;
  userId = await newMember(tenant);
  await app.api(`/organizations/${organizationId}`, { method: "PATCH", body: { external_id: "customer-1" } });
});
afterAll(async () => app.stop());

async function newMember(of: SamlTenant): Promise<string> {
  const { tokens } = await signInForTokens(app, of);
  return decodeJwt(tokens.access_token ?? "").sub ?? "";
}

const create = (token: object = {}) =>
  app.api("/tokens", { body: { organization_id: organizationId, ...token } });
const call = (verb: string, token: string, more: object = {}) =>
  app.api(`/tokens:${verb}`, { body: { token, ...more } });
const later = (seconds: number) => new Date(app.app.now().getTime() + seconds * 1000).toISOString();

async function newToken(token: object = {}): Promise<{ id: string; plain: string }> {
  const { body } = await create(token);
  return { id: body.token_id, plain: body.token };
}

async function setMembership(status: string) {
  await app.app.db.updateTable("memberships").set({ status }).where("user_id", "=", userId).execute();
}

describe("create", () => {
  test("shows a token once, with what it stands for", async () => {
    const expiry = later(3600);
    const { status, body } = await create({
      user_id: userId,
      custom_claims: { team: "billing" },
      description: "Nightly export",
      expiry,
    });
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        token_id: expect.stringMatching(/^apit_\d{18}$/),
        token_info: {
          token_id: body.token_id,
          organization_id: organizationId,
          organization_external_id: "customer-1",
          user_id: userId,
          custom_claims: { team: "billing" },
          expiry,
          created_at: expect.any(String),
          description: "Nightly export",
          token_suffix: body.token.slice(-4),
          email: `ada@${tenant.domain}`,
          roles: ["member"],
        },
      },
    });
  });

  test("needs an organization only", async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body.token_info).toMatchObject({ custom_claims: {}, roles: [] });
    for (const field of ["user_id", "expiry", "description", "email"]) {
      expect(body.token_info).not.toHaveProperty(field);
    }
  });

  test("keeps the token as a hash, and tells it to nobody", async () => {
    const { id, plain } = await newToken({ description: "secret" });
    const row = await app.app.db
      .selectFrom("api_tokens")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(row.hash.equals(hashSecret(plain))).toBe(true);
    await call("validate", plain);
    const listed = JSON.stringify((await app.api(`/tokens?organization_id=${organizationId}`)).body);
    for (const text of [listed, JSON.stringify(row), await toldSoFar(app)]) expect(text).not.toContain(plain);
  });

  const many = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, "v"]));
  test.each<[name: string, body: object, field: string]>([
    ["no organization", { organization_id: "" }, "token.organization_id"],
    ["an id of another kind", { organization_id: "usr_100000000000000001" }, "token.organization_id"],
    ["an organization id of 33", { organization_id: `org_${"1".repeat(29)}` }, "token.organization_id"],
    ["a user that is none", { user_id: "org_100000000000000001" }, "token.user_id"],
    ["an unknown user", { user_id: "usr_100000000000000001" }, "token.user_id"],
    ["a time that has passed", { expiry: "2020-01-01T00:00:00Z" }, "token.expiry"],
    ["21 claims", { custom_claims: many }, "token.custom_claims"],
    ["an empty claim", { custom_claims: { team: "" } }, "token.custom_claims"],
    ["a claim of 257", { custom_claims: { team: "x".repeat(257) } }, "token.custom_claims"],
    ["a claim's name of 31", { custom_claims: { ["x".repeat(31)]: "v" } }, "token.custom_claims"],
    ["a claim without a name", { custom_claims: { "": "v" } }, "token.custom_claims"],
    ["a description of 256", { description: "x".repeat(256) }, "token.description"],
    ["NUL", { description: "a\0" }, "token"],
  ])("refuses %s", async (_, body, field) => {
    const { status, body: answer } = await create(body);
    expect({ status, code: answer.code }).toEqual({ status: 400, code: 3 });
    expect(answer.details[0].validation_error_info.field_violations[0].field).toContain(field);
  });

  test("refuses a member of another organization, and one who is not active", async () => {
    const elsewhere = await newMember(await createSamlTenant(app));
    expect((await create({ user_id: elsewhere })).status).toBe(400);
    await setMembership("INACTIVE");
    expect((await create({ user_id: userId })).status).toBe(400);
    await setMembership("ACTIVE");
    expect((await create({ user_id: userId })).status).toBe(201);
  });

  test("refuses times that no calendar has, on gRPC too", async () => {
    const service = rpc(app, ApiTokenService);
    for (const seconds of [253_402_300_800n, 9_223_372_036_854_775_807n, -1n]) {
      const token = { organizationId, expiry: { seconds, nanos: 0 } };
      await expect(service.createToken({ token })).rejects.toMatchObject({ code: Code.InvalidArgument });
    }
    await expect(service.createToken({})).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  test("does not know an unknown organization", async () => {
    const { status, body } = await create({ organization_id: "org_100000000000000001" });
    expect({ status, code: body.code }).toEqual({ status: 404, code: 5 });
  });
});

describe("validate", () => {
  test("knows a token by its value and by its id", async () => {
    const { id, plain } = await newToken({ custom_claims: { team: "a" } });
    for (const token of [id, plain]) {
      const { status, body } = await call("validate", token);
      expect({ status, info: body.token_info }).toMatchObject({
        status: 200,
        info: { token_id: id, organization_id: organizationId, custom_claims: { team: "a" } },
      });
    }
  });

  test.each(["apit_100000000000000001", "x", "A".repeat(43), "' or 1=1 --", "x".repeat(100_000)])(
    "does not know %.40s",
    async (token) => expect((await call("validate", token)).body.code).toBe(5),
  );

  test("refuses nothing at all, and NUL", async () => {
    for (const token of ["", "a\0"]) expect((await call("validate", token)).status).toBe(400);
    expect((await app.api("/tokens:validate", { body: {} })).status).toBe(400);
  });

  test("ends with the expiry, to the second", async () => {
    const { plain } = await newToken({ expiry: later(60) });
    expect((await call("validate", plain)).status).toBe(200);
    app.advance(61);
    try {
      expect((await call("validate", plain)).status).toBe(404);
      expect((await call("update", plain, { description: "x" })).status).toBe(404);
      expect((await call("invalidate", plain)).status).toBe(200);
    } finally {
      app.advance(-61);
    }
  });

  test("follows the user: not while inactive, with the roles of now, and never after they left", async () => {
    const { id, plain } = await newToken({ user_id: userId });
    await setMembership("INACTIVE");
    expect((await call("validate", plain)).status).toBe(404);
    await setMembership("ACTIVE");
    expect((await call("validate", id)).body.token_info.roles).toEqual(["member"]);
    await app.app.db.deleteFrom("membership_roles").where("user_id", "=", userId).execute();
    expect((await call("validate", plain)).body.token_info.roles).toEqual([]);
    const leaving = await createSamlTenant(app);
    const leaver = await newMember(leaving);
    const last = await newToken({ organization_id: leaving.organizationId, user_id: leaver });
    await app.app.db.deleteFrom("memberships").where("user_id", "=", leaver).execute();
    expect((await call("validate", last.plain)).status).toBe(404);
  });

  test("ends with the organization", async () => {
    const { organization } = (await app.api("/organizations", { body: { display_name: "Gone" } })).body;
    const { plain } = await newToken({ organization_id: organization.id });
    expect((await call("validate", plain)).status).toBe(200);
    await app.api(`/organizations/${organization.id}`, { method: "DELETE" });
    expect((await call("validate", plain)).status).toBe(404);
  });
});

describe("invalidate", () => {
  test("ends a token at once, by value or id, and can be repeated", async () => {
    for (const name of ["id", "plain"] as const) {
      const token = await newToken();
      expect(await call("invalidate", token[name])).toEqual({ status: 200, body: {} });
      expect((await call("validate", token.plain)).status).toBe(404);
      expect((await call("validate", token.id)).status).toBe(404);
      expect((await call("update", token.id, { description: "x" })).status).toBe(404);
      expect((await call("invalidate", token.plain)).status).toBe(200);
    }
  });

  test("keeps the time of the first of many", async () => {
    const { id } = await newToken();
    const answers = await Promise.all(Array.from({ length: 5 }, () => call("invalidate", id)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const ended = () =>
      app.app.db.selectFrom("api_tokens").select("invalidated_at").where("id", "=", id).execute();
    const before = await ended();
    app.advance(10);
    await call("invalidate", id);
    app.advance(-10);
    expect(await ended()).toEqual(before);
  });

  test("does not know what never was", async () => {
    expect((await call("invalidate", "apit_100000000000000001")).status).toBe(404);
    expect((await call("invalidate", "A".repeat(43))).status).toBe(404);
    expect((await call("invalidate", "")).status).toBe(400);
  });
});

describe("update", () => {
  test("replaces claims, and leaves them when none are sent", async () => {
    const { id, plain } = await newToken({ custom_claims: { env: "a", scope: "x" }, description: "First" });
    const changed = await call("update", plain, { custom_claims: { env: "b", team: "t" } });
    expect(changed.body.token_info).toMatchObject({ token_id: id, description: "First" });
    expect(changed.body.token_info.custom_claims).toEqual({ env: "b", team: "t" });
    const described = await call("update", id, { description: "Second", custom_claims: {} });
    expect(described.body.token_info).toMatchObject({
      description: "Second",
      custom_claims: { env: "b", team: "t" },
    });
    const cleared = await call("update", id, { description: "" });
    expect(cleared.body.token_info).not.toHaveProperty("description");
  });

  test.each<[string, object]>([
    ["an empty claim", { custom_claims: { team: "" } }],
    ["a description of 256", { description: "x".repeat(256) }],
  ])("refuses %s and changes nothing", async (_, patch) => {
    const { id } = await newToken({ custom_claims: { env: "a" }, description: "First" });
    expect((await call("update", id, patch)).status).toBe(400);
    expect((await call("validate", id)).body.token_info).toMatchObject({
      description: "First",
      custom_claims: { env: "a" },
    });
  });

  test("does not know an unknown one", async () => {
    expect((await call("update", "apit_100000000000000001", { description: "x" })).status).toBe(404);
  });
});

describe("list", () => {
  test("pages through the tokens that work, of all or of one user", async () => {
    const own = await createSamlTenant(app);
    const member = await newMember(own);
    const path = `/tokens?organization_id=${own.organizationId}`;
    const made: string[] = [];
    const values = [{}, { user_id: member }, { expiry: later(60) }, {}];
    for (const more of values)
      made.unshift((await newToken({ organization_id: own.organizationId, ...more })).id);
    await call("invalidate", made[0] ?? "");
    const idsOf = ({ body }: ApiAnswer) => body.tokens.map((token: { token_id: string }) => token.token_id);
    const first = await app.api(`${path}&page_size=2`);
    expect({ ids: idsOf(first), body: first.body }).toMatchObject({
      ids: made.slice(1, 3),
      body: { total_count: 3, prev_page_token: "" },
    });
    const second = await app.api(`${path}&page_size=2&page_token=${first.body.next_page_token}`);
    expect([idsOf(second), second.body.next_page_token]).toEqual([made.slice(3), ""]);
    const back = await app.api(`${path}&page_size=2&page_token=${second.body.prev_page_token}`);
    expect(idsOf(back)).toEqual(made.slice(1, 3));
    expect((await app.api(`${path}&user_id=${member}`)).body).toMatchObject({ total_count: 1 });
    expect((await app.api(`${path}&user_id=${userId}`)).body).toMatchObject({ total_count: 0, tokens: [] });
    expect((await app.api(`${path}&user_id=${member}&page_token=${first.body.next_page_token}`)).status).toBe(
      400,
    );
    app.advance(61);
    expect((await app.api(path)).body.total_count).toBe(2);
    app.advance(-61);
  });

  test.each([
    "",
    "?organization_id=usr_100000000000000001",
    "?organization_id=ORG&page_size=31",
    "?organization_id=ORG&page_size=-1",
    "?organization_id=ORG&page_token=x",
    "?organization_id=ORG&user_id=org_100000000000000001",
  ])("refuses %s", async (query) =>
    expect((await app.api(`/tokens${query.replace("ORG", organizationId)}`)).status).toBe(400),
  );

  test("does not know an unknown organization", async () => {
    expect((await app.api("/tokens?organization_id=org_100000000000000001")).status).toBe(404);
  });
});

test("an application of another environment learns and changes nothing", async () => {
  const { id, plain } = await newToken({ description: "Ours" });
  for (const token of [id, plain]) {
    for (const verb of ["validate", "invalidate", "update"]) {
      const body = { token, ...(verb === "update" && { description: "Theirs" }) };
      expect((await other.api(`/tokens:${verb}`, { body })).status).toBe(404);
    }
  }
  expect((await other.api("/tokens", { body: { organization_id: organizationId } })).status).toBe(404);
  expect((await other.api(`/tokens?organization_id=${organizationId}`)).status).toBe(404);
  expect((await call("validate", plain)).body.token_info.description).toBe("Ours");
});

test("an API token is no credential here, and none is ever fetched again", async () => {
  const { id, plain } = await newToken();
  expect((await app.api("/organizations", { token: plain })).status).toBe(401);
  const { status, body } = await app.api("/tokens:fetch", { body: { token_id: id } });
  expect({ status, code: body.code }).toEqual({ status: 403, code: 7 });
});
