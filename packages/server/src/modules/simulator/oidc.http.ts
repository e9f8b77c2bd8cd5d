/** The door of the simulated OpenID provider. */
import type { Ctx } from "../../context.ts";
import { type HttpReply, type HttpRequest, type HttpRoute, json, redirect } from "../../transport/http.ts";
import { page } from "../../transport/page.ts";
import * as oidc from "./oidc.ts";
import { chooserPage } from "./pages.http.ts";
import { readChoice } from "./people.ts";
import { audienceOf } from "./simulator.ts";

const base = "/simulator/oidc";

export const oidcRoutes: HttpRoute[] = [
  { method: "GET", path: `${base}/.well-known/openid-configuration`, errors: "oauth", handle: discovery },
  { method: "GET", path: `${base}/keys`, errors: "oauth", handle: keys },
  { method: "GET", path: `${base}/authorize`, errors: "page", handle: choose },
  { method: "POST", path: `${base}/authorize`, errors: "page", handle: choose },
  { method: "POST", path: `${base}/answer`, errors: "page", handle: answer },
  { method: "POST", path: `${base}/token`, errors: "oauth", handle: token },
  { method: "GET", path: `${base}/userinfo`, errors: "oauth", handle: userInfo },
  { method: "POST", path: `${base}/userinfo`, errors: "oauth", handle: userInfo },
];

async function discovery(ctx: Ctx): Promise<HttpReply> {
  return json(await oidc.discovery(ctx));
}

async function keys(ctx: Ctx): Promise<HttpReply> {
  return json(await oidc.jwks(ctx));
}

/** Both methods carry a request (OIDC Core 3.1.2.1). */
async function choose(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const isPost = request.method === "POST";
  const signIn = await oidc.receive(ctx, isPost ? request.form : request.query);
  if (signIn.refusal) return redirect(await oidc.refuse(ctx, signIn, signIn.refusal), isPost ? 303 : 302);
  const { name, domains } = await audienceOf(ctx, signIn.connection);
  return page(
    chooserPage({
      protocol: "OpenID Connect",
      organization: name,
      domains,
      action: `${base}/answer`,
      carried: signIn.parameters,
      loginHint: signIn.loginHint,
      unasked: false,
    }),
  );
}

async function answer(ctx: Ctx, { form }: HttpRequest): Promise<HttpReply> {
  const signIn = await oidc.receive(ctx, form);
  if (signIn.refusal) return redirect(await oidc.refuse(ctx, signIn, signIn.refusal), 303);
  const { domains } = await audienceOf(ctx, signIn.connection);
  const choice = readChoice(form, { domains, protocol: "OpenID Connect" });
  return redirect(await oidc.answer(ctx, signIn, choice), 303);
}

/** Tokens are kept by nobody on the way (RFC 6749 section 5.1). */
async function token(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const tokens = await oidc.redeem(ctx, { authorization: authorizationOf(request), form: request.form });
  // In no words of the protocol: who answers is the proxy before the provider.
  if (tokens === "down") return { status: 503, headers: { "content-type": "text/plain" }, body: "Down\n" };
  return json(tokens, 200, { "cache-control": "no-store", pragma: "no-cache" });
}

async function userInfo(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  return json(await oidc.userInfo(ctx, authorizationOf(request)), 200, { "cache-control": "no-store" });
}

function authorizationOf({ headers }: HttpRequest): string | undefined {
  const value = headers.authorization;
  return typeof value === "string" ? value : undefined;
}
