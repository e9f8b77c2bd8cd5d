/** Signing in through social providers: what is asked of each, who comes back, and where they go from there. */
import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createOrganization } from "../../testing/connections.ts";
import { redemption } from "../../testing/oauth.ts";
import { startOidcOp } from "../../testing/oidc-op.ts";
import { issue, postSaml } from "../../testing/saml-leg.ts";
import { authorizeUrl, createSamlTenant, postToken, readAuthnRequest } from "../../testing/sign-in.ts";
import { addMember, createSocialConnection, type SocialName, socialSignIn } from "../../testing/social.ts";
import {
  type SocialProvider,
  socialClient,
  startSocialProvider,
  tenant,
} from "../../testing/social-provider.ts";

let app: TestApp;
let social: SocialProvider;
let organizationId: string;
const ids = new Map<SocialName, string>();
const names: SocialName[] = ["GITHUB", "GITLAB", "GOOGLE", "LINKEDIN", "MICROSOFT", "SALESFORCE"];
const email = "ada@people.example";

beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" });
  social = await startSocialProvider(() => app.app.now());
  for (const name of names) ids.set(name, await createSocialConnection(app, social, name));
  organizationId = await createOrganization(app);
  await addMember(app, organizationId, email);
});
afterAll(async () => Promise.all([app.stop(), social.stop()]));

beforeEach(() => beAda(email));

/** Ada as each provider knows her. */
function beAda(address: string, verified = true): void {
  social.asked.length = 0;
  social.profile = {
    ...{ id: 42, login: "ada", avatar_url: "https://pictures.example/ada" },
    ...{ sub: "ada-1", name: "Ada Lovelace", given_name: "Ada", family_name: "Lovelace" },
    ...{ email: address, email_verified: verified },
  };
  social.emails = [
    { email: "old@people.example", primary: false, verified: true },
    { email: address, primary: true, verified },
  ];
  social.idToken = { sub: "pairwise", oid: "oid-1", email: address, ...(verified && { xms_edov: true }) };
}

const subjects: Record<SocialName, string> = {
  GITHUB: "42",
  GITLAB: "ada-1",
  GOOGLE: "ada-1",
  LINKEDIN: "ada-1",
  MICROSOFT: `${tenant}/oid-1`,
  SALESFORCE: "ada-1",
};

async function tokensOf(code: string) {
  const { body } = await postToken(app, redemption(code));
  return decodeJwt(body.id_token ?? "");
}

test.each(names)("%s, chosen by provider=: a member comes in, known by the stable subject", async (name) => {
  const { code, asked } = await socialSignIn(app, social, { provider: name.toLowerCase() });
  expect(asked.get("client_id")).toBe(socialClient.client_id);
  expect(asked.get("redirect_uri")).toBe(`${app.url}/sso/v1/oauth/${ids.get(name)}/callback`);
  const claims = await tokensOf(code);
  expect(claims).toMatchObject({ email, oid: organizationId, amr: [ids.get(name)] });
  const { subject } = await app.app.db
    .selectFrom("external_identities")
    .select("subject")
    .where("connection_id", "=", ids.get(name) ?? "")
    .executeTakeFirstOrThrow();
  expect(subject).toBe(subjects[name]);
});

