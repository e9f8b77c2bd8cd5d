/** A sign-in belongs to the browser that began it, for ten minutes and for one end. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser, type Visit } from "../../testing/browser.ts";
import {
  authorizeUrl,
  callback,
  createSamlTenant,
  readAuthnRequest,
  type SamlTenant,
} from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

interface Departed {
  browser: TestBrowser;
  /** The form that the identity provider posts back. */
  form: Record<string, string>;
}

/** Up to the identity provider, which has answered and not yet posted. */
async function depart(state: string, browser = new TestBrowser(app.url)): Promise<Departed> {
  const { location } = await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId, state }));
  return { browser, form: await answerOf(location) };
}

async function answerOf(location: string): Promise<Record<string, string>> {
  const request = readAuthnRequest(location);
  const email = `ada@${tenant.domain}`;
  const SAMLResponse = await tenant.idp.issueResponse({
    acsUrl: tenant.acsUrl,
    audience: tenant.entityId,
    inResponseTo: request.id,
    nameId: email,
    attributes: { email },
    now: app.app.now(),
  });
  return { SAMLResponse, RelayState: request.relayState };
}

const post = ({ form }: Departed, browser: TestBrowser) =>
  browser.visit(tenant.acsUrl, { form, crossSite: true });

async function finish(departed: Departed, browser = departed.browser): Promise<Visit> {
  return browser.follow(tenant.acsUrl, { form: departed.form, crossSite: true });
}

function expectPage(visit: Visit, code = "invalid_state") {
  expect([visit.status, visit.location]).toEqual([400, ""]);
  expect(visit.body).toContain(code);
  expect(visit.headers.getSetCookie().join()).not.toContain("gh_session");
}

const answer = (visit: Visit) => Object.fromEntries(new URL(visit.location).searchParams);

describe("ends on a page with invalid_state", () => {
  test("when the way back took longer than ten minutes", async () => {
    const departed = await depart("s");
    app.advance(601);
    expectPage(await finish(departed));
  });

  test("in another browser, and in one with a flow cookie of its own", async () => {
    expectPage(await finish(await depart("s"), new TestBrowser(app.url)));
    const other = await depart("other");
    expectPage(await finish(await depart("s"), other.browser));
    // The other browser's own sign-in goes on.
    expect(answer(await finish(other))).toMatchObject({ state: "other" });
  });

  test("after the back button: the callback of a finished sign-in once more", async () => {
    const departed = await depart("s");
    const kept = await post(departed, departed.browser);
    const first = await departed.browser.visit(kept.location);
    expect(answer(first).code).toMatch(/^.{43}$/);
    expectPage(await departed.browser.visit(kept.location));
  });

  test("when the identity provider's form is posted again", async () => {
    const departed = await depart("s");
    expect(answer(await finish(departed)).code).toBeDefined();
    expectPage(await finish(departed));
  });

  test.each([
    ["an unknown ticket", "ticket=nonsense"],
    ["no ticket", ""],
  ])("with %s", async (_, query) => {
    const { browser } = await depart("s");
    expectPage(await browser.visit(`${app.url}/sso/v1/saml/${tenant.connectionId}/callback?${query}`));
  });
});

test("a callback that is visited many times at once answers the app once", async () => {
  const departed = await depart("s");
  const kept = await Promise.all(Array.from({ length: 10 }, () => post(departed, departed.browser)));
  const visits = await Promise.all(kept.map(({ location }) => departed.browser.visit(location)));
  expect(visits.filter(({ location }) => location.includes("code="))).toHaveLength(1);
});

test("two tabs of one browser both finish, each with its own state", async () => {
  const one = await depart("one");
  const two = await depart("two", one.browser);
  expect(answer(await finish(one))).toMatchObject({ state: "one", code: expect.any(String) });
  expect(answer(await finish(two))).toMatchObject({ state: "two", code: expect.any(String) });
});

describe("the way from the hosted page", () => {
  async function open(values: Record<string, string> = {}) {
    const browser = new TestBrowser(app.url);
    const { location } = await browser.visit(authorizeUrl(app, values));
    return { browser, id: new URL(location).searchParams.get("auth_request") ?? "" };
  }
  const go = (browser: TestBrowser, id: string, of: SamlTenant = tenant) =>
    browser.visit(`${app.url}/sso/v1/saml/${of.connectionId}/init?auth_request=${id}`);

  test("leads to the identity provider and back to the app", async () => {
    const { browser, id } = await open();
    const form = await answerOf((await go(browser, id)).location);
    expect(answer(await finish({ browser, form }))).toMatchObject({ state: "state-1", iss: app.url });
  });

  test("is closed to another browser, which knows the id at most", async () => {
    const { id } = await open();
    expectPage(await go(new TestBrowser(app.url), id));
    const { browser } = await open();
    expectPage(await go(browser, id));
  });

  test("is closed when the sign-in is over, or was never begun", async () => {
    const { browser, id } = await open();
    const form = await answerOf((await go(browser, id)).location);
    await finish({ browser, form });
    expectPage(await go(browser, id));
    expectPage(await go(browser, "req_000000000000000000"));
    expectPage(await go(browser, ""));
  });

  test("is closed to a link of another site, though the browser is the right one", async () => {
    const { browser, id } = await open();
    const url = `${app.url}/sso/v1/saml/${tenant.connectionId}/init?auth_request=${id}`;
    expectPage(await browser.visit(url, { crossSite: true }));
    expect((await go(browser, id)).status).toBe(302);
  });

  test("does not leave the organization that the app asked for", async () => {
    const organization = await app.api("/organizations", { body: { display_name: "Without SSO" } });
    const { browser, id } = await open({ organization_id: organization.body.organization.id });
    const visit = await go(browser, id);
    expect(visit.location.startsWith(callback)).toBe(true);
    expect(answer(visit)).toMatchObject({ error: "invalid_connection_selector", state: "state-1" });
  });
});

test("an address outside the organization's domains is the app's to hear of, and no session begins", async () => {
  const browser = new TestBrowser(app.url);
  const { location } = await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId }));
  const request = readAuthnRequest(location);
  const SAMLResponse = await tenant.idp.issueResponse({
    acsUrl: tenant.acsUrl,
    audience: tenant.entityId,
    inResponseTo: request.id,
    nameId: "ada@elsewhere.test",
    attributes: { email: "ada@elsewhere.test" },
    now: app.app.now(),
  });
  const visit = await finish({ browser, form: { SAMLResponse, RelayState: request.relayState } });
  expect(answer(visit)).toMatchObject({ error: "invalid_user_domain", state: "state-1", iss: app.url });
  expect(browser.cookies.has("gh_session")).toBe(false);
});

test("a member who was deactivated hears user_not_active, and their session answers nothing", async () => {
  const departed = await depart("s");
  await finish(departed);
  await app.app.db
    .updateTable("memberships")
    .set({ status: "INACTIVE" })
    .where("organization_id", "=", tenant.organizationId)
    .execute();
  const silent = await departed.browser.visit(authorizeUrl(app, { prompt: "none" }));
  expect(answer(silent)).toMatchObject({ error: "login_required" });
  expect(answer(await finish(await depart("s")))).toMatchObject({ error: "user_not_active" });
});
