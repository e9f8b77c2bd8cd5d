/** The door of the simulated SAML identity provider. */
import type { Ctx } from "../../context.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { page, submitPage } from "../../transport/page.ts";
import { chooserPage } from "./pages.http.ts";
import { readChoice } from "./people.ts";
import * as saml from "./saml.ts";
import { audienceOf } from "./simulator.ts";

export const samlRoutes: HttpRoute[] = [
  { method: "GET", path: "/simulator/saml/metadata", errors: "page", handle: metadata },
  { method: "GET", path: "/simulator/saml/sso", errors: "page", handle: choose },
  { method: "POST", path: "/simulator/saml/sso", errors: "page", handle: choose },
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
  const { name, domains } = await audienceOf(ctx, signIn.connection);
  const { relayState } = signIn;
  return page(
    chooserPage({
      protocol: "SAML",
      organization: name,
      domains,
      action: "/simulator/saml/answer",
      carried: {
        connection: signIn.connection.id,
        request: signIn.requestId,
        ...(relayState !== undefined && { RelayState: relayState }),
      },
      loginHint: "",
    }),
  );
}

async function answer(ctx: Ctx, { form }: HttpRequest): Promise<HttpReply> {
  const signIn = await saml.resume(ctx, {
    connectionId: form.get("connection") ?? "",
    requestId: form.get("request") ?? "",
    relayState: form.get("RelayState"),
  });
  const { domains } = await audienceOf(ctx, signIn.connection);
  const { action, fields } = await saml.answer(ctx, signIn, readChoice(form, domains));
  return submitPage({
    title: "Signing you in",
    message: "The simulated identity provider sends its answer to the application.",
    action,
    fields,
  });
}
