/** What a newcomer does after `npm start`: the demo app and the simulated identity providers in a real browser. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../packages/server/src/testing/app.ts";
import { hasNoChromium, launch } from "./browser.ts";
import { dataFolder, embeddedPid, type ServerProcess, startProcess } from "./server-process.ts";

const START_MS = 90_000;
const STEP_MS = 8_000;
const BACK = /^http:\/\/localhost:\d+\/$/;
const CHOOSER = { name: "Simulated identity provider" };

describe.skipIf(hasNoChromium())("npm start", { timeout: 30_000 }, () => {
  let browser: Browser;
  let server: ServerProcess;
  let url: string;
  let demo: string;
  const data = dataFolder();

  beforeAll(async () => {
    const [port, demoPort] = [await freePort(), await freePort()];
    url = `http://localhost:${port}`;
    demo = `http://localhost:${demoPort}`;
    const env = { GATEHOUSE_DATA: data.path, PORT: String(port), GATEHOUSE_DEMO_PORT: String(demoPort) };
    server = startProcess(env, "scripts/start.ts");
    [browser] = await Promise.all([launch(), server.says(`Demo app on ${demo}`)]);
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    server?.signal("SIGINT");
    const ending = await server?.ended;
    const left = embeddedPid(data.path);
    data[Symbol.dispose]();
    expect([ending?.code, left]).toEqual([0, undefined]);
  }, START_MS);

  /** A browser without cookies, on the demo's first page; disposing it checks that no page complained. */
  async function newcomer() {
    const context = await browser.newContext();
    context.setDefaultTimeout(STEP_MS);
    const complaints: string[] = [];
    watch(context, complaints);
    const page = await context.newPage();
    await page.goto(demo);
    const close = async () => {
      await context.close();
      expect(complaints).toEqual([]);
    };
    return { page, context, [Symbol.asyncDispose]: close };
  }

  test.each([
    ["by connection, SAML", (page: Page) => page.getByRole("link", { name: "SAML", exact: true }).click()],
    [
      "by connection, OpenID Connect",
      (page: Page) => page.getByRole("link", { name: "OpenID Connect" }).click(),
    ],
    ["by organization", (page: Page) => continueWith(page, "Organization id")],
    ["by e-mail domain", (page: Page) => continueWith(page, "Work e-mail", "ada@example.com")],
    ["by the hosted page", signInAtHostedPage],
  ])("signs in %s and shows who it is", async (_way, begin) => {
    await using at = await newcomer();
    await begin(at.page);
    await choose(at.page, "Ada Park");
    expect(await at.page.getByRole("heading", { level: 1 }).textContent()).toBe("Ada Park");
    expect(await claim(at.page, 0, "iss")).toContain(url);
    expect(await claim(at.page, 0, "email")).toContain("ada@example.com");
    expect(await claim(at.page, 1, "roles")).toContain("member");
    await at.page.getByText("valid", { exact: true }).waitFor();
  });

  test("the two protocols lead to the same user", async () => {
    const subjects: (string | null)[] = [];
    for (const name of ["SAML", "OpenID Connect"]) {
      await using at = await newcomer();
      await at.page.getByRole("link", { name, exact: true }).click();
      await choose(at.page, "Chiara Rossi");
      subjects.push(await claim(at.page, 0, "sub"));
    }
    expect(subjects[0]).toContain("usr_");
    expect(subjects[1]).toBe(subjects[0]);
  });

  test("tokens can be refreshed, again and again", async () => {
    await using at = await newcomer();
    await signIn(at.page);
    const seen = new Set([await claim(at.page, 1, "jti")]);
    for (const _time of [1, 2]) {
      await at.page.getByRole("button", { name: "Refresh tokens" }).click();
      await at.page.getByText("Refreshed at").waitFor();
      await expect.poll(async () => seen.has(await claim(at.page, 1, "jti"))).toBe(false);
      seen.add(await claim(at.page, 1, "jti"));
    }
  });

  test("another app finds the session, until somebody signs out", async () => {
    await using at = await newcomer();
    await signIn(at.page);
    // As an app that has no session of its own yet.
    await at.context.clearCookies({ name: "demo_session" });
    await at.page.goto(demo);
    await at.page.getByRole("link", { name: "Go to the sign-in page" }).click();
    await at.page.getByRole("heading", { name: "Ada Park" }).waitFor();
    await at.page.getByRole("button", { name: "Sign out" }).click();
    await at.page.getByRole("heading", { name: "You are signed out" }).waitFor();
    await at.page.getByRole("link", { name: "Sign in again" }).click();
    await at.page.getByRole("link", { name: "Go to the sign-in page" }).click();
    await at.page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    expect(new URL(at.page.url()).pathname).toBe("/a/auth/login");
  });

  test.each(["SAML", "OpenID Connect"])(
    "each failure of %s ends on a page of the app that helps",
    async (protocol) => {
      await using at = await newcomer();
      for (const failure of ["Invalid user credentials", "User not found", "Server error"]) {
        await at.page.getByRole("link", { name: protocol, exact: true }).click();
        await at.page.getByRole("button", { name: failure }).click();
        await at.page.getByRole("heading", { name: "You are not signed in" }).waitFor();
        expect(await at.page.locator("main").textContent()).toContain(failure);
        // Advice stands between the title and the details.
        expect(await at.page.locator("h1 + p").count()).toBe(1);
        await at.page.getByRole("link", { name: "Back to the app" }).click();
        await at.page.getByRole("heading", { name: "Sign in with your company account" }).waitFor();
      }
    },
  );

  test.each(["SAML", "OpenID Connect"])(
    "every way to misbehave in %s is where the demo says, and its trace says what happened",
    async (protocol) => {
      await using at = await newcomer();
      await at.page.getByRole("link", { name: "Let it fail" }).click();
      const told = at.page.locator("dl > div").filter({ hasText: `${protocol}:` });
      const ways = await told.locator("dt").allTextContents();
      expect(ways.length).toBeGreaterThan(9);
      await at.page.getByRole("link", { name: `Sign in by ${protocol}` }).click();
      await at.page.getByRole("heading", CHOOSER).waitFor();
      const buttons = await at.page.locator("button[name=misbehaviour]").allTextContents();
      expect(buttons.toSorted()).toEqual(ways.toSorted());
      await at.page.getByLabel("while signing in").selectOption("Ben Okoro");
      await at.page.getByRole("button", { name: "Wrong audience" }).click();
      await at.page.getByRole("heading", { name: "You are not signed in" }).waitFor();
      await at.page.getByRole("link", { name: "See what happened" }).click();
      await at.page.getByRole("heading", { name: "Step by step" }).waitFor();
      expect(await at.page.locator("main").textContent()).toContain("another-app");
    },
  );

  test("a sign-in that begins at the identity provider goes through the app", async () => {
    await using at = await newcomer();
    await at.page.getByRole("link", { name: "Open the dashboard" }).click();
    await at.page.getByText("Nobody asked for this sign-in").waitFor();
    await at.page.getByRole("button", { name: "Dana Levi" }).click();
    await at.page.getByText("choose who signs in").waitFor();
    await choose(at.page, "Dana Levi");
    expect(await at.page.getByRole("heading", { level: 1 }).textContent()).toBe("Dana Levi");
  });

  test("a SAML identity provider that is down tells the user", async () => {
    await using at = await newcomer();
    await at.page.getByRole("link", { name: "SAML", exact: true }).click();
    await at.page.getByRole("button", { name: "Down" }).click();
    await at.page.getByRole("heading", { name: "The identity provider is down" }).waitFor();
  });

  test("somebody new, at another domain than the organization's, is refused with advice", async () => {
    await using at = await newcomer();
    await at.page.getByRole("link", { name: "SAML", exact: true }).click();
    await at.page.getByText("Somebody else").click();
    await at.page.getByLabel("E-mail address").fill("eve@elsewhere.example");
    await at.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await at.page.getByRole("heading", { name: "You are not signed in" }).waitFor();
    expect(await at.page.locator("main").textContent()).toContain("invalid_user_domain");
  });

  test("going back and answering again ends on a page that says what happened", async () => {
    await using at = await newcomer();
    await signIn(at.page);
    await at.page.goBack();
    await at.page.getByRole("heading", CHOOSER).waitFor();
    await at.page.getByRole("button", { name: "Ben Okoro" }).click();
    await at.page.getByText("was finished already").waitFor();
    expect(await at.page.locator("main").textContent()).toContain("invalid_state");
    await at.page.goto(demo);
    expect(await at.page.getByRole("heading", { level: 1 }).textContent()).toBe("Ada Park");
  });

  test("of two tabs each finishes at the server; the app takes the one that it began last", async () => {
    await using at = await newcomer();
    const second = await at.context.newPage();
    await second.goto(demo);
    for (const page of [at.page, second]) {
      await page.getByRole("link", { name: "SAML", exact: true }).click();
      await page.getByRole("heading", CHOOSER).waitFor();
    }
    await choose(second, "Ada Park");
    await at.page.getByRole("button", { name: "Ada Park" }).click();
    await at.page.getByText("did not begin here").waitFor();
    await at.page.getByRole("link", { name: "Back to the app" }).click();
    await at.page.getByRole("heading", { name: "Ada Park" }).waitFor();
  });

  test.each([
    ["an unknown client", { client_id: "skc_1" }, "invalid_client"],
    ["no client", {}, "invalid_client"],
    [
      "a redirect URI of another site",
      { redirect_uri: "https://elsewhere.example/callback" },
      "invalid_redirect_uri",
    ],
    ["a redirect URI that is a script", { redirect_uri: "javascript:alert(1)" }, "invalid_redirect_uri"],
  ])("%s ends on a page of the server, not at an app", async (_case, sent, code) => {
    await using at = await newcomer();
    const { pathname, searchParams } = new URL(await hrefOfSignIn(at.page));
    for (const name of code === "invalid_client" ? ["client_id"] : ["redirect_uri"])
      searchParams.delete(name);
    for (const [name, value] of Object.entries(sent)) searchParams.set(name, value);
    const answer = await at.page.goto(`${url}${pathname}?${searchParams}`);
    expect(answer?.status()).toBe(400);
    expect(await at.page.locator("main").textContent()).toContain(code);
    expect(await at.page.locator("a").count()).toBe(0);
  });

  test("works without JavaScript, by buttons", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(demo);
    await page.getByRole("link", { name: "SAML", exact: true }).click();
    await page.getByRole("button", { name: "Ada Park" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Ada Park" }).waitFor();
    await context.close();
  });

  /** The authorization URL that the demo would send the browser to. */
  async function hrefOfSignIn(page: Page): Promise<string> {
    const answer = await page.request.get(`${demo}/login`, { maxRedirects: 0 });
    return answer.headers().location ?? "";
  }
});

