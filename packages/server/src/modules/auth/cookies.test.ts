/** The cookies of a sign-in: out of reach of scripts and other sites, made by us, and new at each sign-in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSecret } from "../../lib/secrets.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { signInForTokens } from "../../testing/oauth.ts";
import {
  authorizeUrl,
  createSamlTenant,
  postToken,
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

async function isSignedIn(browser: TestBrowser): Promise<boolean> {
  const { location } = await browser.visit(authorizeUrl(app, { prompt: "none" }));
  return new URL(location).searchParams.has("code");
}

function browserWith(name: string, value: string): TestBrowser {
  const browser = new TestBrowser(app.url);
  browser.cookies.set(name, value);
  return browser;
}

describe("attributes", () => {
  test("over http in development", async () => {
    const browser = new TestBrowser(app.url);
    const begun = await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId }));
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^gh_flow=[\w.-]+; Path=\/; SameSite=Lax; HttpOnly$/),
    ]);
    const { visit } = await samlSignIn(app, tenant);
    expect(visit.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^gh_session=[\w-]{43}; Path=\/; Max-Age=\d+; SameSite=Lax; HttpOnly$/),
    ]);
  });

  test("over https: a name that no other host can set, and Secure", async () => {
    const https = await startTestApp({ GATEHOUSE_URL: "https://id.acme.test" });
    try {
      const { pathname, search } = new URL(authorizeUrl(https, {}));
      const answer = await fetch(`http://localhost:${https.port}${pathname}${search}`, {
        redirect: "manual",
      });
      expect(answer.headers.get("location")).toMatch(/^https:\/\/id\.acme\.test\/a\/auth\/login\?/);
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-gh_flow=[\w.-]+; Path=\/; SameSite=Lax; HttpOnly; Secure$/),
      ]);
    } finally {
      await https.stop();
    }
  });

  test("a silent answer sets none", async () => {
    const { browser } = await samlSignIn(app, tenant);
    const visit = await browser.visit(authorizeUrl(app, {}));
    expect(visit.headers.getSetCookie()).toEqual([]);
  });
});

describe("the session cookie", () => {
  test.each(["", "%00", "{}", "null", "a=b", "ses_1", "x".repeat(4000)])("%j is nobody's", async (value) => {
    const { location, status } = await browserWith("gh_session", value).visit(
      authorizeUrl(app, { prompt: "none" }),
    );
    expect([status, new URL(location).searchParams.get("error")]).toEqual([302, "login_required"]);
  });

  test("is stored as a hash only", async () => {
    const { browser } = await samlSignIn(app, tenant);
    const secret = browser.cookies.get("gh_session") ?? "";
    const rows = await app.app.db.selectFrom("sessions").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(app.logged)).not.toContain(secret);
  });
});

test("a second user in the same browser ends the first one's session", async () => {
  const ada = await signInForTokens(app, tenant);
  const authorize = { connection_id: tenant.connectionId, prompt: "login" };
  const eve = await signInForTokens(app, tenant, {
    email: `eve@${tenant.domain}`,
    browser: ada.browser,
    authorize,
  });
  const refresh = (token: string | undefined) =>
    postToken(app, { grant_type: "refresh_token", refresh_token: token ?? "" });
  expect((await refresh(ada.tokens.refresh_token)).body.error).toBe("invalid_grant");
  expect((await refresh(eve.tokens.refresh_token)).status).toBe(200);
});

describe("the flow cookie", () => {
  const begin = async (browser: TestBrowser) => {
    await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId }));
    return browser.cookies.get("gh_flow") ?? "";
  };

  test.each([newSecret(), `${newSecret()}.${newSecret()}`, ".", "", "x"])(
    "that somebody planted (%s) is replaced",
    async (planted) => expect(await begin(browserWith("gh_flow", planted))).not.toBe(planted),
  );

  test("of ours stays, so that the tabs of a browser share it", async () => {
    const browser = new TestBrowser(app.url);
    const first = await begin(browser);
    expect(await begin(browser)).toBe(first);
  });

  test("of ours with another mark is replaced", async () => {
    const own = await begin(new TestBrowser(app.url));
    const changed = own.replace(/^./, (letter) => (letter === "A" ? "B" : "A"));
    expect(await begin(browserWith("gh_flow", changed))).not.toBe(changed);
  });
});

test("an ID token as a hint means its user, and no other one who is signed in", async () => {
  const ada = await signInForTokens(app, tenant);
  const eve = await signInForTokens(app, tenant, { email: `eve@${tenant.domain}` });
  const ask = async (id_token_hint: string | undefined) => {
    const values = { prompt: "none", id_token_hint: id_token_hint ?? "" };
    return new URL((await ada.browser.visit(authorizeUrl(app, values))).location).searchParams.get("error");
  };
  expect(await ask(ada.tokens.id_token)).toBeNull();
  expect(await ask(eve.tokens.id_token)).toBe("login_required");
});

test("a session answers nothing after seven idle days, and a silent answer counts as activity", async () => {
  const { browser } = await samlSignIn(app, tenant);
  for (const days of [6, 6]) {
    app.advance(days * 86_400);
    expect(await isSignedIn(browser)).toBe(true);
  }
  app.advance(7 * 86_400 + 1);
  expect(await isSignedIn(browser)).toBe(false);
});
