/** The doors of OpenID Connect connections: the way there and the redirect URI. */
import type { Ctx } from "../../context.ts";
import { browserCookies, readBrowser } from "../../transport/browser.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { stepReply } from "../../transport/step.ts";
import { completeOidc, depart } from "../auth/flow.ts";
import * as environments from "../environments/environments.ts";

const base = "/sso/v1/oidc/:connectionId";

export const oidcRoutes: HttpRoute[] = [
  { method: "GET", path: `${base}/init`, errors: "page", handle: answerInit },
  { method: "GET", path: `${base}/callback`, errors: "page", handle: answerCallback },
];

async function answerInit(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const { publicUrl } = await environments.current(ctx);
  const input = {
    authRequestId: request.query.get("auth_request") ?? "",
    connectionId: request.params.connectionId ?? "",
    loginHint: request.query.get("login_hint") ?? "",
  };
  const step = await depart(ctx, input, readBrowser(request, publicUrl));
  return stepReply(step, browserCookies(step, publicUrl));
}

async function answerCallback(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const { publicUrl } = await environments.current(ctx);
  const input = { connectionId: request.params.connectionId ?? "", answer: request.query };
  const step = await completeOidc(ctx, input, readBrowser(request, publicUrl));
  return stepReply(step, browserCookies(step, publicUrl));
}