async function signIn(page: Page): Promise<void> {
  await page.getByRole("link", { name: "SAML", exact: true }).click();
  await choose(page, "Ada Park");
}

async function signInAtHostedPage(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Go to the sign-in page" }).click();
  await continueWith(page, "Work e-mail", "ada@example.com");
}

async function continueWith(page: Page, label: string, value?: string): Promise<void> {
  const form = page.locator("form").filter({ has: page.getByLabel(label) });
  if (value !== undefined) await form.getByLabel(label).fill(value);
  await form.getByRole("button", { name: "Continue" }).click();
}

async function choose(page: Page, person: string): Promise<void> {
  await page.getByRole("heading", CHOOSER).waitFor();
  await page.getByRole("button", { name: person }).click();
  await page.waitForURL(BACK);
}

/** A row of the first (ID token) or second (access token) table. */
function claim(page: Page, table: 0 | 1, name: string): Promise<string | null> {
  const row = page
    .locator("table")
    .nth(table)
    .locator("tr")
    .filter({ has: page.locator(`code:text-is("${name}")`) });
  return row.locator(".value").textContent();
}

/** What the browser refused by policy, what a page threw, and requests that leave this machine. */
function watch(context: BrowserContext, complaints: string[]): void {
  context.on("console", (message) => {
    const text = message.text();
    if (!/^Failed to load resource: the server responded/.test(text)) complaints.push(text);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("request", (request) => {
    if (new URL(request.url()).hostname !== "localhost") complaints.push(`requested ${request.url()}`);
  });
}
