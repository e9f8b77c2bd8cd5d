/** What /oauth/authorize refuses, and where the refusal goes: to the app, or on a page when the app is in doubt. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { readForm, TestBrowser } from "../../testing/browser.ts";
import { addClient } from "../../testing/oauth.ts";
import {
  authorizeUrl,
  callback,
  createSamlTenant,
  readAuthnRequest,
  type SamlTenant,
  samlSignIn,
} from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

async function authorize(values: Record<string, string>, extra = "") {
  const visit = await new TestBrowser(app.url).visit(authorizeUrl(app, values) + extra);
  const answer = visit.location === "" ? undefined : new URL(visit.location);
  return { visit, answer, query: answer?.searchParams ?? new URLSearchParams() };
}

describe("refusals that the app receives", () => {
  test.each([
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ response_type: "id_token" }, "unsupported_response_type"],
    [{ response_type: "code id_token" }, "unsupported_response_type"],
    [{ response_type: "none" }, "unsupported_response_type"],
    [{ response_type: "" }, "invalid_request"],
    [{ scope: "" }, "invalid_request"],
    [{ scope: "profile email" }, "invalid_scope"],
    [{ request: "eyJ" }, "request_not_supported"],
    [{ request_uri: "https://app.test/request" }, "request_uri_not_supported"],
    [{ response_mode: "fragment" }, "invalid_request"],
    [{ code_challenge: "a".repeat(43) }, "invalid_request"],
    [{ code_challenge: "a".repeat(43), code_challenge_method: "plain" }, "invalid_request"],
    [{ code_challenge: "short", code_challenge_method: "S256" }, "invalid_request"],
    [{ prompt: "sometimes" }, "invalid_request"],
    [{ prompt: "none login" }, "invalid_request"],
    [{ prompt: "none" }, "login_required"],
    [{ max_age: "-1" }, "invalid_request"],
    [{ max_age: "soon" }, "invalid_request"],
    [{ nonce: "n".repeat(1025) }, "invalid_request"],
    [{ provider: "google" }, "no_configured_connections"],
    [{ connection_id: "conn_000000000000000000" }, "invalid_connection_id"],
    [{ connection_id: "' or 1=1" }, "invalid_connection_id"],
    [{ organization_id: "org_000000000000000000" }, "invalid_organization_id"],
    [{ organization_id: "nonsense" }, "invalid_organization_id"],
  ] as [Record<string, string>, string][])("%j → %s", async (values, error) => {
    const { visit, answer, query } = await authorize(values);
    expect(visit.status).toBe(302);
    expect(`${answer?.origin}${answer?.pathname}`).toBe(callback);
    expect(query.get("error")).toBe(error);
    expect(query.get("state")).toBe("state-1");
    expect(query.get("iss")).toBe(app.url);
    expect(query.has("code")).toBe(false);
    // RFC 6749 section 4.1.2.1.
    expect(query.get("error_description")).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  test.each(["scope", "nonce", "code_challenge", "organization_id", "prompt", "response_type"])(
    "%s twice → invalid_request",
    async (name) => {
      const { query } = await authorize({ [name]: "code" }, `&${name}=code`);
      expect(query.get("error")).toBe("invalid_request");
      expect(query.get("error_description")).toContain(name);
    },
  );

  test("state twice → invalid_request without a state, as nobody knows which", async () => {
    const { query } = await authorize({}, "&state=other");
    expect(query.get("error")).toBe("invalid_request");
    expect(query.has("state")).toBe(false);
  });

  test("a connection that is off → connection_not_active, its organization → no sign-on there", async () => {
    const off = await createSamlTenant(app);
    await app.api(`/organizations/${off.organizationId}/connections/${off.connectionId}:disable`, {
      method: "PATCH",
    });
    const { query } = await authorize({ connection_id: off.connectionId });
    expect(query.get("error")).toBe("connection_not_active");
  });

  test("a client without the grant → unauthorized_client", async () => {
    const client = await addClient(app, { grantTypes: ["client_credentials"] });
    const { query } = await authorize({ client_id: client.id });
    expect(query.get("error")).toBe("unauthorized_client");
  });

  test.each([
    ["SPA", false],
    ["NTV", false],
    ["WEB_APP", true],
  ] as const)("%s (enforce_pkce %s) without a challenge → invalid_request", async (type, enforcePkce) => {
    const client = await addClient(app, { type, enforcePkce });
    const { query } = await authorize({ client_id: client.id });
    expect(query.get("error_description")).toContain("PKCE");
  });

  test("response_mode=form_post carries a refusal in a form", async () => {
    const { visit } = await authorize({ response_mode: "form_post", prompt: "none" });
    expect(visit.status).toBe(200);
    const { action, fields } = readForm(visit.body);
    expect(action).toBe(callback);
    expect(fields).toMatchObject({ error: "login_required", state: "state-1", iss: app.url });
  });

  test("response_mode=form_post to a scheme of the app's own answers in the URL", async () => {
    const client = await addClient(app, { postLoginUris: ["com.acme.app:/callback"] });
    const { visit } = await authorize({
      client_id: client.id,
      redirect_uri: "com.acme.app:/callback",
      response_mode: "form_post",
      prompt: "none",
    });
    expect(visit.status).toBe(302);
    expect(visit.location).toMatch(/^com\.acme\.app:\/callback\?error=login_required/);
  });
});

describe("refusals on a page", () => {
  test.each([
    ["an unknown client", { client_id: "skc_000000000000000000" }, "invalid_client"],
    ["no client", { client_id: "" }, "invalid_client"],
    ["a client id of 10 kB", { client_id: "x".repeat(10_000) }, "invalid_client"],
    ["another redirect URI", { redirect_uri: "https://evil.test/" }, "invalid_redirect_uri"],
    ["no redirect URI", { redirect_uri: "" }, "invalid_redirect_uri"],
    ["a script as redirect URI", { redirect_uri: "javascript:alert(1)" }, "invalid_redirect_uri"],
    ["a look-alike of localhost", { redirect_uri: "http://localhost.evil.test/" }, "invalid_redirect_uri"],
  ])("%s: 400 and no redirect", async (_, values, code) => {
    const { visit } = await authorize(values);
    expect(visit.status).toBe(400);
    expect(visit.location).toBe("");
    expect(visit.body).toContain(code);
    expect(visit.body).not.toContain("evil.test");
  });

  test.each(["client_id", "redirect_uri"])("%s twice: 400 and no redirect", async (name) => {
    const { visit } = await authorize({}, `&${name}=${encodeURIComponent(callback)}`);
    expect([visit.status, visit.location]).toEqual([400, ""]);
    expect(visit.body).toContain("invalid_request");
  });
});

describe("what is asked of the user", () => {
  test("no selector: the hosted page, with the address in it", async () => {
    const { answer } = await authorize({ login_hint: "ada@unknown.test" });
    expect(answer?.origin).toBe(app.url);
    expect(answer?.pathname).toBe("/a/auth/login");
    expect(answer?.searchParams.get("login_hint")).toBe("ada@unknown.test");
  });

  test.each([
    ["connection_id", () => tenant.connectionId],
    ["organization_id", () => tenant.organizationId],
    ["domain", () => tenant.domain],
    ["domain_hint", () => tenant.domain.toUpperCase()],
    ["login_hint", () => `ada@${tenant.domain}`],
  ])("%s leads to the identity provider", async (name, value) => {
    const { visit } = await authorize({ [name]: value() });
    expect(visit.location.startsWith(tenant.idp.ssoUrl)).toBe(true);
  });

  test("an unknown domain leads to the hosted page, and an organization without sign-on too", async () => {
    const organization = await app.api("/organizations", { body: { display_name: "Without SSO" } });
    for (const values of [
      { domain: "unknown.test" },
      { organization_id: organization.body.organization.id },
    ]) {
      const { answer } = await authorize(values as Record<string, string>);
      expect(answer?.pathname).toBe("/a/auth/login");
    }
  });
});

describe("a live session", () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    ({ browser } = await samlSignIn(app, tenant));
  });
  const again = async (values: Record<string, string>) => browser.visit(authorizeUrl(app, values));
  const codeOf = (location: string) => new URL(location).searchParams.get("code");

  test.each([[{}], [{ prompt: "none" }], [{ max_age: "3600" }], [{ prompt: "select_account" }]] as [
    Record<string, string>,
  ][])("answers %j with a code", async (values) => {
    expect(codeOf((await again(values)).location)).toMatch(/^.{43}$/);
  });

  test("answers by form_post with a code", async () => {
    const { fields } = readForm((await again({ response_mode: "form_post" })).body);
    expect(fields.code).toMatch(/^.{43}$/);
  });

  test.each([
    [{ prompt: "login" }],
    [{ prompt: "create" }],
    [{ max_age: "0" }],
    [{ login_hint: "eve@elsewhere.test" }],
  ] as [Record<string, string>][])("does not answer %j", async (values) => {
    expect(codeOf((await again(values)).location)).toBeNull();
    if ("prompt" in values) return;
    expect((await again({ ...values, prompt: "none" })).location).toContain("error=login_required");
  });

  test("does not answer for another organization or connection", async () => {
    const other = await createSamlTenant(app);
    for (const values of [{ organization_id: other.organizationId }, { connection_id: other.connectionId }]) {
      const { location } = await again({ ...values, prompt: "none" } as Record<string, string>);
      expect(location).toContain("error=login_required");
    }
  });

  test("does not take a fresh sign-in at one organization for one at another", async () => {
    const other = await createSamlTenant(app);
    const { browser: busy } = await samlSignIn(app, other);
    // As if the organization had been entered an hour ago, and the session renewed at another one since.
    await app.app.db
      .updateTable("session_organizations")
      .set({ authenticated_at: new Date(app.app.now().getTime() - 3_600_000) })
      .where("organization_id", "=", other.organizationId)
      .execute();
    const values = { organization_id: other.organizationId, prompt: "none" };
    const fresh = await busy.visit(authorizeUrl(app, { ...values, max_age: "60" }));
    expect(fresh.location).toContain("error=login_required");
    expect(codeOf((await busy.visit(authorizeUrl(app, values))).location)).not.toBeNull();
  });

  test("asks the identity provider for a fresh sign-in on prompt=login", async () => {
    const { location } = await again({ prompt: "login", connection_id: tenant.connectionId });
    expect(readAuthnRequest(location).xml).toContain('ForceAuthn="true"');
  });
});

test("a POST from the app's site is repeated as GET, so that the session counts", async () => {
  const { browser } = await samlSignIn(app, tenant);
  const form = Object.fromEntries(new URL(authorizeUrl(app, {})).searchParams);
  const posted = await browser.visit(`${app.url}/oauth/authorize`, { form, crossSite: true });
  expect(posted.status).toBe(303);
  expect(posted.headers.getSetCookie()).toEqual([]);
  const answered = await browser.visit(posted.location);
  expect(new URL(answered.location).searchParams.get("code")).toMatch(/^.{43}$/);
});

test("a POST refuses what a GET refuses", async () => {
  const browser = new TestBrowser(app.url);
  const { searchParams } = new URL(authorizeUrl(app, { response_type: "token" }));
  const visit = await browser.follow(`${app.url}/oauth/authorize`, {
    form: Object.fromEntries(searchParams),
  });
  expect(new URL(visit.location).searchParams.get("error")).toBe("unsupported_response_type");
  const unknown = await browser.follow(`${app.url}/oauth/authorize`, { form: { client_id: "skc_1" } });
  expect([unknown.status, unknown.location]).toEqual([400, ""]);
});
