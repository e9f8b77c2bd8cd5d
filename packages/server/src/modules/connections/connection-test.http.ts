/** The door of `test_connection_uri`: begins a test sign-in, alike for all kinds of connection. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { answerStep } from "../../transport/step.ts";
import { beginTest } from "../auth/connection-test.ts";
import * as environments from "../environments/environments.ts";

export const connectionTestRoutes: HttpRoute[] = ["saml", "oidc", "oauth", "connections"].map((kind) => ({
  method: "GET",
  path: `/sso/v1/${kind}/:connectionId/test`,
  errors: "page",
  limit: "signInPerAddress",
  handle: answerTest,
}));

async function answerTest(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  return answerStep(request, environment, (browser) =>
    beginTest(ctx, request.params.connectionId ?? "", browser),
  );
}
