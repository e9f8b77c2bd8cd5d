/**
 * The door of the dashboard: the links by which members sign in, and the cookie of their session. The dashboard's own
 * pages are not built; until they are, `/dashboard` says who is signed in.
 */
import type { Caller, Ctx } from "../../context.ts";
import { cookie, cookieName } from "../../lib/cookies.ts";
import { type HttpReply, type HttpRequest, type HttpRoute, redirect } from "../../transport/http.ts";
import { isOwnPage } from "../../transport/own-page.ts";
import { html, page } from "../../transport/page.ts";
import * as environments from "../environments/environments.ts";
import { memberErrors as errors } from "./errors.ts";
import * as invitations from "./invitations.ts";
import * as sessions from "./workspace-sessions.ts";

export const workspaceRoutes: HttpRoute[] = [
  { method: "GET", path: "/dashboard", errors: "page", handle: answerDashboard },
  { method: "GET", path: "/dashboard/invitations/:secret", errors: "page", handle: answerLink },
  { method: "POST", path: "/dashboard/invitations/:secret", errors: "page", handle: acceptLink },
  { method: "POST", path: "/dashboard/sign-out", errors: "page", handle: signOut },
];

/** The server decides when a session ends; the browser only must not forget it before. */
const cookieAge = 30 * 86_400;

/** The member whose session a request's cookies carry; undefined when they carry none that lives. */
export async function workspaceCaller(
  ctx: Ctx,
  cookies: Readonly<Record<string, string>>,
): Promise<Caller | undefined> {
  const secret = cookies[(await sessionCookie(ctx)).name];
  return secret === undefined ? undefined : sessions.callerOf(ctx, secret);
}

/** Programs that look at links before people do must not use them up, so it takes a button to sign in. */
async function answerLink(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const member = await invitations.peek(ctx, request.params.secret ?? "");
  return page({
    title: "Sign in to the dashboard",
    formAction: "'self'",
    // Without it browsers say of the form that it comes from nowhere.
    headers: { "referrer-policy": "same-origin" },
    body: html`<h1>Sign in to the dashboard</h1>
<p class="what">The link is for ${member.email}. It can be used once.</p>
<form method="post"><button type="submit">Sign in</button></form>`,
  });
}

async function acceptLink(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  // Else a stranger's page could sign a member in as somebody else (login CSRF).
  if (!isOwnPage(request.headers)) throw errors.MEMBER_FOREIGN_PAGE();
  const secret = await invitations.accept(ctx, request.params.secret ?? "");
  return redirect("/dashboard", 303, [await setCookie(ctx, secret)]);
}

async function answerDashboard(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const secret = request.cookies[(await sessionCookie(ctx)).name];
  const member = secret === undefined ? undefined : await sessions.find(ctx, secret);
  if (!member) throw errors.MEMBER_SIGNED_OUT();
  return page({
    title: "You are signed in to the dashboard",
    formAction: "'self'",
    headers: { "referrer-policy": "same-origin" },
    body: html`<h1>You are signed in</h1>
<p class="what">This browser may use the management API as ${member.email}. The dashboard's pages are not part of this
version.</p>
<dl>
<div><dt>Member</dt><dd><code>${member.id}</code></dd></div>
<div><dt>Role</dt><dd><code>${member.role}</code></dd></div>
</dl>
<form method="post" action="/dashboard/sign-out"><button type="submit">Sign out</button></form>`,
  });
}

async function signOut(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  if (!isOwnPage(request.headers)) throw errors.MEMBER_FOREIGN_PAGE();
  const secret = request.cookies[(await sessionCookie(ctx)).name];
  if (secret !== undefined) await sessions.end(ctx, secret);
  return redirect("/dashboard", 303, [await setCookie(ctx, "")]);
}

/** An empty secret removes the cookie. */
async function setCookie(ctx: Ctx, secret: string): Promise<string> {
  const { name, https } = await sessionCookie(ctx);
  const options = { httpOnly: true, secure: https, sameSite: "Lax", path: "/" } as const;
  return cookie(name, secret, { ...options, maxAgeSeconds: secret === "" ? 0 : cookieAge });
}

async function sessionCookie(ctx: Ctx): Promise<{ name: string; https: boolean }> {
  const { publicUrl } = await environments.current(ctx);
  const https = publicUrl.startsWith("https:");
  return { name: cookieName("gh_workspace", { https }), https };
}
