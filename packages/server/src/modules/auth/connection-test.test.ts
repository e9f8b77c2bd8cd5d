/** Test sign-ins: a real round trip that shows what arrived, and lets nobody in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { sessionToken } from "../../testing/callers.ts";
import { createConnection, setEnabled } from "../../testing/connections.ts";
import type { IssueInput } from "../../testing/saml-idp.ts";
import { createSamlTenant, readAuthnRequest, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

const testUri = (of: SamlTenant) => `${app.url}/sso/v1/saml/${of.connectionId}/test`;

async function runTest(
  of: SamlTenant,
  changes: Partial<IssueInput> = {},
  browser = new TestBrowser(app.url),
) {
  const start = await browser.visit(testUri(of));
  const request = readAuthnRequest(start.location);
  const email = changes.nameId ?? `ada@${of.domain}`;
  const response = await of.idp.issueResponse({
    acsUrl: of.acsUrl,
    audience: of.entityId,
    inResponseTo: request.id,
    nameId: email,
    attributes: { email, firstName: "Ada" },
    now: app.app.now(),
    ...changes,
  });
  const form = { SAMLResponse: response, RelayState: request.relayState };
  const end = await browser.follow(of.acsUrl, { form, crossSite: true });
  return { browser, end, form, id: /test_[0-9]+/.exec(end.body)?.[0] ?? "" };
}

async function lastTest(of: SamlTenant): Promise<string> {
  const row = await app.app.db
    .selectFrom("connection_tests")
    .select("id")
    .where("connection_id", "=", of.connectionId)
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  return row.id;
}

const resultOf = async (of: SamlTenant, id: string) =>
  app.api(`/connections/${of.connectionId}/test-requests/${id}`);

describe("a test that goes well", () => {
  test("shows the attributes, what is missing and what is still to do, also before the connection is enabled", async () => {
    const draft = await createSamlTenant(app);
    await setEnabled(app, draft, false);
    const { end, id } = await runTest(draft);
    expect(end.status).toBe(200);
    for (const text of [
      `ada@${draft.domain}`,
      "firstName = Ada",
      "last name",
      "the connection is not enabled yet",
    ]) {
      expect(end.body).toContain(text);
    }
    const { body } = await resultOf(draft, id);
    expect(body.status).toBe("SUCCESS");
    expect(JSON.parse(body.user_info)).toMatchObject({
      email: `ada@${draft.domain}`,
      given_name: "Ada",
      email_verified: true,
    });
  });

  test("lets nobody in: no session, no user", async () => {
    const { browser, end } = await runTest(tenant, { nameId: `stranger@${tenant.domain}` });
    expect(end.status).toBe(200);
    expect([...browser.cookies.keys()]).toEqual(["gh_flow"]);
    const user = await app.app.db
      .selectFrom("users")
      .select("id")
      .where("email", "=", `stranger@${tenant.domain}`)
      .executeTakeFirst();
    expect(user).toBeUndefined();
  });

  test("an address outside the organization's domains: says that this user would stay outside", async () => {
    const { end } = await runTest(tenant, { nameId: "mia@elsewhere.example" });
    expect(end.body).toContain("elsewhere.example is no verified domain of the organization");
  });
});

describe("a test that fails", () => {
  test("shows why and what to do, and the API has the code", async () => {
    const { end } = await runTest(tenant, { audience: "https://wrong.example" });
    expect(end.status).toBe(200);
    expect(end.body).toContain("https://wrong.example");
    const { body } = await resultOf(tenant, await lastTest(tenant));
    expect(body).toMatchObject({ status: "FAILURE", error: "invalid_saml_response" });
    expect(body.error_description).not.toBe("");
    const trace = await app.api(`/traces/${body.error_details}`);
    expect(trace.body.trace).toMatchObject({ kind: "TEST", outcome: "FAILURE" });
  });

  test("an incomplete connection: a page that names what is missing", async () => {
    const draft = await createConnection(app, tenant.organizationId, "SAML");
    const page = await new TestBrowser(app.url).visit(`${app.url}/sso/v1/saml/${draft.connectionId}/test`);
    expect(page.status).toBe(400);
    expect(page.body).toContain("idp_entity_id, idp_sso_url, idp_certificate");
  });
});

describe("bounds", () => {
  test("pending until the answer comes", async () => {
    await new TestBrowser(app.url).visit(testUri(tenant));
    const { body } = await resultOf(tenant, await lastTest(tenant));
    expect(body).toEqual({ status: "PENDING" });
  });

  test("an answer in another browser, and a second answer, change nothing", async () => {
    const browser = new TestBrowser(app.url);
    const { form } = await runTest(tenant, {}, browser);
    const again = await browser.follow(tenant.acsUrl, { form, crossSite: true });
    expect(again.body).not.toContain("The connection works");
    const other = new TestBrowser(app.url);
    const start = await browser.visit(testUri(tenant));
    const request = readAuthnRequest(start.location);
    const response = await tenant.idp.issueResponse({
      acsUrl: tenant.acsUrl,
      audience: tenant.entityId,
      inResponseTo: request.id,
      nameId: `ada@${tenant.domain}`,
      now: app.app.now(),
    });
    const stolen = { SAMLResponse: response, RelayState: request.relayState };
    expect((await other.follow(tenant.acsUrl, { form: stolen, crossSite: true })).body).toContain(
      "invalid_state",
    );
    expect((await resultOf(tenant, await lastTest(tenant))).body).toEqual({ status: "PENDING" });
  });

  test("an end user reads results only with connections_read", async () => {
    const { id } = await runTest(tenant);
    const path = `/connections/${tenant.connectionId}/test-requests/${id}`;
    const without = await app.api(path, { token: await sessionToken(app, tenant, []) });
    expect(without.status).toBe(404);
    const reader = await app.api(path, { token: await sessionToken(app, tenant, ["connections_read"]) });
    expect(reader.body.status).toBe("SUCCESS");
  });

  test("a result belongs to its connection, and is gone after a day", async () => {
    const theirs = await createSamlTenant(app);
    const { id } = await runTest(tenant);
    expect((await resultOf(theirs, id)).status).toBe(404);
    expect((await resultOf(tenant, "test_100000000000000001")).status).toBe(404);
    expect((await app.api(`/connections/${tenant.connectionId}/test-requests/other_1`)).status).toBe(400);
    app.advance(86_401);
    expect((await resultOf(tenant, id)).status).toBe(404);
  });
});
