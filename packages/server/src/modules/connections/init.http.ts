/** The door that leaves the hosted page for an identity provider, alike for all kinds of connection. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { answerStep } from "../../transport/step.ts";
import { depart } from "../auth/flow.ts";
import * as environments from "../environments/environments.ts";
import { connectionErrors as errors } from "./errors.ts";

export const initRoutes: HttpRoute[] = ["saml", "oidc", "oauth"].map((kind) => ({
  method: "GET",
  path: `/sso/v1/${kind}/:connectionId/init`,
  errors: "page",
  limit: "signInPerAddress",
  handle: answerInit,
}));

async function answerInit(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  // Only our own page leads here: a link of another site must not choose where a user's sign-in goes.
  if (request.headers["sec-fetch-site"] === "cross-site") throw errors.invalid_state();
  const environment = await environments.current(ctx);
  const input = {
    authRequestId: request.query.get("auth_request") ?? "",
    connectionId: request.params.connectionId ?? "",
    loginHint: request.query.get("login_hint") ?? "",
  };
  return answerStep(request, environment, (browser) => depart(ctx, input, browser));
}
