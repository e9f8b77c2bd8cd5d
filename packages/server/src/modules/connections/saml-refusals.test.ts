/** Responses that must not sign anyone in, and what the app or the user is told. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { patchSaml, setEnabled } from "../../testing/connections.ts";
import { createSamlIdp, type IssueInput, testCertificate, testKey } from "../../testing/saml-idp.ts";
import {
  beginSaml,
  issue,
  issueEdited,
  type Outcome,
  postSaml,
  type SamlLeg,
} from "../../testing/saml-leg.ts";
import { decode, encode } from "../../testing/saml-messages.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

type Bend = (leg: SamlLeg) => Promise<string> | string;

async function answerWith(bend: Bend, of: SamlTenant = tenant): Promise<Outcome> {
  const leg = await beginSaml(app, of);
  return postSaml(of, leg, await bend(leg));
}

function expectAtApp(outcome: Outcome, code: string, description: RegExp): void {
  expect(outcome).toMatchObject({ at: "app", error: code, code: "", state: "state-1", issuer: app.url });
  expect(outcome.description).toMatch(description);
}

function expectPage(outcome: Outcome): void {
  expect(outcome).toMatchObject({ at: "page", status: 400, code: "" });
}

const issued =
  (changes: () => Partial<IssueInput>): Bend =>
  (leg) =>
    issue(app, tenant, leg, changes());
const edited =
  (edit: (xml: string) => string, key?: () => ReturnType<typeof testKey>): Bend =>
  (leg) =>
    issueEdited(app, tenant, leg, edit, key?.().privateKey);
const rewritten =
  (edit: (xml: string) => string): Bend =>
  async (leg) =>
    encode(edit(decode(await issue(app, tenant, leg))));

describe("a response is refused, and the app is told why", () => {
  const cases: [string, Bend, string, RegExp][] = [
    ["unsigned", issued(() => ({ sign: "none" })), "signature_validation_failed", /nothing is signed/],
    [
      "only its envelope is signed",
      issued(() => ({ sign: "response" })),
      "signature_validation_failed",
      /only the response is signed/,
    ],
    ["tampered with", rewritten((xml) => xml.replace(">Ada<", ">Eve<")), "signature_validation_failed", /./],
    [
      "signed by another key",
      edited(
        (xml) => xml,
        () => testKey("stranger"),
      ),
      "signature_validation_failed",
      /./,
    ],
    [
      "of another identity provider",
      (leg) => createSamlIdp({ entityId: "https://other.example" }).issueResponse(usual(leg)),
      "invalid_saml_response",
      /another identity provider/,
    ],
    ["not base64", () => "<Response/>!", "malformed_saml_response", /base64/],
    ["not XML", () => encode("hello"), "malformed_saml_response", /./],
    [
      "a failure, as the identity provider says",
      (leg) => tenant.idp.issueError(failure(leg)),
      "invalid_status",
      /AuthnFailed/,
    ],
    [
      "without an e-mail address",
      issued(() => ({ nameId: "u-1", nameIdFormat: opaque, attributes: { Department: "Sales", Cost: "7" } })),
      "mandatory_attribute_missing",
      /Department, Cost/,
    ],
    [
      "with something else than an address",
      issued(() => ({ nameId: "u-1", nameIdFormat: opaque, attributes: { email: "ada at home" } })),
      "mandatory_attribute_missing",
      /.ada at home., which is no e-mail address/,
    ],
    [
      "an address outside the organization's domains",
      issued(() => ({ nameId: "ada@elsewhere.com" })),
      "invalid_user_domain",
      /ada@elsewhere.com/,
    ],
    [
      "an address of a subdomain",
      issued(() => ({ nameId: `ada@sub.${tenant.domain}` })),
      "invalid_user_domain",
      /./,
    ],
  ];
  const opaque = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
  const failure = (leg: SamlLeg) => ({
    acsUrl: tenant.acsUrl,
    inResponseTo: leg.requestId,
    statusCode: "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed",
  });
  const usual = (leg: SamlLeg): IssueInput => ({
    acsUrl: tenant.acsUrl,
    audience: tenant.entityId,
    inResponseTo: leg.requestId,
    nameId: `ada@${tenant.domain}`,
    now: app.app.now(),
  });

  test.each(cases)("%s", async (_name, bend, code, description) => {
    expectAtApp(await answerWith(bend), code, description);
  });

  test("the same without any change is taken, so the refusals are for what was bent", async () => {
    expect((await answerWith(edited((xml) => xml))).code).toMatch(/^.{43}$/);
  });

  test("the app asked for form_post: the error is posted to it", async () => {
    const leg = await beginSaml(app, tenant, { authorize: { response_mode: "form_post" } });
    const response = await issue(app, tenant, leg, { sign: "none" });
    const form = { SAMLResponse: response, RelayState: leg.relayState };
    const visit = await leg.browser.follow(tenant.acsUrl, { form, crossSite: true });
    expect(visit.status).toBe(200);
    expect(visit.body).toContain('name="error" value="signature_validation_failed"');
  });
});

describe("certificates", () => {
  const withCertificate = async (certificate: (of: SamlTenant) => string) => {
    const own = await createSamlTenant(app);
    await patchSaml(app, own, { idp_certificate: certificate(own) });
    return answerWith((leg) => issue(app, own, leg), own);
  };

  test("an expired one signs nobody in", async () => {
    const expired = (of: SamlTenant) =>
      testCertificate("expired", of.idp.privateKey, new Date("2021-01-01T00:00:00Z"));
    expectAtApp(await withCertificate(expired), "signature_validation_failed", /expired/);
  });

  test("of several, the one that fits is found", async () => {
    const both = (of: SamlTenant) => `${testKey("former").certificate}\n${of.idp.certificate}`;
    expect((await withCertificate(both)).code).not.toBe("");
  });

  test("one of another identity provider signs nobody in", async () => {
    expectAtApp(
      await withCertificate(() => testKey("former").certificate),
      "signature_validation_failed",
      /./,
    );
  });
});

describe("without a sign-in that waits for it, a response ends on a page", () => {
  test("no RelayState, an unknown one, none of ours", async () => {
    for (const relayState of ["", "/deep/link", "x".repeat(43)]) {
      const leg = await beginSaml(app, tenant);
      expectPage(await postSaml(tenant, { ...leg, relayState }, await issue(app, tenant, leg)));
    }
  });

  test("no response at all", async () => {
    const leg = await beginSaml(app, tenant);
    expectPage(await postSaml(tenant, leg, ""));
  });

  test("fields given twice", async () => {
    const leg = await beginSaml(app, tenant);
    const body = new URLSearchParams({
      SAMLResponse: await issue(app, tenant, leg),
      RelayState: leg.relayState,
    });
    body.append("RelayState", "another");
    const answer = await fetch(tenant.acsUrl, { method: "POST", body, redirect: "manual" });
    expect(answer.status).toBe(400);
  });

  test("another browser", async () => {
    const [leg, other] = [await beginSaml(app, tenant), await beginSaml(app, tenant)];
    expectPage(await postSaml(tenant, { ...leg, browser: other.browser }, await issue(app, tenant, leg)));
  });

  test("too late", async () => {
    const leg = await beginSaml(app, tenant);
    app.advance(601);
    expectPage(await postSaml(tenant, leg, await issue(app, tenant, leg)));
  });

  test("more than the body may hold", async () => {
    const leg = await beginSaml(app, tenant);
    const outcome = await postSaml(tenant, leg, "A".repeat(8 * 1024 * 1024));
    expect(outcome).toMatchObject({ at: "page", status: 413 });
  });

  test("a connection of which nobody knows", async () => {
    const leg = await beginSaml(app, tenant);
    const acsUrl = tenant.acsUrl.replace(tenant.connectionId, "conn_1");
    expectPage(await postSaml({ ...tenant, acsUrl }, leg, await issue(app, tenant, leg)));
  });
});

describe("switched off meanwhile", () => {
  test("the app is told that the connection is not active", async () => {
    const own = await createSamlTenant(app);
    const leg = await beginSaml(app, own);
    await setEnabled(app, own, false);
    expectAtApp(await postSaml(own, leg, await issue(app, own, leg)), "connection_not_active", /./);
    await setEnabled(app, own, true);
    const second = await beginSaml(app, own);
    await patchSaml(app, own, { idp_certificate: "" });
    expectAtApp(await postSaml(own, second, await issue(app, own, second)), "connection_not_active", /./);
  });
});

describe("deleted meanwhile", () => {
  const remove: [string, (of: SamlTenant) => string][] = [
    ["the organization", (of) => `/organizations/${of.organizationId}`],
    ["the connection", (of) => `/organizations/${of.organizationId}/connections/${of.connectionId}`],
  ];
  test.each(remove)("%s: the app is told that there is no such connection", async (_name, path) => {
    const own = await createSamlTenant(app);
    const leg = await beginSaml(app, own);
    await app.api(path(own), { method: "DELETE" });
    expectAtApp(await postSaml(own, leg, await issue(app, own, leg)), "invalid_connection_id", /./);
  });
});
