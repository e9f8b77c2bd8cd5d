/** One sign-in at the hand-made OpenID provider, whose answer and ID token a test may bend. */
import type { TestApp } from "./app.ts";
import { TestBrowser } from "./browser.ts";
import { createOidcTenant, type OidcTenant } from "./connections.ts";
import type { HandMadeOp, OpReply, TokenForm } from "./hand-made-op.ts";
import { type Outcome, outcomeOf } from "./saml-leg.ts";
import { authorizeUrl } from "./sign-in.ts";

/** What we are at the provider. */
export const upstreamClient = { client_id: "gatehouse", client_secret: "a secret" };

/** An organization whose connection leads to the provider. */
export function createOpTenant(
  app: TestApp,
  op: HandMadeOp,
  domain: string,
  config: Record<string, unknown> = {},
): Promise<OidcTenant> {
  return createOidcTenant(app, domain, () => ({ issuer: op.issuer, ...upstreamClient, ...config }));
}

export interface OidcBend {
  claims?: Record<string, unknown>;
  form?: TokenForm;
  /** In place of the token endpoint's answer. */
  token?: OpReply;
  /** Over the query of the answer to our redirect URI. */
  answer?: Record<string, string>;
  /** Leaves the answer without the issuer. */
  withoutIssuer?: boolean;
  /** Where the answer is sent, in place of the connection's own redirect URI. */
  redirectUri?: string;
  browser?: TestBrowser;
}

/** Begins at a connection, answers as its provider would but for what is bent, and tells where that ends. */
export async function oidcSignIn(
  app: TestApp,
  op: HandMadeOp,
  tenant: OidcTenant,
  bend: OidcBend = {},
): Promise<Outcome> {
  const browser = bend.browser ?? new TestBrowser(app.url);
  const begun = await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId }));
  if (!begun.location.startsWith(`${op.issuer}/authorize`)) return outcomeOf(begun);
  const asked = new URL(begun.location).searchParams;
  const idToken = await op.idToken(claimsOf(app, op, tenant, asked.get("nonce"), bend.claims), bend.form);
  const usual = { body: { access_token: "at", token_type: "Bearer", expires_in: 60, id_token: idToken } };
  if (!op.replies.has("/token")) op.replies.set("/token", () => bend.token ?? usual);
  const back = new URL(bend.redirectUri ?? tenant.redirectUri);
  const answer = { code: "a code", state: asked.get("state") ?? "", iss: op.issuer, ...bend.answer };
  back.search = new URLSearchParams(answer).toString();
  if (bend.withoutIssuer) back.searchParams.delete("iss");
  const outcome = outcomeOf(await browser.visit(back.href));
  op.replies.delete("/token");
  return outcome;
}

function claimsOf(
  app: TestApp,
  op: HandMadeOp,
  tenant: OidcTenant,
  nonce: string | null,
  claims: Record<string, unknown> = {},
) {
  const now = Math.floor(app.app.now().getTime() / 1000);
  const who = { sub: "ada", email: `ada@${tenant.domain}`, email_verified: true };
  return {
    iss: op.issuer,
    aud: upstreamClient.client_id,
    iat: now,
    exp: now + 300,
    nonce,
    ...who,
    ...claims,
  };
}