describe("the authorization request", () => {
  const askedOf = async (authorize: Record<string, string>) =>
    (await socialSignIn(app, social, authorize)).asked;

  test("asks for what each provider has, with PKCE where it takes it", async () => {
    const scopes = Object.fromEntries(
      await Promise.all(
        names.map(async (name) => {
          const asked = await askedOf({ provider: name.toLowerCase() });
          return [name, [asked.get("scope"), asked.get("code_challenge_method")]];
        }),
      ),
    );
    const standard = ["openid email profile", "S256"];
    expect(scopes).toEqual({
      GITHUB: ["read:user user:email", "S256"],
      ...{ GITLAB: standard, GOOGLE: standard, MICROSOFT: standard, SALESFORCE: standard },
      LINKEDIN: ["openid email profile", null],
    });
  });

  test("carries the connection's own wishes, beside what the protocol needs", async () => {
    const id = await createSocialConnection(app, social, "GOOGLE", {
      scopes: ["email"],
      ...{ prompt: "consent", access_type: "offline", token_access_type: "online", pkce_enabled: false },
      optional_scopes: { scopes: ["a", "b"], field_name: "optional_scope" },
      extensions: { extra_authorize_params: { hd: "acme.com", audience: "x&state=evil" } },
    });
    const asked = await askedOf({ connection_id: id, login_hint: "ada@nowhere.example" });
    expect(Object.fromEntries(asked)).toEqual({
      ...{ response_type: "code", client_id: socialClient.client_id, state: expect.any(String) },
      ...{ redirect_uri: `${app.url}/sso/v1/oauth/${id}/callback`, scope: "email openid" },
      ...{ prompt: "consent", access_type: "offline", token_access_type: "online" },
      ...{ optional_scope: "a b", hd: "acme.com", audience: "x&state=evil" },
      login_hint: "ada@nowhere.example",
    });
  });

  test("asks for a fresh sign-in in the way that the provider knows", async () => {
    const prompt = async (provider: string) => (await askedOf({ provider, prompt: "login" })).get("prompt");
    expect(await prompt("microsoft")).toBe("login");
    expect(await prompt("google")).toBe("select_account");
    expect(await prompt("linkedin")).toBeNull();
  });

  test("sends Microsoft's tenant, and the verifier of its challenge", async () => {
    const id = await createSocialConnection(app, social, "MICROSOFT", { tenant_id: tenant });
    const { asked, code } = await socialSignIn(app, social, { connection_id: id });
    expect(code).not.toBe("");
    const exchange = social.asked.find(({ path }) => path.endsWith("/token"));
    expect(exchange?.path).toBe(`/${tenant}/oauth2/v2.0/token`);
    const hash = createHash("sha256")
      .update(exchange?.form.get("code_verifier") ?? "")
      .digest("base64url");
    expect(asked.get("code_challenge")).toBe(hash);
    expect(asked.get("nonce")).not.toBeNull();
  });
});

describe("full stack: where a person enters", () => {
  test("known by the subject: a changed address at the provider changes nothing", async () => {
    const first = await tokensOf((await socialSignIn(app, social, { provider: "github" })).code);
    beAda("someone-else@people.example", false);
    const second = await tokensOf((await socialSignIn(app, social, { provider: "github" })).code);
    expect([second.sub, second.email]).toEqual([first.sub, email]);
  });

  test("in several organizations: the one that is asked for, and none unasked", async () => {
    const address = "grace@people.example";
    const [a, b] = [await createOrganization(app), await createOrganization(app)];
    await addMember(app, a, address);
    await addMember(app, b, address);
    beAda(address);
    social.profile.sub = "grace";
    const unasked = await socialSignIn(app, social, { provider: "google" });
    expect(unasked.error).toBe("account_selection_required");
    const asked = await socialSignIn(app, social, { provider: "google", organization_id: b });
    expect((await tokensOf(asked.code)).oid).toBe(b);
  });

  test("a session of it serves the next app without the provider", async () => {
    const { browser } = await socialSignIn(app, social, { provider: "google" });
    const silent = await browser.visit(authorizeUrl(app, { provider: "google", prompt: "none" }));
    expect(new URL(silent.location).searchParams.get("code")).not.toBeNull();
  });
});

describe("full stack: an organization that signs its people in itself", () => {
  test("gets them after social sign-in, too, and lets newcomers in", async () => {
    const sso = await createSamlTenant(app);
    const address = `mia@${sso.domain}`;
    beAda(address, false);
    social.profile.id = 77;
    const sent = await socialSignIn(app, social, { provider: "github" });
    expect(sent.location.split("?")[0]).toBe(sso.idp.ssoUrl);
    const request = readAuthnRequest(sent.location);
    const leg = {
      browser: sent.browser,
      requestId: request.id,
      relayState: request.relayState,
      xml: request.xml,
    };
    const done = await postSaml(sso, leg, await issue(app, sso, leg, { nameId: address }));
    const claims = await tokensOf(done.code);
    expect(claims).toMatchObject({ email: address, oid: sso.organizationId, amr: [sso.connectionId] });
  });

  test("is not passed by with another organization's id", async () => {
    const sso = await createSamlTenant(app);
    const address = `mia@${sso.domain}`;
    await addMember(app, organizationId, address);
    beAda(address);
    social.profile.sub = "mia";
    const authorize = { provider: "gitlab", organization_id: organizationId };
    expect((await socialSignIn(app, social, authorize)).error).toBe("sso_required");
  });
});

