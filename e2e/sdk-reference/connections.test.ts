/** The official Node SDK, unmodified: `client.connection` and `client.domain`, method by method as its reference says. */
import { Scalekit, ScalekitBadRequestException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { TestBrowser } from "../../packages/server/src/testing/browser.ts";
import { signInForTokens } from "../../packages/server/src/testing/oauth.ts";
import { authorizeUrl, createSamlTenant, samlSignIn } from "../../packages/server/src/testing/sign-in.ts";
import { describeMethods } from "./cases.ts";

type NewConnection = Parameters<Scalekit["connection"]["createConnection"]>[1];

const nowhere = "org_100000000000000001";
const [ALLOWED_EMAIL_DOMAIN, ORGANIZATION_DOMAIN] = [1, 2];
const VERIFIED = 2;
let app: TestApp;
let sdk: Scalekit;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
});
afterAll(async () => app.stop());

const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);
const badRequest = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitBadRequestException);

async function organization(): Promise<string> {
  return (await sdk.organization.createOrganization(`Organization ${++made}`)).organization?.id ?? "";
}

// The SDK's types want a whole message; a plain object is what its users pass.
const okta = { provider: 1, type: 2, providerKey: "" } as NewConnection;

describeMethods("connection", () => sdk, {
  async getConnection() {
    const { organizationId, connectionId, domain } = await createSamlTenant(app);
    const { connection } = await sdk.connection.getConnection(organizationId, connectionId);
    // CUSTOM, SAML, COMPLETED: the SDK has enums as numbers.
    expect(connection).toMatchObject({
      id: connectionId,
      organizationId,
      provider: 8,
      type: 2,
      status: 3,
      enabled: true,
    });
    expect(connection?.settings.case).toBe("samlConfig");
    expect((await sdk.connection.listConnectionsByDomain(domain)).connections).toMatchObject([
      { id: connectionId },
    ]);
    await notFound(sdk.connection.getConnection(organizationId, "conn_100000000000000001"));
    await notFound(sdk.connection.getConnection(await organization(), connectionId));
  },

  async listConnectionsByDomain() {
    const { organizationId, connectionId, domain } = await createSamlTenant(app);
    expect((await sdk.connection.listConnectionsByDomain(domain)).connections).toMatchObject([
      { id: connectionId, organizationId, enabled: true },
    ]);
    expect((await sdk.connection.listConnectionsByDomain("unknown-to-all.com")).connections).toEqual([]);
  },

  async listConnections() {
    const { organizationId, connectionId } = await createSamlTenant(app);
    expect((await sdk.connection.listConnections(organizationId)).connections).toMatchObject([
      { id: connectionId, organizationId, provider: 8, type: 2, enabled: true },
    ]);
    expect((await sdk.connection.listConnections(await organization())).connections).toEqual([]);
  },

  async enableConnection() {
    const tenant = await createSamlTenant(app);
    const { organizationId, connectionId } = tenant;
    await sdk.connection.disableConnection(organizationId, connectionId);
    const start = authorizeUrl(app, { connection_id: connectionId });
    expect((await new TestBrowser(app.url).visit(start)).location).toContain("error=connection_not_active");
    expect((await sdk.connection.enableConnection(organizationId, connectionId)).enabled).toBe(true);
    expect((await sdk.connection.getConnection(organizationId, connectionId)).connection?.enabled).toBe(true);
    expect((await samlSignIn(app, tenant)).answer.get("code")).toMatch(/./);
    const { connection: unfinished } = await sdk.connection.createConnection(organizationId, okta);
    expect(await sdk.connection.enableConnection(organizationId, unfinished?.id ?? "")).toMatchObject({
      enabled: false,
      errorMessage: expect.stringContaining("idp_sso_url"),
    });
    await notFound(sdk.connection.enableConnection(await organization(), connectionId));
  },

  async disableConnection() {
    const tenant = await createSamlTenant(app);
    const { organizationId, connectionId, domain } = tenant;
    const { tokens } = await signInForTokens(app, tenant);
    expect((await sdk.connection.disableConnection(organizationId, connectionId)).enabled).toBe(false);
    // Sessions that began with it go on; lists hold what can be used to sign in.
    expect((await sdk.refreshAccessToken(tokens.refresh_token ?? "")).accessToken).toMatch(/./);
    expect((await sdk.connection.listConnections(organizationId)).connections).toEqual([]);
    expect((await sdk.connection.listConnectionsByDomain(domain)).connections).toEqual([]);
    const { connection } = await sdk.connection.getConnection(organizationId, connectionId);
    expect(connection?.enabled).toBe(false);
    await notFound(sdk.connection.disableConnection(await organization(), connectionId));
  },

  async createConnection() {
    const organizationId = await organization();
    const { connection } = await sdk.connection.createConnection(organizationId, okta);
    expect(connection).toMatchObject({
      id: expect.stringMatching(/^conn_\d{18}$/),
      organizationId,
      provider: 1,
      type: 2,
      status: 1,
      enabled: false,
    });
    await notFound(sdk.connection.createConnection(nowhere, okta));
    await badRequest(sdk.connection.createConnection(organizationId, { type: 2 } as NewConnection));
  },

  async deleteConnection() {
    const organizationId = await organization();
    const { connection } = await sdk.connection.createConnection(organizationId, okta);
    const id = connection?.id ?? "";
    await sdk.connection.deleteConnection(organizationId, id);
    await notFound(sdk.connection.getConnection(organizationId, id));
    await notFound(sdk.connection.deleteConnection(organizationId, id));
  },
});

