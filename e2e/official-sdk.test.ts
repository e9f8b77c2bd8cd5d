/**
 * The official Node SDK, unmodified, against this server: it is given what data/credentials.env holds and nothing
 * else, manages organizations, and signs a user in by SAML.
 */
import {
  Scalekit,
  ScalekitBadRequestException,
  ScalekitConflictException,
  ScalekitNotFoundException,
  ScalekitServerException,
  ScalekitUnauthorizedException,
  ScalekitValidateTokenFailureException,
} from "@scalekit-sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";
import { TestBrowser } from "../packages/server/src/testing/browser.ts";
import { createSamlIdp } from "../packages/server/src/testing/saml-idp.ts";
import { callback, readAuthnRequest } from "../packages/server/src/testing/sign-in.ts";

const home = "http://localhost:5555/goodbye";
const domain = "sdk-acme.com";
const email = `ada@${domain}`;
const idp = createSamlIdp({ entityId: "https://idp.sdk-acme.com/metadata" });

let app: TestApp;
let sdk: Scalekit;
let organizationId: string;
let connectionId: string;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  const uris = { post_login_uris: [callback], post_logout_redirect_uris: [home] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body: uris });
});
afterAll(async () => app.stop());

describe("organizations and domains", () => {
  test("are created, read, listed and changed", async () => {
    const created = await sdk.organization.createOrganization("SDK Acme", {
      externalId: "sdk-1",
      slug: "sdk-acme",
    });
    organizationId = created.organization?.id ?? "";
    expect(organizationId).toMatch(/^org_\d{18}$/);
    expect((await sdk.organization.getOrganization(organizationId)).organization?.displayName).toBe(
      "SDK Acme",
    );
    expect((await sdk.organization.getOrganizationByExternalId("sdk-1")).organization?.id).toBe(
      organizationId,
    );
    const listed = await sdk.organization.listOrganization({ pageSize: 1 });
    expect(listed.organizations.map((each) => each.id)).toEqual([organizationId]);
    const next = await sdk.organization.listOrganization({ pageSize: 1, pageToken: listed.nextPageToken });
    expect(next.organizations.map((each) => each.id)).not.toContain(organizationId);
    const metadata = { custom_domain: "id.sdk-acme.com" };
    const updated = await sdk.organization.updateOrganization(organizationId, {
      displayName: "SDK Acme 2",
      metadata,
    });
    expect(updated.organization).toMatchObject({ displayName: "SDK Acme 2", metadata, externalId: "sdk-1" });
    await sdk.organization.updateOrganizationByExternalId("sdk-1", { displayName: "SDK Acme" });
    expect((await sdk.organization.getOrganization(organizationId)).organization?.displayName).toBe(
      "SDK Acme",
    );
  });

  test("have domains of both types", async () => {
    expect((await sdk.domain.listDomains(organizationId)).domains).toEqual([]);
    const added = await sdk.domain.createDomain(organizationId, domain);
    expect(added.domain).toMatchObject({ domain, organizationId });
    const allowed = await sdk.domain.createDomain(organizationId, "sdk-partner.com", {
      domainType: "ALLOWED_EMAIL_DOMAIN",
    });
    const own = await sdk.domain.listDomains(organizationId, { domainType: "ORGANIZATION_DOMAIN" });
    expect(own.domains.map((each) => each.domain)).toEqual([domain]);
    const id = allowed.domain?.id ?? "";
    expect((await sdk.domain.getDomain(organizationId, id)).domain?.domain).toBe("sdk-partner.com");
    await sdk.domain.deleteDomain(organizationId, id);
    await expect(sdk.domain.getDomain(organizationId, id)).rejects.toBeInstanceOf(ScalekitNotFoundException);
  });
});

