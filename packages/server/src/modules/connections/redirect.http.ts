/** The door of OpenID Connect and social connections: their redirect URIs. */
import type { HttpRoute } from "../../transport/http.ts";
import { answerStep } from "../../transport/step.ts";
import { completeRedirect } from "../auth/flow.ts";
import * as environments from "../environments/environments.ts";

export const redirectRoutes: HttpRoute[] = [
  redirectUri("/sso/v1/oidc/:connectionId/callback", "OIDC"),
  redirectUri("/sso/v1/oauth/:connectionId/callback", "OAUTH"),
];

function redirectUri(path: string, kind: "OIDC" | "OAUTH"): HttpRoute {
  return {
    method: "GET",
    path,
    errors: "page",
    limit: "signInPerAddress",
    handle: async (ctx, request) => {
      const environment = await environments.current(ctx);
      const input = { connectionId: request.params.connectionId ?? "", answer: request.query };
      return answerStep(request, environment, (browser) => completeRedirect(ctx, kind, input, browser));
    },
  };
}
