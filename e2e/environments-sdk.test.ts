/**
 * Two environments of one install, each with its own official Node SDK: nothing of one is seen or usable in the other.
 */
import { Scalekit, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as install from "../packages/server/src/modules/environments/install.ts";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";
import { TestBrowser } from "../packages/server/src/testing/browser.ts";
import {
  authorizeUrl,
  callback,
  createSamlTenant,
  postToken,
  type SamlTenant,
  samlSignIn,
} from "../packages/server/src/testing/sign-in.ts";

interface Side {
  app: TestApp;
  sdk: Scalekit;
  tenant: SamlTenant;
  browser: TestBrowser;
  user: string;
  session: string;
  tokens: Record<string, string>;
}

let app: TestApp;
let one: Side;
let two: Side;
/** Each organization owns the same domain, and the same person signs in. */
const domain = "both-sides.com";

beforeAll(async () => {
  app = await startTestApp();
  one = await furnish(app);
  two = await furnish(await secondEnvironment());
}, 30_000);
afterAll(async () => app.stop());

/** A second environment, made over the API and moved to an address that this machine resolves. */
async function secondEnvironment(): Promise<TestApp> {
  const { body } = await app.api("/environments", { body: { display_name: "Second" } });
  const id: string = body.environment.id;
  const url = app.url.replace("localhost", "127.0.0.1");
  await install.setDomain(app.systemCtx(), id, new URL(url).host);
  const first = await app.api(`/environments/${id}:first_secret`, { body: {} });
  const { client_id: clientId, client_secret: clientSecret } = first.body;
  const token = () => tokenOf(url, clientId, clientSecret);
  const api: TestApp["api"] = async (path, init = {}) => {
    const headers = {
      authorization: `Bearer ${init.token ?? (await token())}`,
      "content-type": "application/json",
    };
    const method = init.method ?? (init.body === undefined ? "GET" : "POST");
    const body = init.body === undefined ? {} : { body: JSON.stringify(init.body) };
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...body });
    return { status: answer.status, body: await answer.json() };
  };
  return { ...app, url, clientId, clientSecret, environmentId: id, token, api };
}

async function tokenOf(url: string, clientId: string, clientSecret: string): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const answer = await fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function furnish(app: TestApp): Promise<Side> {
  const sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  const uris = { post_login_uris: [callback] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body: uris });
  const tenant = await createSamlTenant(app, { domain });
  return { app, sdk, tenant, ...(await signIn(app, tenant)) };
}

async function signIn(app: TestApp, tenant: SamlTenant) {
  const browser = new TestBrowser(app.url);
  const { answer } = await samlSignIn(app, tenant, { email: `ada@${domain}`, browser });
  const code = answer.get("code") ?? "";
  const { body: tokens } = await postToken(app, {
    grant_type: "authorization_code",
    code,
    redirect_uri: callback,
  });
  const { sub = "", sid } = decodeJwt(tokens.access_token ?? "");
  return { browser, tokens, user: sub, session: String(sid) };
}

const sides = () =>
  [
    [one, two],
    [two, one],
  ] as const;

