/** Sign-ins at a SAML identity provider, in each way that a connection may be set up. */
import { DOMParser, type Element } from "@xmldom/xmldom";
import { decodeJwt, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { readForm, TestBrowser } from "../../testing/browser.ts";
import { patchConnection, patchSaml, readConnection, reread } from "../../testing/connections.ts";
import type { IssueInput } from "../../testing/saml-idp.ts";
import { beginSaml, issue, type Outcome, postSaml } from "../../testing/saml-leg.ts";
import {
  authorizeUrl,
  callback,
  createSamlTenant,
  postToken,
  type SamlTenant,
} from "../../testing/sign-in.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

async function signIn(tenant: SamlTenant, changes: Partial<IssueInput> = {}): Promise<Outcome> {
  const leg = await beginSaml(app, tenant);
  return postSaml(tenant, leg, await issue(app, tenant, leg, changes));
}

async function claimsOf({ code, error, description }: Outcome): Promise<JWTPayload> {
  expect(`${error} ${description}`).toBe(" ");
  const { body } = await postToken(app, { grant_type: "authorization_code", code, redirect_uri: callback });
  return decodeJwt(body.id_token ?? "");
}

async function tenantWith(config: Record<string, unknown>): Promise<SamlTenant> {
  const tenant = await createSamlTenant(app);
  expect((await patchSaml(app, tenant, config)).status).toBe(200);
  return reread(app, tenant);
}

describe("the request", () => {
  test("goes by redirect unless the connection says POST: then a page posts itself", async () => {
    const tenant = await tenantWith({ idp_sso_request_binding: "HTTP_POST" });
    const browser = new TestBrowser(app.url);
    const page = await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId }));
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'|script-src/);
    const { action, fields } = readForm(page.body);
    expect(action).toBe(tenant.idp.ssoUrl);
    expect(Object.keys(fields).sort()).toEqual(["RelayState", "SAMLRequest"]);
    expect((await signIn(tenant)).code).not.toBe("");
  });

  test("says who asks, where the answer goes and what names are wanted", async () => {
    const tenant = await tenantWith({ idp_name_id_format: "PERSISTENT" });
    const { xml } = await beginSaml(app, tenant);
    expect(xml).toContain(`>${tenant.entityId}</`);
    expect(xml).toContain(`AssertionConsumerServiceURL="${tenant.acsUrl}"`);
    expect(xml).toContain(`Destination="${tenant.idp.ssoUrl}"`);
    expect(xml).toContain("nameid-format:persistent");
    expect(xml).not.toContain('ForceAuthn="true"');
  });

  test("asks for a fresh sign-in where the connection or the app does", async () => {
    const forced = await tenantWith({ force_authn: true });
    expect((await beginSaml(app, forced)).xml).toContain('ForceAuthn="true"');
    const usual = await createSamlTenant(app);
    expect((await beginSaml(app, usual, { authorize: { prompt: "login" } })).xml).toContain(
      'ForceAuthn="true"',
    );
  });

  test("carries an entity id of the customer's own, and answers for the former one are refused", async () => {
    const usual = await createSamlTenant(app);
    await patchSaml(app, usual, { sp_entity_id: "urn:acme:sp" });
    const tenant = await reread(app, usual);
    expect(tenant.entityId).toBe("urn:acme:sp");
    expect((await beginSaml(app, tenant)).xml).toContain(">urn:acme:sp</");
    expect((await signIn(tenant)).code).not.toBe("");
    expect((await signIn(usual)).error).toBe("invalid_saml_response");
  });
});