describe("connections", () => {
  test("set up over REST are listed by organization and by domain", async () => {
    const path = `/organizations/${organizationId}/connections`;
    const created = await app.api(path, { body: { provider: "OKTA", type: "SAML" } });
    connectionId = created.body.connection.id;
    const samlConfig = {
      idp_entity_id: idp.entityId,
      idp_sso_url: idp.ssoUrl,
      idp_certificate: idp.certificate,
    };
    const body = { provider: "OKTA", type: "SAML", configuration_type: "MANUAL", saml_config: samlConfig };
    expect((await app.api(`${path}/${connectionId}`, { method: "PATCH", body })).status).toBe(200);
    expect((await app.api(`${path}/${connectionId}:enable`, { method: "PATCH" })).body).toEqual({
      enabled: true,
    });
    const byOrganization = await sdk.connection.listConnections(organizationId);
    const byDomain = await sdk.connection.listConnectionsByDomain(domain);
    for (const { connections } of [byOrganization, byDomain]) {
      expect(connections.map((each) => each.id)).toEqual([connectionId]);
    }
    expect(Array.isArray((await sdk.connection.listConnectionsByDomain("example.com")).connections)).toBe(
      true,
    );
    const { connection } = await sdk.connection.getConnection(organizationId, connectionId);
    expect(connection).toMatchObject({ id: connectionId, enabled: true });
  });

  test("are switched off and on", async () => {
    expect((await sdk.connection.disableConnection(organizationId, connectionId)).enabled).toBe(false);
    expect((await sdk.connection.listConnections(organizationId)).connections).toEqual([]);
    expect((await sdk.connection.enableConnection(organizationId, connectionId)).enabled).toBe(true);
  });
});

describe("a sign-in", () => {
  const browser = { current: undefined as TestBrowser | undefined };
  const tokens = { id: "", access: "", refresh: "" };

  /** The identity provider's part: from the SDK's authorization URL to the app's callback. */
  async function signIn(url: string): Promise<URLSearchParams> {
    const visitor = new TestBrowser(app.url);
    browser.current = visitor;
    const request = readAuthnRequest((await visitor.follow(url)).location);
    const { connection } = await sdk.connection.getConnection(organizationId, connectionId);
    if (connection?.settings.case !== "samlConfig") throw new Error("the connection is no SAML connection");
    const { spEntityId, spAssertionUrl } = connection.settings.value;
    const response = await idp.issueResponse({
      acsUrl: spAssertionUrl,
      audience: spEntityId,
      inResponseTo: request.id,
      nameId: email,
      attributes: { email, firstName: "Ada", lastName: "Lovelace" },
      now: app.app.now(),
    });
    const form = { SAMLResponse: response, RelayState: request.relayState };
    const { location } = await visitor.follow(spAssertionUrl, { form, crossSite: true });
    return new URL(location).searchParams;
  }

  test.each(["organizationId", "connectionId", "loginHint", "domainHint"])(
    "starts by %s",
    async (selector) => {
      const values = { organizationId, connectionId, loginHint: email, domainHint: domain };
      const chosen = { [selector]: values[selector as keyof typeof values] };
      const answer = await signIn(sdk.getAuthorizationUrl(callback, { ...chosen, state: "state-7" }));
      expect(answer.get("state")).toBe("state-7");
      expect(answer.get("code")).toMatch(/^.{43}$/);
    },
  );

  test("gives the app a user and tokens that the SDK finds valid", async () => {
    const scopes = ["openid", "profile", "email", "offline_access"];
    const answer = await signIn(sdk.getAuthorizationUrl(callback, { organizationId, scopes }));
    const result = await sdk.authenticateWithCode(answer.get("code") ?? "", callback);
    expect(result.user).toMatchObject({ email, givenName: "Ada", familyName: "Lovelace" });
    // Some seconds may have passed since the token's `iat`.
    expect(result.expiresIn).toBeGreaterThan(240);
    expect(result.expiresIn).toBeLessThanOrEqual(300);
    Object.assign(tokens, { id: result.idToken, access: result.accessToken, refresh: result.refreshToken });
    const claims = await sdk.validateToken<{ oid: string; sub: string }>(tokens.access, {
      issuer: app.url,
      audience: [app.clientId],
    });
    expect(claims).toMatchObject({ oid: organizationId, sub: expect.stringMatching(/^usr_/) });
    expect(await sdk.validateAccessToken(tokens.access, { requiredScopes: ["openid", "email"] })).toBe(true);
    expect(await sdk.validateAccessToken(tokens.access, { requiredScopes: ["admin"] })).toBe(false);
    expect(await sdk.validateAccessToken(`${tokens.access.slice(0, -4)}AAAA`)).toBe(false);
    await expect(sdk.validateToken("no token")).rejects.toBeInstanceOf(ScalekitValidateTokenFailureException);
  });

  test("is refused a code that was used, is made up, or belongs to another redirect URI", async () => {
    const answer = await signIn(sdk.getAuthorizationUrl(callback, { organizationId }));
    const code = answer.get("code") ?? "";
    await sdk.authenticateWithCode(code, callback);
    // The SDK hands on what its HTTP client throws here.
    const refused = { response: { status: 400, data: { error: "invalid_grant" } } };
    await expect(sdk.authenticateWithCode(code, callback)).rejects.toMatchObject(refused);
    await expect(sdk.authenticateWithCode("made-up", callback)).rejects.toMatchObject(refused);
    const second = await signIn(sdk.getAuthorizationUrl(callback, { organizationId }));
    await expect(sdk.authenticateWithCode(second.get("code") ?? "", home)).rejects.toMatchObject(refused);
  });

  test("goes on by refresh tokens, and ends at the logout URL", async () => {
    const answer = await signIn(
      sdk.getAuthorizationUrl(callback, { organizationId, scopes: ["openid", "offline_access"] }),
    );
    const first = await sdk.authenticateWithCode(answer.get("code") ?? "", callback);
    const second = await sdk.refreshAccessToken(first.refreshToken);
    expect(await sdk.validateAccessToken(second.accessToken)).toBe(true);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const url = sdk.getLogoutUrl({ idTokenHint: first.idToken, postLogoutRedirectUri: home, state: "bye" });
    const goodbye = await browser.current?.follow(url);
    expect(goodbye?.location).toBe(`${home}?state=bye`);
    await expect(sdk.refreshAccessToken(second.refreshToken)).rejects.toThrow(/status code 400/);
    const silent = await browser.current?.visit(
      sdk.getAuthorizationUrl(callback, { organizationId, prompt: "none" }),
    );
    expect(new URL(silent?.location ?? "").searchParams.get("error")).toBe("login_required");
  });
});

