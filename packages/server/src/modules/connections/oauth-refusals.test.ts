/** What social sign-in refuses, in the codes that apps know: people, answers of providers, and answers that are not theirs. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createOrganization } from "../../testing/connections.ts";
import { outcomeOf } from "../../testing/saml-leg.ts";
import { toldSoFar } from "../../testing/scenarios.ts";
import { authorizeUrl, callback } from "../../testing/sign-in.ts";
import { addMember, createSocialConnection, type SocialSignIn, socialSignIn } from "../../testing/social.ts";
import {
  type SocialProvider,
  type SocialReply,
  startSocialProvider,
  tenant,
} from "../../testing/social-provider.ts";

let app: TestApp;
let social: SocialProvider;
let organizationId: string;
const ids = { github: "", google: "", microsoft: "" };
const email = "ada@people.example";

beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" });
  social = await startSocialProvider(() => app.app.now());
  ids.github = await createSocialConnection(app, social, "GITHUB");
  ids.google = await createSocialConnection(app, social, "GOOGLE");
  ids.microsoft = await createSocialConnection(app, social, "MICROSOFT");
  organizationId = await createOrganization(app);
  await addMember(app, organizationId, email);
});
afterAll(async () => Promise.all([app.stop(), social.stop()]));

beforeEach(() => {
  social.profile = { id: 42, sub: "ada-1", email, email_verified: true };
  social.emails = [{ email, primary: true, verified: true }];
  social.idToken = { sub: "pairwise", oid: "oid-1", email, xms_edov: true };
});
afterEach(async () => {
  social.replies.clear();
  // What is refused links nobody and lets nobody in.
  expect(await app.app.db.selectFrom("external_identities").selectAll().execute()).toEqual([]);
  expect(await app.app.db.selectFrom("sessions").selectAll().execute()).toEqual([]);
});

const signIn = (
  connection: keyof typeof ids,
  authorize: Record<string, string> = {},
  bend?: (back: URL) => void,
) => socialSignIn(app, social, { connection_id: ids[connection], ...authorize }, bend);

function expectError({ at, code, error, description }: SocialSignIn, expected: string, text: RegExp): void {
  expect({ at, code, error, description }).toEqual({
    ...{ at: "app", code: "", error: expected },
    description: expect.stringMatching(text),
  });
}

describe("people", () => {
  const never = [undefined, null, false, "false", 0, {}, "yes"];
  test.each(never)("whose address Google says is verified: %j", async (verified) => {
    social.profile.email_verified = verified;
    expectError(await signIn("google"), "unauthorized", /not verified ada@people\.example/);
  });

  test.each(never)("whose address Microsoft says is verified (xms_edov): %j", async (verified) => {
    social.idToken.xms_edov = verified;
    social.idToken.email_verified = true;
    expectError(await signIn("microsoft"), "unauthorized", /not verified/);
  });

  test("whose address at GitHub is verified, but not the primary one, or only in the profile", async () => {
    social.emails = [
      { email, primary: false, verified: true },
      { email, primary: true, verified: false },
    ];
    expectError(await signIn("github"), "unauthorized", /not verified/);
    for (const emails of [[], [null], {}, [{ email, verified: true }]]) {
      social.emails = emails;
      expectError(await signIn("github"), "mandatory_attribute_missing", /e-mail/);
    }
  });

  test("who are no members, of no organization or not of the one asked for", async () => {
    const other = await createOrganization(app);
    expectError(await signIn("google", { organization_id: other }), "access_denied", /no member/);
    social.profile.email = "nobody@people.example";
    expectError(await signIn("google"), "access_denied", /nobody@people\.example is no member/);
  });

  test("who are members no longer active", async () => {
    const address = "off@people.example";
    const { id } = await addMember(app, organizationId, address);
    await app.app.db
      .updateTable("memberships")
      .set({ status: "INACTIVE" })
      .where("user_id", "=", id)
      .execute();
    social.profile.email = address;
    expectError(await signIn("google", { organization_id: organizationId }), "user_not_active", /inactive/);
    expectError(await signIn("google"), "access_denied", /no member/);
  });

  test("for an organization that there is not", async () => {
    expectError(await signIn("google", { organization_id: "org_1" }), "invalid_organization_id", /Invalid/);
  });
});

describe("accounts of Microsoft", () => {
  const other = "11111111-2222-4333-8444-555555555555";
  const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad";
  const cases: [string, string, Record<string, unknown>][] = [
    ["of another tenant", tenant, { tid: other, iss: `/${other}/v2.0` }],
    [
      "private ones, where work accounts only may come",
      "organizations",
      { tid: consumers, iss: `/${consumers}/v2.0` },
    ],
    ["of a company, where private ones only may come", "consumers", {}],
  ];
  test.each(cases)("%s", async (_name, tenantId, claims) => {
    const id = await createSocialConnection(app, social, "MICROSOFT", { tenant_id: tenantId });
    Object.assign(social.idToken, claims, claims.iss ? { iss: `${social.url}${claims.iss}` } : {});
    expectError(
      await socialSignIn(app, social, { connection_id: id }),
      "invalid_id_token",
      /tid: it is .* must be of/,
    );
  });

  const tokens: [string, Record<string, unknown>, RegExp][] = [
    ["whose issuer is another tenant's than the account's", { tid: other }, /iss/],
    ["whose issuer is no Microsoft", { iss: "https://evil.example" }, /iss/],
    ["meant for another app", { aud: "another-app" }, /aud/],
    ["that have expired", { iat: 1, exp: 2 }, /exp/],
    ["of another sign-in", { nonce: "another" }, /nonce/],
    ["without a nonce", { nonce: undefined }, /nonce/],
    ["without a tenant", { tid: undefined }, /iss/],
  ];
  test.each(tokens)("with ID tokens %s", async (_name, claims, text) => {
    Object.assign(social.idToken, claims);
    expectError(await signIn("microsoft"), "invalid_id_token", text);
  });

  test("with no ID token, and with one that another key has signed", async () => {
    social.replies.set("/common/oauth2/v2.0/token", () => ({
      body: { access_token: "x", token_type: "Bearer" },
    }));
    expectError(await signIn("microsoft"), "invalid_id_token", /sent none/);
    social.replies.clear();
    const forged = await startSocialProvider(() => app.app.now());
    Object.assign(forged, { idToken: { ...social.idToken } });
    await forged.forge();
    const id = await createSocialConnection(app, forged, "MICROSOFT");
    expectError(await socialSignIn(app, forged, { connection_id: id }), "invalid_id_token", /signature/);
    await forged.stop();
  });
});

describe("answers of providers", () => {
  const atToken: [string, SocialReply, string, RegExp][] = [
    [
      "a refusal with 200",
      { body: { error: "bad_code", error_description: "<b>no</b>" } },
      "failed_to_exchange_token",
      /no/,
    ],
    [
      "a refusal with 400",
      { status: 400, body: { error: "invalid_client" } },
      "failed_to_exchange_token",
      /invalid_client/,
    ],
    ["401 without words", { status: 401, body: "no" }, "failed_to_exchange_token", /it answered 401/],
    ["500", { status: 500, body: "broken" }, "server_error", /answered 500/],
    ["a page", { body: "<html>" }, "server_error", /cannot be read/],
    ["a list", { body: [] }, "server_error", /cannot be read/],
    ["no access token", { body: { token_type: "bearer" } }, "server_error", /no access token/],
    [
      "a token of another type",
      { body: { access_token: "x", token_type: "mac" } },
      "server_error",
      /type mac/,
    ],
    ["a redirect", { status: 307, headers: { location: "/user" }, body: "" }, "server_error", /redirect/],
    ["more than anybody says", { body: "x".repeat(300_000) }, "server_error", /./],
  ];
  test.each(atToken)("to the code: %s", async (_name, reply, error, text) => {
    social.replies.set("/token", () => reply);
    expectError(await signIn("google"), error, text);
  });

  const atProfile: [string, SocialReply, string, RegExp][] = [
    ["401", { status: 401, body: "" }, "user_info_retrieve_failed", /answered 401/],
    ["a page", { body: "<html>" }, "user_info_retrieve_failed", /no JSON object/],
    ["nobody", { body: { email, email_verified: true } }, "user_info_retrieve_failed", /names nobody/],
    [
      "a subject that is no text",
      { body: { sub: { a: 1 }, email } },
      "user_info_retrieve_failed",
      /names nobody/,
    ],
    ["no address", { body: { sub: "x" } }, "mandatory_attribute_missing", /e-mail/],
    ["an address that is none", { body: { sub: "x", email: "ada" } }, "mandatory_attribute_missing", /ada/],
  ];
  test.each(atProfile)("to the question who it is: %s", async (_name, reply, error, text) => {
    social.replies.set("/user", () => reply);
    expectError(await signIn("google"), error, text);
  });

  test("about addresses that we may not see", async () => {
    social.replies.set("/user/emails", () => ({ status: 404, body: { message: "Not Found" } }));
    expectError(await signIn("github"), "user_info_retrieve_failed", /answered 404/);
  });

  test("that are none: the provider is down", async () => {
    const gone = await startSocialProvider(() => app.app.now());
    const id = await createSocialConnection(app, gone, "GITHUB");
    const browser = new TestBrowser(app.url);
    const begun = await browser.visit(authorizeUrl(app, { connection_id: id }));
    const back = gone.answer(begun.location);
    await gone.stop();
    const outcome = outcomeOf(await browser.visit(back));
    expect([outcome.at, outcome.error]).toEqual(["app", "server_error"]);
  });

  test("with our own secret wrong", async () => {
    const id = await createSocialConnection(app, social, "GOOGLE", { client_secret: "wrong-social-secret" });
    const outcome = await socialSignIn(app, social, { connection_id: id });
    expectError(outcome, "failed_to_exchange_token", /incorrect_client_credentials/);
    expect(await toldSoFar(app)).not.toContain("wrong-social-secret");
  });

  test("that say no: the person declined", async () => {
    const declined = await signIn("google", {}, (back) => {
      back.searchParams.delete("code");
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "The user said no");
    });
    expectError(declined, "access_denied", /The user said no \(access_denied\)/);
  });
});

describe("answers that are not this sign-in's", () => {
  test("without a code, or with two", async () => {
    const without = await signIn("google", {}, (back) => back.searchParams.delete("code"));
    expectError(without, "failed_to_exchange_token", /not one code/);
    const two = await signIn("google", {}, (back) => back.searchParams.append("code", "another"));
    expectError(two, "failed_to_exchange_token", /not one code/);
  });

  test.each(["", "foreign"])("with the state %j end on a page", async (state) => {
    const outcome = await signIn("google", {}, (back) => back.searchParams.set("state", state));
    expect([outcome.at, outcome.status]).toEqual(["page", 400]);
  });

  test("of another connection, also when both lead to one provider", async () => {
    const other = await createSocialConnection(app, social, "GOOGLE");
    const outcome = await signIn("google", {}, (back) => {
      back.pathname = back.pathname.replace(ids.google, other);
    });
    expect([outcome.at, outcome.status]).toEqual(["page", 400]);
  });

  test.each(["oidc", "saml"])("at the address of another kind: %s", async (kind) => {
    const outcome = await signIn("google", {}, (back) => {
      back.pathname = back.pathname.replace("/oauth/", `/${kind}/`);
    });
    expect(outcome.code).toBe("");
    expect(outcome.error).not.toBe("server_error");
  });

  test("in another browser, and a second time in the same", async () => {
    const browser = new TestBrowser(app.url);
    const begun = await browser.visit(authorizeUrl(app, { connection_id: ids.google }));
    const back = social.answer(begun.location);
    expect((await new TestBrowser(app.url).visit(back)).status).toBe(400);
    social.profile.email_verified = false;
    const first = await browser.visit(back);
    expect(new URL(first.location).origin).toBe(new URL(callback).origin);
    social.profile.email_verified = true;
    expect((await browser.visit(back)).status).toBe(400);
  });

  test("too late", async () => {
    const browser = new TestBrowser(app.url);
    const begun = await browser.visit(authorizeUrl(app, { connection_id: ids.google }));
    app.advance(601);
    expect((await browser.visit(social.answer(begun.location))).status).toBe(400);
  });
});

describe("connections", () => {
  const errorOf = async (authorize: Record<string, string>) =>
    (await socialSignIn(app, social, authorize)).error;

  test("that are off, before the way there and on the way back", async () => {
    const off = await createSocialConnection(app, social, "GITLAB");
    const browser = new TestBrowser(app.url);
    const begun = await browser.visit(authorizeUrl(app, { connection_id: off }));
    await app.api(`/connections/${off}:disable`, { method: "PATCH" });
    const outcome = outcomeOf(await browser.visit(social.answer(begun.location)));
    expect(outcome.error).toBe("connection_not_active");
    expect(await errorOf({ connection_id: off })).toBe("connection_not_active");
    expect(await errorOf({ provider: "gitlab" })).toBe("connection_not_active");
  });

  test("that there are not: of a provider without one, of one that is none, of mail", async () => {
    for (const provider of ["salesforce", "myspace", "constructor", "google "])
      expect(await errorOf({ provider })).toBe("no_configured_connections");
    const body = { provider: "SCALEKIT", provider_key: "SCALEKIT", type: "PASSWORDLESS" };
    const mail = await app.api("/connections", { body });
    expect(await errorOf({ connection_id: mail.body.connection.id })).toBe("connection_not_active");
    const test = await fetch(`${app.url}/sso/v1/oauth/${mail.body.connection.id}/test`, {
      redirect: "manual",
    });
    expect(test.status).toBe(400);
  });

  test("of another environment's are not found", async () => {
    const { createEnvironment } = await import("../../testing/callers.ts");
    const other = await createEnvironment(app);
    const there = await other.api("/connections", { body: { provider: "SALESFORCE", type: "OAUTH" } });
    expect(there.status).toBe(201);
    expect(await errorOf({ provider: "salesforce" })).toBe("no_configured_connections");
    const { connection } = there.body as { connection: { id: string } };
    expect(await errorOf({ connection_id: connection.id })).toBe("invalid_connection_id");
  });
});
