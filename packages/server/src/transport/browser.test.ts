/** The session cookie as an environment wants it: how long, for which hosts, and from which sites it is sent. */
import { describe, expect, test } from "vitest";
import { browserCookies, type CookieSite, readBrowser } from "./browser.ts";
import type { HttpRequest } from "./http.ts";

const defaults: CookieSite["session"] = {
  cookiePersistence: "PERSISTENT",
  cookieSameSite: "LAX_MODE",
  cookieCustomDomain: "",
};

function site(publicUrl: string, session: Partial<CookieSite["session"]> = {}): CookieSite {
  return { publicUrl, session: { ...defaults, ...session } };
}

const secure = "https://id.acme.test";
const year = "Max-Age=34560000; ";

describe("a session that begins sets", () => {
  test.each([
    [site(secure), `__Host-gh_session=s; Path=/; ${year}SameSite=Lax; HttpOnly; Secure`],
    [
      site(secure, { cookiePersistence: "SESSION" }),
      "__Host-gh_session=s; Path=/; SameSite=Lax; HttpOnly; Secure",
    ],
    [
      site(secure, { cookieSameSite: "NONE_MODE" }),
      `__Host-gh_session=s; Path=/; ${year}SameSite=None; HttpOnly; Secure`,
    ],
    [
      site(secure, { cookieCustomDomain: "acme.test" }),
      `__Secure-gh_session=s; Path=/; Domain=acme.test; ${year}SameSite=Lax; HttpOnly; Secure`,
    ],
    // What the environment's present address cannot have is left out: else nobody could sign in.
    [
      site(secure, { cookieCustomDomain: "cme.test" }),
      `__Host-gh_session=s; Path=/; ${year}SameSite=Lax; HttpOnly; Secure`,
    ],
    [
      site("http://localhost", { cookieSameSite: "NONE_MODE", cookieCustomDomain: "localhost" }),
      `gh_session=s; Path=/; ${year}SameSite=Lax; HttpOnly`,
    ],
  ])("%j: %s", (site, header) => {
    expect(browserCookies({ sessionSecret: "s" }, site)).toEqual([header]);
  });
});

test("a session that ends removes its cookie, whatever its kind", () => {
  const ended = browserCookies({ sessionSecret: "" }, site(secure, { cookiePersistence: "SESSION" }));
  expect(ended).toEqual(["__Host-gh_session=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly; Secure"]);
});

test("the cookie of a whole domain is read under its own name, and that of the host is not", () => {
  const request = {
    cookies: { "__Host-gh_session": "host", "__Secure-gh_session": "domain", "__Host-gh_flow": "flow" },
  } as unknown as HttpRequest;
  const whole = readBrowser(request, site(secure, { cookieCustomDomain: "acme.test" }));
  expect(whole).toEqual({ flowSecret: "flow", sessionSecret: "domain" });
  expect(readBrowser(request, site(secure)).sessionSecret).toBe("host");
});
