/** The doors of discovery, /keys, /userinfo and /oidc/logout. */
import type { Ctx } from "../../context.ts";
import { requireAddressWithin } from "../../limits.ts";
import { readBrowser } from "../../transport/browser.ts";
import { askByGet } from "../../transport/by-get.ts";
import { type HttpReply, type HttpRequest, type HttpRoute, json } from "../../transport/http.ts";
import { answerSignOut } from "../../transport/signed-out.ts";
import * as environments from "../environments/environments.ts";
import * as keys from "../keys/keys.ts";
import { preflight, readable } from "./cors.ts";
import { discoveryDocument } from "./discovery.ts";
import { oauthErrors as errors } from "./errors.ts";
import { logout } from "./logout.ts";
import { userInfo } from "./token-state.ts";

export const documentRoutes: HttpRoute[] = [
  document("/.well-known/openid-configuration", discoveryDocument),
  document("/.well-known/oauth-authorization-server", discoveryDocument),
  document("/keys", keys.jwks),
  { method: "GET", path: "/userinfo", errors: "oauth", handle: answerUserInfo },
  { method: "POST", path: "/userinfo", errors: "oauth", handle: answerUserInfo },
  ...[
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/keys",
    "/userinfo",
  ].map(preflight),
  { method: "GET", path: "/oidc/logout", errors: "page", limit: "signInPerAddress", handle: answerLogout },
  // RP-Initiated Logout 1.0 section 2 wants both methods.
  { method: "POST", path: "/oidc/logout", errors: "page", limit: "signInPerAddress", handle: repeatLogout },
];

function document(path: string, read: (ctx: Ctx) => Promise<string>): HttpRoute {
  return {
    method: "GET",
    path,
    errors: "api",
    async handle(ctx, request) {
      const headers = {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "public, max-age=300",
      };
      return readable(ctx, request, async () => ({ status: 200, headers, body: await read(ctx) }));
    },
  };
}

async function answerUserInfo(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const header = request.headers.authorization;
  const token = /^Bearer +(\S+)$/i.exec(typeof header === "string" ? header : "")?.[1];
  return readable(ctx, request, async () => {
    requireAddressWithin(ctx.app, "tokensPerAddress", ctx.request.ip);
    if (token === undefined) throw errors.invalid_token();
    return json(await userInfo(ctx, token), 200, { "cache-control": "no-store" });
  });
}

async function answerLogout(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  const { sessionSecret } = readBrowser(request, environment);
  const step = await logout(ctx, request.query, sessionSecret);
  const cleared = sessionSecret === undefined ? {} : { sessionSecret: "" };
  return answerSignOut(request, environment, { ...step, ...cleared });
}

async function repeatLogout(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  return askByGet(request, (await environments.current(ctx)).publicUrl);
}