test("a certified provider of another make lets a member in, as GitLab would", async () => {
  const op = await startOidcOp();
  op.people.set(email, { sub: "ada-at-op", email, email_verified: true, given_name: "Ada" });
  const id = await createSocialConnection(app, social, "GITLAB", {
    ...{
      authorize_uri: `${op.issuer}/auth`,
      token_uri: `${op.issuer}/token`,
      user_info_uri: `${op.issuer}/me`,
    },
  });
  op.register({
    ...socialClient,
    redirect_uris: [`${app.url}/sso/v1/oauth/${id}/callback`],
    token_endpoint_auth_method: "client_secret_post",
  });
  const browser = new TestBrowser(app.url);
  const begun = await browser.visit(authorizeUrl(app, { connection_id: id, login_hint: email }));
  const done = await browser.visit(await op.signIn(begun.location));
  const claims = await tokensOf(new URL(done.location).searchParams.get("code") ?? "");
  expect(claims).toMatchObject({ email, oid: organizationId, amr: [id] });
  await op.stop();
});

test("a test of the connection shows who came back", async () => {
  const id = await createSocialConnection(app, social, "GITHUB");
  const { body } = await app.api(`/connections/${id}`);
  expect(body.connection.test_connection_uri).toBe(`${app.url}/sso/v1/oauth/${id}/test`);
  const browser = new TestBrowser(app.url);
  const begun = await browser.visit(body.connection.test_connection_uri);
  const done = await browser.visit(social.answer(begun.location));
  const shown = await browser.visit(done.location);
  expect(shown.body).toContain("The connection works");
  expect(shown.body).toContain(email);
});

describe("modular", () => {
  beforeAll(async () => {
    await app.api("/features/fsa/disable", { method: "POST", body: {} });
  });
  afterAll(async () => {
    await app.api("/features/fsa/enable", { method: "POST", body: {} });
  });

  test("the app gets the identity of no organization, with what the provider says of the address", async () => {
    const sso = await createSamlTenant(app);
    const address = `mia@${sso.domain}`;
    beAda(address);
    const authorize = { provider: "github", organization_id: "org_1" };
    const claims = await tokensOf((await socialSignIn(app, social, authorize)).code);
    expect(claims).toMatchObject({
      ...{ sub: `${ids.get("GITHUB")};42`, oid: "", amr: [ids.get("GITHUB")] },
      ...{ email: address, email_verified: true, given_name: "Ada", family_name: "Lovelace" },
      ...{ preferred_username: "ada", picture: "https://pictures.example/ada" },
    });
  });

  test("an address that is not verified is marked so: whether it counts is the app's to say", async () => {
    beAda(email, false);
    for (const provider of ["github", "google", "microsoft"]) {
      const claims = await tokensOf((await socialSignIn(app, social, { provider })).code);
      expect(claims.email_verified).toBe(false);
    }
  });

  test("an address that a mapping took from elsewhere is not verified", async () => {
    const id = await createSocialConnection(app, social, "GOOGLE");
    const mapping = { provider: "GOOGLE", type: "OAUTH", attribute_mapping: { email: "work_email" } };
    await app.api(`/connections/${id}`, { method: "PATCH", body: mapping });
    social.profile.work_email = "boss@acme.example";
    const claims = await tokensOf((await socialSignIn(app, social, { connection_id: id })).code);
    expect(claims).toMatchObject({ email: "boss@acme.example", email_verified: false });
  });
});
