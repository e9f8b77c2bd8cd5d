/** The door of the simulated SAML identity provider. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { page, submitPage } from "../../transport/page.ts";
import { chooserPage, downPage } from "./pages.http.ts";
import { readChoice } from "./people.ts";
import * as saml from "./saml.ts";
import { audienceOf } from "./simulator.ts";

export const samlRoutes: HttpRoute[] = [
  { method: "GET", path: "/simulator/saml/metadata", errors: "page", handle: metadata },
  { method: "GET", path: "/simulator/saml/sso", errors: "page", handle: choose },
  { method: "POST", path: "/simulator/saml/sso", errors: "page", handle: choose },
  { method: "GET", path: "/simulator/saml/start", errors: "page", handle: start },
  { method: "POST", path: "/simulator/saml/answer", errors: "page", handle: answer },
];

async function metadata(ctx: Ctx): Promise<HttpReply> {
  return {
    status: 200,
    headers: { "content-type": "application/samlmetadata+xml", "cache-control": "no-store" },
    body: await saml.metadata(ctx),
  };
}

/** HTTP-Redirect arrives by GET, HTTP-POST by POST. */
async function choose(ctx: Ctx, request: HttpRequest): Promise<HttpReply> {
  const isPost = request.method === "POST";
  const sent = isPost ? request.form : request.query;
  const signIn = await saml.receive(ctx, {
    binding: isPost ? "post" : "redirect",
    samlRequest: sent.get("SAMLRequest"),
    relayState: sent.get("RelayState"),
  });
  return chooser(ctx, signIn);
}

/** IdP-initiated: as if somebody had opened the app from the identity provider's own dashboard. */
async function start(ctx: Ctx, { query }: HttpRequest): Promise<HttpReply> {
  const connectionId = query.get("connection");
  return chooser(ctx, await saml.start(ctx, { connectionId, relayState: query.get("relay_state") }));
}

async function chooser(ctx: Ctx, signIn: saml.SamlSignIn): Promise<HttpReply> {
  const { name, domains } = await audienceOf(ctx, signIn.connection);
  const { requestId, relayState } = signIn;
  return page(
    chooserPage({
      protocol: "SAML",
      organization: name,
      domains,
      action: "/simulator/saml/answer",
      carried: {
        connection: signIn.connection.id,
        ...(requestId !== undefined && { request: requestId }),
        ...(relayState !== undefined && { RelayState: relayState }),
      },
      loginHint: "",
      unasked: requestId === undefined,
    }),
  );
}

async function answer(ctx: Ctx, { form }: HttpRequest): Promise<HttpReply> {
  const signIn = await saml.resume(ctx, {
    connectionId: form.get("connection") ?? "",
    requestId: form.get("request"),
    relayState: form.get("RelayState"),
  });
  const { domains } = await audienceOf(ctx, signIn.connection);
  const choice = readChoice(form, { domains, protocol: "SAML" });
  if ("person" in choice && choice.misbehaviour === "down") return page(downPage);
  const { action, fields } = await saml.answer(ctx, signIn, choice);
  return submitPage({
    title: "Signing you in",
    message: "The simulated identity provider sends its answer to the application.",
    action,
    fields,
  });
}
