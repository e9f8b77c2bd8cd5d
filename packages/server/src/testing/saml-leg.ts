/** One sign-in by SAML step by step, so that a test can bend each: begin, issue, post, and where it ends. */
import type { TestApp } from "./app.ts";
import { readForm, TestBrowser, type Visit } from "./browser.ts";
import type { IssueInput } from "./saml-idp.ts";
import { decode, encode, signByHand } from "./saml-messages.ts";
import { authorizeUrl, callback, readAuthnRequest, type SamlTenant } from "./sign-in.ts";

/** A sign-in that waits for the identity provider's answer. */
export interface SamlLeg {
  browser: TestBrowser;
  requestId: string;
  relayState: string;
  /** Our AuthnRequest. */
  xml: string;
}

/** Where a sign-in ended: at the app, with a code or an error, or on a page of ours. */
export interface Outcome {
  at: "app" | "page";
  status: number;
  code: string;
  error: string;
  description: string;
  state: string;
  issuer: string;
}

/** @param authorize what the app sends; the connection's id unless said otherwise */
export async function beginSaml(
  app: TestApp,
  tenant: SamlTenant,
  options: { browser?: TestBrowser; authorize?: Record<string, string> } = {},
): Promise<SamlLeg> {
  const browser = options.browser ?? new TestBrowser(app.url);
  const start = await browser.visit(
    authorizeUrl(app, { connection_id: tenant.connectionId, ...options.authorize }),
  );
  if (start.location !== "") return { browser, ...readLeg(readAuthnRequest(start.location)) };
  const { fields } = readForm(start.body);
  const xml = decode(fields.SAMLRequest ?? "");
  return {
    browser,
    xml,
    requestId: /ID="([^"]+)"/.exec(xml)?.[1] ?? "",
    relayState: fields.RelayState ?? "",
  };
}

function readLeg(request: { id: string; relayState: string; xml: string }) {
  return { requestId: request.id, relayState: request.relayState, xml: request.xml };
}

/** The response that the tenant's identity provider gives to this request, but for the changes. */
export async function issue(
  app: TestApp,
  tenant: SamlTenant,
  leg: SamlLeg,
  changes: Partial<IssueInput> = {},
): Promise<string> {
  const email = changes.nameId ?? `ada@${tenant.domain}`;
  return tenant.idp.issueResponse({
    acsUrl: tenant.acsUrl,
    audience: tenant.entityId,
    inResponseTo: leg.requestId,
    nameId: email,
    attributes: { email, firstName: "Ada", lastName: "Lovelace" },
    now: app.app.now(),
    ...changes,
  });
}

/** A response that says something else than the identity provider's, rightly signed all the same. */
export async function issueEdited(
  app: TestApp,
  tenant: SamlTenant,
  leg: SamlLeg,
  edit: (xml: string) => string,
  key = tenant.idp.privateKey,
): Promise<string> {
  const xml = decode(await issue(app, tenant, leg, { sign: "none" }));
  const edited = edit(xml);
  return encode(signByHand(edited, { key }));
}

/** Posts as the identity provider's page does, follows our redirects, and tells where that ends. */
export async function postSaml(
  tenant: SamlTenant,
  leg: Pick<SamlLeg, "browser" | "relayState">,
  response: string,
  form: Record<string, string> = {},
): Promise<Outcome> {
  const fields = { SAMLResponse: response, RelayState: leg.relayState, ...form };
  return outcomeOf(await leg.browser.follow(tenant.acsUrl, { form: fields, crossSite: true }));
}

export function outcomeOf(visit: Visit): Outcome {
  const atApp = visit.location.startsWith(callback);
  const answer = atApp ? new URL(visit.location).searchParams : new URLSearchParams();
  const value = (name: string) => answer.get(name) ?? "";
  return {
    at: atApp ? "app" : "page",
    status: visit.status,
    code: value("code"),
    error: value("error"),
    description: value("error_description"),
    state: value("state"),
    issuer: value("iss"),
  };
}
