/** Logins that begin at the identity provider: they start a sign-in, and never are one. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { setEnabled } from "../../testing/connections.ts";
import type { IssueInput } from "../../testing/saml-idp.ts";
import { callback, createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
const initiate = "https://app.example/login";

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  await app.api(`/clients/${app.clientId}`, {
    method: "PATCH",
    body: { initiate_login_uri: initiate, post_login_uris: [callback, "https://app.example/deep"] },
  });
});
afterAll(async () => app.stop());

async function unsolicited(of: SamlTenant, changes: Partial<IssueInput> = {}): Promise<string> {
  const email = `ada@${of.domain}`;
  return of.idp.issueResponse({
    acsUrl: of.acsUrl,
    audience: of.entityId,
    nameId: email,
    attributes: { email },
    now: app.app.now(),
    ...changes,
  });
}

/** The tile at the identity provider was pressed: its page posts to us. */
async function pressTile(
  of: SamlTenant,
  response: string,
  relayState = "",
  browser = new TestBrowser(app.url),
) {
  const form = { SAMLResponse: response, ...(relayState !== "" && { RelayState: relayState }) };
  const visit = await browser.visit(of.acsUrl, { form, crossSite: true });
  const at = visit.location === "" ? undefined : new URL(visit.location);
  return { ...visit, at, answer: at?.searchParams ?? new URLSearchParams(), browser };
}

