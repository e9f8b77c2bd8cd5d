/** The sign-in page in a real browser, under the policy that the server sends. */
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPages } from "../scripts/build-pages.ts";
import { hasNoChromium, launch } from "./browser.ts";
import { type LoginServer, startLoginServer } from "./login-server.ts";

const START_MS = 60_000;
const PHONE = { width: 320, height: 640 };
const ADDRESS = "ada@acme.example";

describe.skipIf(hasNoChromium())("/a/auth/login", { timeout: 20_000 }, () => {
  let browser: Browser;
  // One for all tests, so that the files are loaded once.
  let context: BrowserContext;
  let server: LoginServer;
  beforeAll(async () => {
    await buildPages(fileURLToPath(new URL("..", import.meta.url)));
    [server, browser] = await Promise.all([startLoginServer(), launch()]);
    context = await browser.newContext();
  }, START_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function visit(query: string, path = "login") {
    const page = await context.newPage();
    const complaints = watch(page);
    server.lookedUp.length = 0;
    await page.goto(`${server.origin}/a/auth/${path}?${query}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const email = page.locator('input[name="email"]');
    const button = page.getByRole("button", { name: "Continue" });
    const close = async () => {
      await page.close();
      expect(complaints).toEqual([]);
    };
    return { page, email, button, alert: page.getByRole("alert"), [Symbol.asyncDispose]: close };
  }

  test("asks for the address, with the field in focus", async () => {
    await using at = await visit("auth_request=req_1");
    expect(await at.page.title()).toBe("Sign in · Gatehouse");
    expect(await at.page.getByRole("heading").allTextContents()).toEqual(["Sign in"]);
    expect(await focused(at.page)).toBe("email");
    expect(await at.page.getByLabel("Work e-mail").getAttribute("name")).toBe("email");
  });

  test("goes to the sign-in of the organization by keyboard alone, with the request and the address", async () => {
    await using at = await visit("auth_request=req_1");
    server.answer = { uri: "/sso/v1/saml/conn_1/init?x=1" };
    await at.page.keyboard.type(ADDRESS);
    await at.page.keyboard.press("Enter");
    await at.page.waitForURL("**/sso/**");
    const url = new URL(at.page.url());
    expect(url.pathname).toBe("/sso/v1/saml/conn_1/init");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      x: "1",
      auth_request: "req_1",
      login_hint: ADDRESS,
    });
    expect(server.lookedUp).toEqual([ADDRESS]);
  });

  test("fills in login_hint, and sends what the reader made of it", async () => {
    await using at = await visit(`auth_request=req_1&login_hint=${encodeURIComponent("a+b@acme.example")}`);
    expect(await at.email.inputValue()).toBe("a+b@acme.example");
    server.answer = { uri: "/sso" };
    await at.email.fill("c+d@acme.example");
    await at.button.click();
    await at.page.waitForURL("**/sso?**");
    expect(new URL(at.page.url()).searchParams.get("login_hint")).toBe("c+d@acme.example");
  });

  test("says that the domain has no single sign-on, keeps what was typed, and moves nothing", async () => {
    await using at = await visit("auth_request=req_1");
    await at.page.setViewportSize(PHONE);
    server.answer = { status: 404, code: "not_found" };
    await at.email.fill(ADDRESS);
    const before = [await at.email.boundingBox(), await at.button.boundingBox()];
    await at.button.click();
    await at.alert.waitFor();
    expect(await at.alert.textContent()).toContain("No single sign-on for acme.example");
    expect(await at.alert.textContent()).toContain("ask your administrator");
    expect(await at.email.inputValue()).toBe(ADDRESS);
    expect(await at.email.getAttribute("aria-invalid")).toBe("true");
    expect(await at.email.getAttribute("aria-describedby")).toContain(
      String(await at.alert.getAttribute("id")),
    );
    expect(await focused(at.page)).toBe("email");
    expect([await at.email.boundingBox(), await at.button.boundingBox()]).toEqual(before);
  });

  test("offers to try again when the server does not answer, and then goes on", async () => {
    await using at = await visit("auth_request=req_1");
    await at.page.route("**/scalekit.v1.**", (route) => route.abort("connectionreset"));
    await at.email.fill(ADDRESS);
    await at.button.click();
    await at.alert.waitFor();
    expect(await at.alert.textContent()).toContain("did not answer");
    await at.page.unrouteAll();
    server.answer = { uri: "/sso" };
    await at.page.getByRole("button", { name: "Try again" }).click();
    await at.page.waitForURL("**/sso?**");
    expect(server.lookedUp).toEqual([ADDRESS]);
  });

  test.each([
    ["a fault of the server", { status: 500, code: "internal" }, "on our side"],
    ["too many attempts", { status: 429, code: "resource_exhausted" }, "Wait a minute"],
    ["a refused address", { status: 400, code: "invalid_argument" }, "cannot be used"],
    ["a script as the next address", { uri: "javascript:alert(1)" }, "cannot be opened"],
    ["another host without TLS", { uri: "http://evil.example/" }, "cannot be opened"],
    ["no next address", { uri: "" }, "cannot be opened"],
  ] as const)("stays and explains: %s", async (_case, answer, words) => {
    await using at = await visit("auth_request=req_1");
    server.answer = answer;
    await at.email.fill(ADDRESS);
    await at.button.click();
    await at.alert.waitFor();
    expect(await at.alert.textContent()).toContain(words);
    expect(new URL(at.page.url()).pathname).toBe("/a/auth/login");
  });

  test.each(["", "ada", "ada@"])("asks for a full address instead of sending %j", async (typed) => {
    await using at = await visit("auth_request=req_1");
    await at.email.fill(typed);
    await at.button.click();
    await at.page.getByText("Enter a full e-mail address.").waitFor();
    expect(await focused(at.page)).toBe("email");
    await at.email.fill("ada@a");
    expect(await at.email.getAttribute("aria-invalid")).toBeNull();
    expect(server.lookedUp).toEqual([]);
  });

  test("looks up once, however often it is pressed, and keeps the focus", async () => {
    await using at = await visit("auth_request=req_1");
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    server.answer = { status: 404, code: "not_found" };
    await at.email.fill(ADDRESS);
    await at.button.focus();
    for (const key of ["Enter", "Enter", "Space"]) await at.page.keyboard.press(key);
    expect(await at.button.getAttribute("aria-disabled")).toBe("true");
    expect(await focused(at.page)).toBe("BUTTON");
    gate.resolve();
    await at.alert.waitFor();
    expect(server.lookedUp).toEqual([ADDRESS]);
  });

  test("can be used again after going back to it", async () => {
    await using at = await visit("auth_request=req_1");
    server.answer = { uri: "/sso" };
    for (const _visit of [1, 2]) {
      await at.email.fill(ADDRESS);
      await at.button.click();
      await at.page.waitForURL("**/sso?**");
      await at.page.goBack();
      await at.email.waitFor();
      expect(await at.button.getAttribute("aria-disabled")).toBe("false");
    }
  });

  test("shows why the last attempt ended, as text", async () => {
    const reason = encodeURIComponent("<b>Not assigned</b>\n to the app.");
    await using at = await visit(`auth_request=req_1&error=access_denied&error_description=${reason}`);
    expect(await at.alert.textContent()).toContain("“<b>Not assigned</b> to the app.”");
    expect(await at.alert.textContent()).toContain("access_denied");
    expect(await at.page.locator("b").count()).toBe(0);
  });

  test("shows no text that comes without a well-formed error code", async () => {
    await using at = await visit("auth_request=req_1&error=Call%20us&error_description=Call%20us");
    expect(await at.page.getByText("Call us").count()).toBe(0);
  });

  test("says so when no sign-in waits for it", async () => {
    await using at = await visit("");
    expect(await at.page.getByText("No sign-in is waiting").count()).toBe(1);
  });

  test("follows the system between light and dark, and fits a narrow phone", async () => {
    await using at = await visit("auth_request=req_1");
    await at.page.setViewportSize(PHONE);
    const ground = () => at.page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(await ground()).toBe("rgb(243, 241, 236)");
    await at.page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(ground).toBe("rgb(16, 21, 20)");
    expect(await at.page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
  });

  test("names a path without a page", async () => {
    await using at = await visit("", "nowhere/else");
    expect(await at.page.title()).toBe("Page not found · Gatehouse");
  });

  test("tells readers without JavaScript what it needs", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const page = await plain.newPage();
    await page.goto(`${server.origin}/a/auth/login`);
    expect(await page.locator("noscript").textContent()).toContain("needs JavaScript");
    await plain.close();
  });
});

// What the browser refused by policy, and what the page threw; a failed request is not the page's fault.
function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    if (!/^Failed to load resource/.test(text)) complaints.push(text);
  });
  return complaints;
}

function focused(page: Page): Promise<string> {
  return page.evaluate("document.activeElement.name || document.activeElement.tagName");
}
