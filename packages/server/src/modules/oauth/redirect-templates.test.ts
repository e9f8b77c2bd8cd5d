/** Redirect URIs that an organization fills in: which organization counts, on the way in and on the way out. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import type { TestBrowser } from "../../testing/browser.ts";
import {
  authorizeUrl,
  createSamlTenant,
  postToken,
  type SamlTenant,
  samlSignIn,
} from "../../testing/sign-in.ts";

let app: TestApp;
let acme: SamlTenant;
let globex: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  acme = await createSamlTenant(app);
  globex = await createSamlTenant(app);
  await describeAs(acme, {
    slug: "acme",
    external_id: "customer 1",
    metadata: { custom_domain: "id.acme.com" },
  });
  await describeAs(globex, { slug: "globex.com" });
  const body = {
    post_login_uris: [
      "https://{{org_slug}}.app.test/cb",
      "https://{{custom_domain}}/cb",
      "https://app.test/{{external_id}}/cb",
      "https://{{ slug ?? 'www' }}.help.test/cb",
    ],
    post_logout_redirect_uris: ["https://{{org_slug}}.app.test/bye"],
    initiate_login_uri: "https://{{org_slug}}.app.test/login",
  };
  const { status } = await app.api(`/clients/${app.clientId}`, { method: "PATCH", body });
  expect(status).toBe(200);
});
afterAll(async () => app.stop());

async function describeAs(tenant: SamlTenant, body: object) {
  await app.api(`/organizations/${tenant.organizationId}`, { method: "PATCH", body });
}

/** 302 on to the identity provider, or 400 and a page. */
async function ask(redirectUri: string, values: Record<string, string>): Promise<number> {
  const url = authorizeUrl(app, { redirect_uri: redirectUri, ...values });
  return (await fetch(url, { redirect: "manual" })).status;
}

const home = "https://acme.app.test/cb";

describe("the organization that the app asks for", () => {
  test.each([
    home,
    "https://id.acme.com/cb",
    "https://app.test/customer%201/cb",
    "https://acme.help.test/cb",
  ])("fills in %s", async (uri) =>
    expect(await ask(uri, { organization_id: acme.organizationId })).toBe(302),
  );

  test("may be named beside its own connection", async () => {
    const both = { organization_id: acme.organizationId, connection_id: acme.connectionId };
    expect(await ask(home, both)).toBe(302);
  });

  test("gets its code there, and redeems it", async () => {
    const { visit, answer } = await signIn(acme);
    expect(visit.location).toMatch(/^https:\/\/acme\.app\.test\/cb\?/);
    const form = { grant_type: "authorization_code", code: answer.get("code") ?? "", redirect_uri: home };
    expect((await postToken(app, form)).status).toBe(200);
  });
});

describe("nobody is sent", () => {
  test.each([
    ["without an organization", home, () => ({})],
    ["for the domain alone", home, () => ({ domain: acme.domain })],
    ["for a connection alone", home, () => ({ connection_id: acme.connectionId })],
    ["for another organization", home, () => ({ organization_id: globex.organizationId })],
    [
      "for a connection of another",
      home,
      () => ({ organization_id: acme.organizationId, connection_id: globex.connectionId }),
    ],
    [
      "for a connection that there is not",
      "https://evil.test/cb",
      () => ({ organization_id: acme.organizationId, connection_id: "conn_100000000000000001" }),
    ],
    ["for an unknown organization", home, () => ({ organization_id: "org_100000000000000001" })],
    [
      "to the template itself",
      "https://app.test/{{external_id}}/cb",
      () => ({ organization_id: acme.organizationId }),
    ],
    ["beside the address", "https://acme.app.test/cb/", () => ({ organization_id: acme.organizationId })],
    [
      "where two labels would fill one",
      "https://globex.com.app.test/cb",
      () => ({ organization_id: globex.organizationId }),
    ],
    [
      "where the value is missing",
      "https://app.test//cb",
      () => ({ organization_id: globex.organizationId }),
    ],
  ])("%s", async (_, uri, values) => expect(await ask(uri, values())).toBe(400));

  test("when the organization is named twice", async () => {
    const url = `${authorizeUrl(app, { redirect_uri: home, organization_id: acme.organizationId })}&organization_id=x`;
    expect((await fetch(url, { redirect: "manual" })).status).toBe(400);
  });

  test("in modular mode through a provider that serves all organizations", async () => {
    await app.api("/features/fsa/disable", { method: "POST" });
    try {
      const values = { organization_id: acme.organizationId, provider: "github" };
      expect(await ask(home, values)).toBe(400);
      expect(await ask(home, { organization_id: acme.organizationId })).toBe(302);
    } finally {
      await app.api("/features/fsa/enable", { method: "POST", body: {} });
    }
  });
});

describe("after a logout", () => {
  const bye = "https://acme.app.test/bye";
  const leave = (browser: TestBrowser, uri: string) =>
    browser.visit(`${app.url}/oidc/logout?${new URLSearchParams({ post_logout_redirect_uri: uri })}`);

  test("the session that ends says which organization it is", async () => {
    const { browser } = await signIn(acme);
    expect((await leave(browser, bye)).location).toBe(bye);
  });

  test("there is none any more, so the second logout goes nowhere", async () => {
    const { browser } = await signIn(acme);
    await leave(browser, bye);
    expect((await leave(browser, bye)).status).toBe(400);
  });

  test("of another organization, it is not this one's address", async () => {
    const { browser } = await signIn(acme);
    const visit = await leave(browser, "https://globex.app.test/bye");
    expect([visit.status, visit.location]).toEqual([400, ""]);
  });
});

test("a sign-in that the identity provider begins is taken up at the organization's own address", async () => {
  const response = await acme.idp.issueResponse({
    acsUrl: acme.acsUrl,
    audience: acme.entityId,
    nameId: `ada@${acme.domain}`,
    attributes: { email: `ada@${acme.domain}` },
    now: app.app.now(),
  });
  const body = new URLSearchParams({ SAMLResponse: response });
  const answer = await fetch(acme.acsUrl, { method: "POST", body, redirect: "manual" });
  expect(answer.headers.get("location")).toMatch(/^https:\/\/acme\.app\.test\/login\?idp_initiated_login=/);
});

function signIn(tenant: SamlTenant) {
  return samlSignIn(app, tenant, {
    authorize: { organization_id: tenant.organizationId, redirect_uri: home },
  });
}