describe("attributes arrive under the names that identity providers send", () => {
  const soap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
  const shapes: [string, (email: string) => Record<string, string>, Partial<IssueInput>][] = [
    ["Okta", (email) => ({ email, firstName: "Ada", lastName: "Lovelace" }), {}],
    [
      "Entra ID",
      (email) => ({
        [`${soap}/emailaddress`]: email,
        [`${soap}/givenname`]: "Ada",
        [`${soap}/surname`]: "Lovelace",
        [`${soap}/name`]: "ada@tenant.onmicrosoft.com",
      }),
      { nameId: "Zq0-opaque", nameIdFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" },
    ],
    ["Google", (email) => ({ email, first_name: "Ada", last_name: "Lovelace" }), {}],
    [
      "ADFS",
      (email) => ({
        [`${soap}/emailaddress`]: email,
        [`${soap}/givenname`]: "Ada",
        [`${soap}/surname`]: "Lovelace",
        [`${soap}/upn`]: "ada@corp.local",
      }),
      { nameId: "CORP\\ada", nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" },
    ],
    [
      "Shibboleth",
      (email) => ({
        "urn:oid:0.9.2342.19200300.100.1.3": email,
        "urn:oid:2.5.4.42": "Ada",
        "urn:oid:2.5.4.4": "Lovelace",
      }),
      { nameId: "_9f", nameIdFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" },
    ],
  ];
  test.each(shapes)("%s", async (_name, attributes, changes) => {
    const tenant = await createSamlTenant(app);
    const email = `ada@${tenant.domain}`;
    const outcome = await signIn(tenant, {
      ...changes,
      nameId: changes.nameId ?? email,
      attributes: attributes(email),
    });
    expect(await claimsOf(outcome)).toMatchObject({
      email,
      email_verified: true,
      given_name: "Ada",
      family_name: "Lovelace",
    });
  });

  test("the NameID alone, where it is an address", async () => {
    const tenant = await createSamlTenant(app);
    expect(await claimsOf(await signIn(tenant, { attributes: {} }))).toMatchObject({
      email: `ada@${tenant.domain}`,
    });
  });

  test("a mapping goes before them", async () => {
    const tenant = await createSamlTenant(app);
    await patchConnection(app, tenant, {
      type: "SAML",
      attribute_mapping: { email: "kontakt", given_name: "vorname" },
    });
    const attributes = {
      email: "old@elsewhere.com",
      kontakt: `Ada@${tenant.domain}`,
      firstName: "No",
      vorname: "Ada",
    };
    expect(await claimsOf(await signIn(tenant, { attributes }))).toMatchObject({
      email: `ada@${tenant.domain}`,
      given_name: "Ada",
    });
  });

  test("a mapping of an attribute that did not arrive: nothing else serves as the address", async () => {
    const tenant = await createSamlTenant(app);
    await patchConnection(app, tenant, { type: "SAML", attribute_mapping: { email: "kontakt" } });
    expect(await signIn(tenant)).toMatchObject({ error: "mandatory_attribute_missing" });
  });
});

describe("our metadata states what is enforced", () => {
  const cases: [string, { wants: string; takes: ("response" | "assertion" | "both")[] }][] = [
    ["SAML_ONLY_ASSERTION_SIGNING", { wants: "true", takes: ["assertion", "both"] }],
    ["SAML_ONLY_RESPONSE_SIGNING", { wants: "false", takes: ["response", "both"] }],
    ["SAML_RESPONSE_ASSERTION_SIGNING", { wants: "true", takes: ["both"] }],
    ["SAML_RESPONSE_OR_ASSERTION_SIGNING", { wants: "false", takes: ["response", "assertion", "both"] }],
  ];
  test.each(cases)("%s", async (option, { wants, takes }) => {
    const tenant = await tenantWith({ saml_signing_option: option });
    const root = await metadataOf(tenant);
    const role = root.getElementsByTagName("md:SPSSODescriptor").item(0);
    const service = root.getElementsByTagName("md:AssertionConsumerService").item(0);
    expect(root.getAttribute("entityID")).toBe(tenant.entityId);
    expect(role?.getAttribute("WantAssertionsSigned")).toBe(wants);
    expect(role?.getAttribute("AuthnRequestsSigned")).toBe("false");
    expect(service?.getAttribute("Location")).toBe(tenant.acsUrl);
    for (const sign of ["response", "assertion", "both", "none"] as const) {
      const taken = (await signIn(tenant, { sign })).code !== "";
      expect([sign, taken]).toEqual([sign, (takes as string[]).includes(sign)]);
    }
  });

  test("an unknown connection has none", async () => {
    expect((await fetch(`${app.url}/sso/v1/saml/conn_1/metadata`)).status).toBe(404);
  });
});

async function metadataOf(tenant: SamlTenant): Promise<Element> {
  const { saml_config: config } = await readConnection(app, tenant);
  const answer = await fetch(config.sp_metadata_url);
  expect(answer.headers.get("content-type")).toMatch(/^application\/samlmetadata\+xml/);
  return new DOMParser().parseFromString(await answer.text(), "text/xml").documentElement as Element;
}