describeMethods("domain", () => sdk, {
  async createDomain() {
    const organizationId = await organization();
    const create = (name: string, domainType?: string) =>
      sdk.domain.createDomain(organizationId, name, domainType === undefined ? {} : { domainType });
    const own = await create("acme.com", "ORGANIZATION_DOMAIN");
    expect(own.domain).toMatchObject({
      id: expect.stringMatching(/^dom_\d{18}$/),
      domain: "acme.com",
      organizationId,
      environmentId: app.environmentId,
      domainType: ORGANIZATION_DOMAIN,
      verificationStatus: VERIFIED,
    });
    const allowed = await create("acme-partner.com", "ALLOWED_EMAIL_DOMAIN");
    expect(allowed.domain).toMatchObject({ domainType: ALLOWED_EMAIL_DOMAIN });
    expect((await create("acme-untyped.com")).domain).toMatchObject({ domainType: ORGANIZATION_DOMAIN });
    for (const name of ["gmail.com", "outlook.com", "mailinator.com", "invalid-domain-name", "acme.com"])
      await badRequest(create(name));
    await badRequest(create("gmail.com", "ALLOWED_EMAIL_DOMAIN"));
    await expect(create("acme-wrong.com", "NO_SUCH_TYPE")).rejects.toThrow("Invalid domain type");
    await notFound(sdk.domain.createDomain(nowhere, "acme-nowhere.com"));
    await expect(sdk.domain.createDomain("invalid-org-id", "acme-nowhere.com")).rejects.toThrow();
  },

  async getDomain() {
    const organizationId = await organization();
    const id = (await sdk.domain.createDomain(organizationId, "read-acme.com")).domain?.id ?? "";
    expect((await sdk.domain.getDomain(organizationId, id)).domain).toMatchObject({
      id,
      domain: "read-acme.com",
      domainType: ORGANIZATION_DOMAIN,
      verificationStatus: VERIFIED,
      createTime: { nanos: expect.any(Number) },
      updateTime: { nanos: expect.any(Number) },
    });
    await notFound(sdk.domain.getDomain(organizationId, "dom_100000000000000001"));
    await notFound(sdk.domain.getDomain(await organization(), id));
  },

  async listDomains() {
    const organizationId = await organization();
    const names = async (options?: { domainType: string }) =>
      (await sdk.domain.listDomains(organizationId, options)).domains.map(({ domain }) => domain).sort();
    expect(await names()).toEqual([]);
    await sdk.domain.createDomain(organizationId, "listed-acme.com");
    const domainType = "ALLOWED_EMAIL_DOMAIN";
    await sdk.domain.createDomain(organizationId, "listed-partner.com", { domainType });
    expect(await names()).toEqual(["listed-acme.com", "listed-partner.com"]);
    expect(await names({ domainType })).toEqual(["listed-partner.com"]);
    expect(await names({ domainType: "ORGANIZATION_DOMAIN" })).toEqual(["listed-acme.com"]);
    await notFound(sdk.domain.listDomains(nowhere));
  },

  async deleteDomain() {
    const { organizationId, domain } = await createSamlTenant(app);
    const id = (await sdk.domain.listDomains(organizationId)).domains[0]?.id ?? "";
    await notFound(sdk.domain.deleteDomain(await organization(), id));
    await sdk.domain.deleteDomain(organizationId, id);
    await notFound(sdk.domain.getDomain(organizationId, id));
    await notFound(sdk.domain.deleteDomain(organizationId, id));
    expect((await sdk.connection.listConnectionsByDomain(domain)).connections).toEqual([]);
    const twice = await sdk.domain.createDomain(organizationId, domain);
    expect(twice.domain?.id).not.toBe(id);
  },
});
