/** The doors of signing out at OpenID providers: the way back of a browser, and the back channel. */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { type HttpReply, type HttpRequest, type HttpRoute, json } from "../../transport/http.ts";
import { answerSignOut } from "../../transport/signed-out.ts";
import * as environments from "../environments/environments.ts";
import { receiveLogoutToken, returnFromLogout } from "./oidc-logout.ts";

const base = "/sso/v1/oidc/:connectionId";

export const oidcLogoutRoutes: HttpRoute[] = [
  {
    method: "GET",
    path: `${base}/logout/callback`,
    errors: "page",
    limit: "signInPerAddress",
    handle: answerReturn,
  },
  {
    method: "POST",
    path: `${base}/backchannel-logout`,
    errors: "oauth",
    limit: "signInPerAddress",
    handle: answerToken,
  },
];

const noStore = { "cache-control": "no-store" };

async function answerReturn(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  const id = request.params.connectionId ?? "";
  const step = await returnFromLogout(ctx, id, request.query.get("state") ?? "");
  return answerSignOut(request, environment, step);
}

/** The answers are those of Back-Channel Logout 1.0, section 2.8. */
async function answerToken(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const [token = "", ...more] = request.form.getAll("logout_token");
  try {
    await receiveLogoutToken(ctx, request.params.connectionId ?? "", more.length > 0 ? "" : token);
    return { status: 200, headers: noStore };
  } catch (error) {
    if (!(error instanceof AppError) || error.status === "INTERNAL") throw error;
    ctx.log.info({ code: error.code, err: error.cause }, error.message);
    const body = { error: "invalid_request", error_description: error.message };
    return json(body, 400, noStore);
  }
}
