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

const flow = "gh_flow";
const session = "gh_session";
const sessionCookieAge = 400 * 86_400;

/** @param publicUrl of the environment; over https the cookies carry the `__Host-` prefix */
export function readBrowser(request: HttpRequest, publicUrl: string): Browser {
  const https = publicUrl.startsWith("https:");
  return {
    flowSecret: request.cookies[cookieName(flow, { https })],
    sessionSecret: request.cookies[cookieName(session, { https })],
  };
}

/** The `Set-Cookie` values of a change. */
export function browserCookies(change: BrowserChange, publicUrl: string): string[] {
  const https = publicUrl.startsWith("https:");
  const options = { httpOnly: true, secure: https, sameSite: "Lax", path: "/" } as const;
  const set: string[] = [];
  if (change.flowSecret !== undefined)
    set.push(cookie(cookieName(flow, { https }), change.flowSecret, options));
  if (change.sessionSecret !== undefined) {
    // The server decides when a session ends; the browser only must not forget it before.
    const maxAgeSeconds = change.sessionSecret === "" ? 0 : sessionCookieAge;
    set.push(cookie(cookieName(session, { https }), change.sessionSecret, { ...options, maxAgeSeconds }));
  }
  return set;
}
