/** The doors of SAML connections: metadata, the way there, and the assertion consumer service. */
import type { Ctx } from "../../context.ts";
import { type HttpReply, type HttpRequest, type HttpRoute, redirect } from "../../transport/http.ts";
import { answerStep } from "../../transport/step.ts";
import { completeSaml } from "../auth/flow.ts";
import { startFromIdp } from "../auth/idp-initiated.ts";
import * as environments from "../environments/environments.ts";
import { connectionErrors as errors } from "./errors.ts";
import { keepResponse, legOfRelayState, spMetadata } from "./saml.ts";

const base = "/sso/v1/saml/:connectionId";

export const samlRoutes: HttpRoute[] = [
  { method: "GET", path: base, errors: "api", handle: answerMetadata },
  { method: "GET", path: `${base}/metadata`, errors: "api", handle: answerMetadata },
  { method: "POST", path: `${base}/callback`, errors: "page", limit: "signInPerAddress", handle: keepPosted },
  {
    method: "GET",
    path: `${base}/callback`,
    errors: "page",
    limit: "signInPerAddress",
    handle: answerCallback,
  },
];

async function answerMetadata(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const body = await spMetadata(ctx, request.params.connectionId ?? "");
  return { status: 200, headers: { "content-type": "application/samlmetadata+xml; charset=utf-8" }, body };
}

/**
 * The identity provider's POST comes from its site, without our Lax cookies: it is kept for a GET of ours. One that
 * answers no sign-in under way only starts one.
 */
async function keepPosted(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const { publicUrl } = await environments.current(ctx);
  const id = request.params.connectionId ?? "";
  for (const name of ["SAMLResponse", "RelayState"]) {
    if (request.form.getAll(name).length > 1) throw errors.invalid_saml_form_params();
  }
  const samlResponse = request.form.get("SAMLResponse") || undefined;
  if (samlResponse === undefined) throw errors.invalid_saml_form_params();
  const relayState = request.form.get("RelayState") ?? "";
  const leg = await legOfRelayState(ctx, id, relayState);
  if (!leg) return redirect(await startFromIdp(ctx, { connectionId: id, samlResponse, relayState }), 303);
  const ticket = await keepResponse(ctx, leg, samlResponse);
  return redirect(`${publicUrl}/sso/v1/saml/${encodeURIComponent(id)}/callback?ticket=${ticket}`, 303);
}

async function answerCallback(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const environment = await environments.current(ctx);
  const input = {
    connectionId: request.params.connectionId ?? "",
    ticket: request.query.get("ticket") ?? "",
  };
  return answerStep(request, environment, (browser) => completeSaml(ctx, input, browser));
}