describe("a response that nobody asked for", () => {
  test("sends the browser to the app with a note, and sets no cookie", async () => {
    const pressed = await pressTile(tenant, await unsolicited(tenant), "/deep/link");
    expect(pressed.status).toBe(303);
    expect(`${pressed.at?.origin}${pressed.at?.pathname}`).toBe(initiate);
    expect(pressed.headers.getSetCookie()).toEqual([]);
    expect(pressed.answer.has("code")).toBe(false);
    const claims = decodeJwt(pressed.answer.get("idp_initiated_login") ?? "");
    expect(claims).toMatchObject({
      organization_id: tenant.organizationId,
      connection_id: tenant.connectionId,
      login_hint: `ada@${tenant.domain}`,
      relay_state: "/deep/link",
      iss: app.url,
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
  });

  test("the app goes on from the note to a session, with the relay state as its state", async () => {
    const pressed = await pressTile(tenant, await unsolicited(tenant), "/deep/link");
    const note = decodeJwt(pressed.answer.get("idp_initiated_login") ?? "") as Record<string, string>;
    const { answer } = await samlSignIn(app, tenant, {
      browser: pressed.browser,
      authorize: {
        connection_id: note.connection_id ?? "",
        organization_id: note.organization_id ?? "",
        login_hint: note.login_hint ?? "",
        state: note.relay_state ?? "",
      },
    });
    expect(answer.get("state")).toBe("/deep/link");
    const tokens = await postToken(app, {
      grant_type: "authorization_code",
      code: answer.get("code") ?? "",
      redirect_uri: callback,
    });
    expect(tokens.status).toBe(200);
  });

  test("without relay state the note has none", async () => {
    const { answer } = await pressTile(tenant, await unsolicited(tenant));
    expect(decodeJwt(answer.get("idp_initiated_login") ?? "")).not.toHaveProperty("relay_state");
  });

  test("is used once, also when it comes many times at the same moment", async () => {
    const response = await unsolicited(tenant);
    const answers = await Promise.all(Array.from({ length: 20 }, () => pressTile(tenant, response)));
    expect(answers.filter(({ answer }) => answer.has("idp_initiated_login"))).toHaveLength(1);
    const refused = answers.find(({ answer }) => answer.has("error"));
    expect(refused?.answer.get("error")).toBe("invalid_saml_response");
    expect(refused?.answer.get("error_description")).toMatch(/used before/);
  });

  test("does not use up a sign-in that the same browser has under way", async () => {
    const browser = new TestBrowser(app.url);
    await pressTile(tenant, await unsolicited(tenant), "", browser);
    const { answer } = await samlSignIn(app, tenant, { browser });
    expect(answer.has("code")).toBe(true);
  });
});

describe("refused", () => {
  const cases: [string, () => Promise<string>, string][] = [
    ["unsigned", () => unsolicited(tenant, { sign: "none" }), "signature_validation_failed"],
    ["for another audience", () => unsolicited(tenant, { audience: "urn:other" }), "invalid_saml_response"],
    [
      "expired",
      () => unsolicited(tenant, { now: new Date(Date.now() - 3_600_000) }),
      "response_expired|assertion_expired",
    ],
    ["no response at all", async () => "bm90aGluZw==", "malformed_saml_response"],
  ];
  test.each(cases)("%s: the app is told, with a trace", async (_, make, code) => {
    const { answer, at } = await pressTile(tenant, await make());
    expect(`${at?.origin}${at?.pathname}`).toBe(initiate);
    expect(answer.get("error")).toMatch(new RegExp(`^(${code})$`));
    expect(answer.has("idp_initiated_login")).toBe(false);
    const [trace] = (await app.api(`/traces?kind=IDP_INITIATED&outcome=FAILURE&page_size=1`)).body.traces;
    expect(answer.get("error_description")).toContain(trace.reference);
  });

  test("what a stranger writes into an unsigned status is not said in our name", async () => {
    const sentence = "Your account is locked";
    const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_a" Version="2.0" IssueInstant="${new Date().toISOString()}"><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/><samlp:StatusMessage>${sentence}</samlp:StatusMessage></samlp:Status></samlp:Response>`;
    const { answer } = await pressTile(tenant, Buffer.from(xml).toString("base64"));
    expect(answer.get("error")).toBe("invalid_status");
    expect(answer.get("error_description")).not.toContain(sentence);
  });

  test("an answer to a request that is over is no unsolicited one", async () => {
    const pressed = await pressTile(tenant, await unsolicited(tenant, { inResponseTo: "_old" }));
    expect(pressed.status).toBe(400);
    expect(pressed.body).toContain("invalid_state");
  });

  test("of another connection, whose identity provider is another", async () => {
    const theirs = await createSamlTenant(app);
    const response = await unsolicited(theirs);
    const { answer } = await pressTile(tenant, response);
    expect(answer.has("idp_initiated_login")).toBe(false);
    expect(answer.get("error")).toMatch(/invalid_acs_url|invalid_saml_response|signature_validation_failed/);
  });

  test("where the connection does not allow it, until it does again", async () => {
    const closed = await createSamlTenant(app);
    const path = `/organizations/${closed.organizationId}/connections/${closed.connectionId}:idp_initiated_login`;
    const off = await app.api(path, { method: "PATCH", body: { allowed: false } });
    expect(off.body.connection.saml_config.allow_idp_initiated_login).toBe(false);
    const response = await unsolicited(closed);
    expect((await pressTile(closed, response)).answer.get("error")).toBe("idp_initiated_login_not_allowed");
    await app.api(path, { method: "PATCH", body: { allowed: true } });
    expect((await pressTile(closed, response)).answer.has("idp_initiated_login")).toBe(true);
  });

  test("a connection that is off, and one that does not exist", async () => {
    const off = await createSamlTenant(app);
    const response = await unsolicited(off);
    await setEnabled(app, off, false);
    expect((await pressTile(off, response)).body).toContain("connection_not_active");
    const none = { ...off, acsUrl: `${app.url}/sso/v1/saml/conn_100000000000000001/callback` };
    expect((await pressTile(none, response)).body).toContain("invalid_connection_id");
  });

  test("garbage without end fills no table", async () => {
    const spammed = await createSamlTenant(app);
    for (let index = 0; index < 103; index++) await pressTile(spammed, "bm90aGluZw==");
    const { body } = await app.api(`/traces?connection_id=${spammed.connectionId}&page_size=1`);
    expect(body.total_size).toBe(100);
  });
});

describe("where the browser goes", () => {
  const patchTarget = (url: string) =>
    app.api(`/organizations/${tenant.organizationId}/connections/${tenant.connectionId}`, {
      method: "PATCH",
      body: { provider: "CUSTOM", type: "SAML", saml_config: { default_redirect_uri: url } },
    });

  test("to the connection's own address when it is one of the app's, and to no other", async () => {
    await patchTarget("https://app.example/deep");
    const preferred = await pressTile(tenant, await unsolicited(tenant));
    expect(`${preferred.at?.origin}${preferred.at?.pathname}`).toBe("https://app.example/deep");
    await patchTarget("https://evil.example/steal");
    const refused = await pressTile(tenant, await unsolicited(tenant));
    expect(`${refused.at?.origin}${refused.at?.pathname}`).toBe(initiate);
  });

  test("modular mode does the same", async () => {
    await app.api("/features/fsa/disable", { method: "POST", body: {} });
    const { answer, headers } = await pressTile(tenant, await unsolicited(tenant));
    await app.api("/features/fsa/enable", { method: "POST", body: { id: app.environmentId } });
    expect(answer.has("idp_initiated_login")).toBe(true);
    expect(headers.getSetCookie()).toEqual([]);
  });
});
