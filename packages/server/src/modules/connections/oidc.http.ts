/** The door of OpenID Connect connections: the redirect URI. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { answerStep } from "../../transport/step.ts";
import { completeOidc } from "../auth/flow.ts";
import * as environments from "../environments/environments.ts";

export const oidcRoutes: HttpRoute[] = [
  {
    method: "GET",
    path: "/sso/v1/oidc/:connectionId/callback",
    errors: "page",
    limit: "signInPerAddress",
    handle: answerCallback,
  },
];

async function answerCallback(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  const input = { connectionId: request.params.connectionId ?? "", answer: request.query };
  return answerStep(request, environment, (browser) => completeOidc(ctx, input, browser));
}
