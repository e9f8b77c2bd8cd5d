/** The door of /oauth/authorize. */
import type { Ctx } from "../../context.ts";
import { askByGet } from "../../transport/by-get.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { answerStep } from "../../transport/step.ts";
import * as environments from "../environments/environments.ts";
import { authorize } from "./authorize.ts";

export const authorizeRoutes: HttpRoute[] = [
  { method: "GET", path: "/oauth/authorize", errors: "page", limit: "signInPerAddress", handle: answer },
  // OIDC Core 3.1.2.1: the endpoint takes both methods.
  { method: "POST", path: "/oauth/authorize", errors: "page", limit: "signInPerAddress", handle: repeat },
];

async function answer(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  return answerStep(request, environment, (browser) => authorize(ctx, request.query, browser));
}

async function repeat(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  return askByGet(request, (await environments.current(ctx)).publicUrl);
}