describe("of the other environment", () => {
  test("tokens are refused, each has its own issuer and keys", async () => {
    for (const [here, there] of sides()) {
      const access = there.tokens.access_token ?? "";
      expect(decodeJwt(access).iss).toBe(there.app.url);
      expect(await there.sdk.validateAccessToken(access)).toBe(true);
      await expect(here.sdk.validateToken(access)).rejects.toThrow();
      for (const token of [access, await there.app.token()])
        expect((await here.app.api("/organizations", { token })).status).toBe(401);
      const userinfo = await fetch(`${here.app.url}/userinfo`, {
        headers: { authorization: `Bearer ${access}` },
      });
      expect(userinfo.status).toBe(401);
      const rotated = await postToken(here.app, {
        grant_type: "refresh_token",
        refresh_token: there.tokens.refresh_token ?? "",
      });
      expect(rotated).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    }
    const [keysOne, keysTwo] = await Promise.all(
      [one, two].map(async ({ app }) => (await fetch(`${app.url}/keys`)).text()),
    );
    expect(keysOne).not.toBe(keysTwo);
  });

  test("credentials and codes are refused", async () => {
    for (const [here, there] of sides()) {
      const stranger = new Scalekit(here.app.url, there.app.clientId, there.app.clientSecret);
      const listed = stranger.organization.listOrganization({ pageSize: 10 });
      await expect(listed).rejects.toMatchObject({ response: { status: 401 } });
      const { answer } = await samlSignIn(there.app, there.tenant);
      const redeemed = await postToken(here.app, {
        grant_type: "authorization_code",
        code: answer.get("code") ?? "",
        redirect_uri: callback,
      });
      expect(redeemed).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    }
  });

  test("a browser's session is none", async () => {
    for (const [here, there] of sides()) {
      const browser = new TestBrowser(here.app.url);
      for (const [name, value] of there.browser.cookies) browser.cookies.set(name, value);
      const asked = authorizeUrl(here.app, { prompt: "none", connection_id: here.tenant.connectionId });
      const { location } = await browser.visit(asked);
      expect(new URL(location).searchParams.get("error")).toBe("login_required");
    }
  });

  test("organizations, users, sessions and connections are not there", async () => {
    for (const [here, there] of sides()) {
      const { sdk } = here;
      const { organizationId, connectionId } = there.tenant;
      const attempts = [
        () => sdk.organization.getOrganization(organizationId),
        () => sdk.organization.updateOrganization(organizationId, { displayName: "taken over" }),
        () => sdk.organization.deleteOrganization(organizationId),
        () => sdk.connection.getConnection(organizationId, connectionId),
        () => sdk.connection.disableConnection(organizationId, connectionId),
        () => sdk.session.getSession(there.session),
        () => sdk.session.revokeSession(there.session),
        () => sdk.session.getUserSessions(there.user),
        () => sdk.session.revokeAllUserSessions(there.user),
      ];
      for (const attempt of attempts)
        await expect(attempt()).rejects.toBeInstanceOf(ScalekitNotFoundException);
      const { organizations } = await sdk.organization.listOrganization({ pageSize: 100 });
      expect(organizations.map(({ id }) => id)).toContain(here.tenant.organizationId);
      expect(organizations.map(({ id }) => id)).not.toContain(organizationId);
      expect((await there.sdk.session.getSession(there.session)).status).toBe("active");
    }
  });

  test("a domain leads to the connection of this one, whose metadata and addresses are its own", async () => {
    for (const [here, there] of sides()) {
      const { connections } = await here.sdk.connection.listConnectionsByDomain(domain);
      expect(connections.map(({ id }) => id)).toEqual([here.tenant.connectionId]);
      expect(here.tenant.acsUrl.startsWith(`${here.app.url}/`)).toBe(true);
      const metadata = (app: TestApp) => fetch(`${app.url}/sso/v1/saml/${here.tenant.connectionId}/metadata`);
      expect((await metadata(here.app)).status).toBe(200);
      expect((await metadata(there.app)).status).not.toBe(200);
    }
  });

  test("a response of an identity provider begins nothing here", async () => {
    for (const [here, there] of sides()) {
      const asked = authorizeUrl(here.app, { connection_id: there.tenant.connectionId });
      const { location, status } = await new TestBrowser(here.app.url).visit(asked);
      expect(location === "" ? status : new URL(location).searchParams.get("error")).toBe(
        "invalid_connection_id",
      );
      const assertion = await there.tenant.idp.issueResponse({
        acsUrl: there.tenant.acsUrl,
        audience: there.tenant.entityId,
        nameId: `ada@${domain}`,
        attributes: { email: `ada@${domain}` },
        now: app.app.now(),
      });
      const acs = there.tenant.acsUrl.replace(there.app.url, here.app.url);
      const browser = new TestBrowser(here.app.url);
      const answer = await browser.follow(acs, { form: { SAMLResponse: assertion }, crossSite: true });
      expect(answer.location).not.toContain("code=");
      expect(browser.cookies.has("gh_session")).toBe(false);
    }
  });
});

describe("the sessions of a user", () => {
  test("end all at once, in this environment only", async () => {
    const ended = await one.sdk.session.revokeAllUserSessions(one.user);
    expect(ended.totalRevoked).toBeGreaterThan(0);
    expect((await two.sdk.session.getSession(two.session)).status).toBe("active");
  });

  test.each([[""], ["nobody"], ["ses_100000000000000001"], ["usr_100000000000000001"]])(
    "of %j give an error",
    async (id) => {
      const { session } = one.sdk;
      for (const call of [
        () => session.getSession(id),
        () => session.revokeSession(id),
        () => session.getUserSessions(id),
        () => session.revokeAllUserSessions(id),
      ])
        await expect(call()).rejects.toThrow();
    },
  );
});
