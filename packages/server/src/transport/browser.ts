/**
 * The browser behind a request: the secrets that its cookies carry. The flow cookie binds a sign-in to the
 * browser that began it; the session cookie is the session. Both are opaque, HttpOnly and Lax.
 */
import { cookie, cookieName } from "../lib/cookies.ts";
import type { HttpRequest } from "./http.ts";

export interface Browser {
  flowSecret: string | undefined;
  sessionSecret: string | undefined;
}

/** What a step of the sign-in changes in the browser; an empty session secret removes the cookie. */
export interface BrowserChange {
  flowSecret?: string;
  sessionSecret?: string;
}

/** Where the cookies belong, and how an environment wants that of its sessions. */
export interface CookieSite {
  publicUrl: string;
  session: {
    /** PERSISTENT survives the end of the browser. */
    cookiePersistence: "PERSISTENT" | "SESSION";
    cookieSameSite: "LAX_MODE" | "NONE_MODE";
    /** A domain above the host, whose other hosts get the cookie, too; "" for none. */
    cookieCustomDomain: string;
  };
}

const flow = "gh_flow";
const session = "gh_session";
const sessionCookieAge = 400 * 86_400;

/** Over https the cookies carry the `__Host-` prefix, but for a session cookie that is for a whole domain. */
export function readBrowser(request: HttpRequest, site: CookieSite): Browser {
  const https = site.publicUrl.startsWith("https:");
  return {
    flowSecret: request.cookies[cookieName(flow, { https })],
    sessionSecret: request.cookies[cookieName(session, { https, ...domainOf(site) })],
  };
}

/** The `Set-Cookie` values of a change. */
export function browserCookies(change: BrowserChange, site: CookieSite): string[] {
  const https = site.publicUrl.startsWith("https:");
  const options = { httpOnly: true, secure: https, sameSite: "Lax", path: "/" } as const;
  const set: string[] = [];
  if (change.flowSecret !== undefined)
    set.push(cookie(cookieName(flow, { https }), change.flowSecret, options));
  if (change.sessionSecret !== undefined) {
    const domain = domainOf(site);
    set.push(
      cookie(cookieName(session, { https, ...domain }), change.sessionSecret, {
        ...options,
        ...domain,
        ...ageOf(change.sessionSecret, site),
        // Without https browsers refuse such a cookie in silence.
        sameSite: https && site.session.cookieSameSite === "NONE_MODE" ? "None" : "Lax",
      }),
    );
  }
  return set;
}

/** The server decides when a session ends; a browser that keeps the cookie only must not forget it before. */
function ageOf(secret: string, { session }: CookieSite): { maxAgeSeconds?: number } {
  if (secret === "") return { maxAgeSeconds: 0 };
  return session.cookiePersistence === "SESSION" ? {} : { maxAgeSeconds: sessionCookieAge };
}

/** The environment may have got another address since its cookie domain was set: it must not sign everybody out. */
function domainOf({ publicUrl, session }: CookieSite): { domain?: string } {
  const { protocol, hostname } = new URL(publicUrl);
  const domain = session.cookieCustomDomain;
  const fits = domain !== "" && (hostname === domain || hostname.endsWith(`.${domain}`));
  return protocol === "https:" && fits ? { domain } : {};
}