describe("errors", () => {
  test("arrive as the SDK's exceptions", async () => {
    const { organization, domain: domains } = sdk;
    await expect(organization.getOrganization("org_100000000000000001")).rejects.toBeInstanceOf(
      ScalekitNotFoundException,
    );
    await expect(organization.createOrganization("")).rejects.toMatchObject({
      errorCode: "INVALID_ARGUMENT",
    });
    await expect(organization.createOrganization("")).rejects.toBeInstanceOf(ScalekitBadRequestException);
    const twice = organization.createOrganization("Again", { externalId: "sdk-1" });
    await expect(twice).rejects.toBeInstanceOf(ScalekitConflictException);
    await expect(organization.createOrganization("Again", { externalId: "sdk-1" })).rejects.toThrow(
      /already exists/,
    );
    const invalid = domains.createDomain(organizationId, "invalid-domain-name");
    await expect(invalid).rejects.toBeInstanceOf(ScalekitBadRequestException);
    await expect(domains.createDomain(organizationId, "gmail.com")).rejects.toBeInstanceOf(
      ScalekitBadRequestException,
    );
    await expect(organization.listOrganization({ pageToken: "x" })).rejects.toBeInstanceOf(
      ScalekitServerException,
    );
  });

  test("of a wrong secret tell invalid_client, from a sign-in and from the API", async () => {
    const stranger = new Scalekit(app.url, app.clientId, "test_wrong");
    const refused = { response: { status: 401, data: { error: "invalid_client" } } };
    await expect(stranger.authenticateWithCode("code", callback)).rejects.toMatchObject(refused);
    await expect(stranger.organization.listOrganization({})).rejects.toMatchObject(refused);
  });
});

test("an organization that is deleted is gone, with all below it", async () => {
  await sdk.organization.deleteOrganization(organizationId);
  await expect(sdk.organization.getOrganization(organizationId)).rejects.toBeInstanceOf(
    ScalekitNotFoundException,
  );
  expect((await sdk.connection.listConnectionsByDomain(domain)).connections).toEqual([]);
});

test("an application that may not use the API any more is unauthorized at once", async () => {
  expect((await sdk.organization.listOrganization({})).totalSize).toBeGreaterThan(0);
  const body = { disallow_scalekit_api_access: true };
  expect((await app.api(`/clients/${app.clientId}`, { method: "PATCH", body })).status).toBe(200);
  await expect(sdk.organization.listOrganization({})).rejects.toBeInstanceOf(ScalekitUnauthorizedException);
});
