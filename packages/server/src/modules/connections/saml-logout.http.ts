/** The door of SAML single logout: both of its addresses take both messages by both bindings. */
import type { Ctx } from "../../context.ts";
import { readBrowser } from "../../transport/browser.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { answerSignOut } from "../../transport/signed-out.ts";
import * as environments from "../environments/environments.ts";
import { receive } from "./saml-logout.ts";

const base = "/sso/v1/saml/:connectionId/slo";

export const samlLogoutRoutes: HttpRoute[] = [base, `${base}/callback`].flatMap((path): HttpRoute[] => [
  { method: "GET", path, errors: "page", limit: "signInPerAddress", handle: answerLogout },
  { method: "POST", path, errors: "page", limit: "signInPerAddress", handle: answerLogout },
]);

async function answerLogout(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  const { sessionSecret } = readBrowser(request, environment);
  const arrived = request.method === "POST" ? { form: request.form } : { rawQuery: request.rawQuery };
  const step = await receive(ctx, request.params.connectionId ?? "", arrived, sessionSecret);
  return answerSignOut(request, environment, step);
}
