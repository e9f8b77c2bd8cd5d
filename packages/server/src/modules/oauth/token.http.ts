/** The doors of /oauth/token, /oauth/introspect and /revoke. */
import type { Ctx } from "../../context.ts";
import { requireAddressWithin } from "../../limits.ts";
import { type HttpReply, type HttpRequest, type HttpRoute, json } from "../../transport/http.ts";
import { preflight, readable } from "./cors.ts";
import { oauthErrors as errors } from "./errors.ts";
import { type Parameters, readParameters } from "./parameters.ts";
import { exchange } from "./token.ts";
import { introspect, revoke } from "./token-state.ts";

const noStore = { "cache-control": "no-store", pragma: "no-cache" };

export const tokenRoutes: HttpRoute[] = [
  post("/oauth/token", async (ctx, parameters, authorization) =>
    json(await exchange(ctx, parameters, authorization)),
  ),
  post("/oauth/introspect", async (ctx, parameters, authorization) =>
    json(await introspect(ctx, parameters, authorization)),
  ),
  post("/revoke", async (ctx, parameters, authorization) => {
    await revoke(ctx, parameters, authorization);
    return { status: 200, headers: {} };
  }),
  ...["/oauth/token", "/oauth/introspect", "/revoke"].map(preflight),
];

function post(
  path: string,
  answer: (ctx: Ctx, parameters: Parameters, authorization: string | undefined) => Promise<HttpReply>,
): HttpRoute {
  return {
    method: "POST",
    path,
    errors: "oauth",
    async handle(ctx, request) {
      return readable(ctx, request, async () => {
        requireAddressWithin(ctx.app, "tokensPerAddress", ctx.request.ip);
        const reply = await answer(ctx, parametersOf(ctx, request), authorizationOf(request));
        return { ...reply, headers: { ...reply.headers, ...noStore } };
      });
    },
  };
}

function parametersOf(ctx: Ctx, request: HttpRequest): Parameters {
  if (request.query.size === 0) return readParameters(request.form);
  // An old reference page shows the parameters in the query; credentials in a URL end up in logs.
  if (ctx.app.config.mode === "production") {
    throw errors.invalid_request("Send the parameters in the body, form-encoded, not in the URL");
  }
  return readParameters(request.form.size === 0 ? request.query : request.form);
}

function authorizationOf(request: HttpRequest): string | undefined {
  const value = request.headers.authorization;
  return typeof value === "string" ? value : undefined;
}
