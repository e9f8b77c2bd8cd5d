/** People as a SAML identity provider names them, and the user of ours that each becomes. */
import { decodeJwt } from "jose";
import { expect } from "vitest";
import type { TestApp } from "./app.ts";
import { redemption } from "./oauth.ts";
import type { IssueInput } from "./saml-idp.ts";
import { beginSaml, issue, type Outcome, postSaml } from "./saml-leg.ts";
import { postToken, type SamlTenant } from "./sign-in.ts";

export const opaqueNameId = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/** What the identity provider says: a subject of its own and an address. */
export function says(subject: string, email: string, more: Record<string, string> = {}): Partial<IssueInput> {
  return { nameId: subject, nameIdFormat: opaqueNameId, attributes: { email, ...more } };
}

/** Where a sign-in ends that says this. */
export async function signInAs(
  app: TestApp,
  tenant: SamlTenant,
  changes: Partial<IssueInput>,
): Promise<Outcome> {
  const leg = await beginSaml(app, tenant);
  return postSaml(tenant, leg, await issue(app, tenant, leg, changes));
}

/** The claims of the ID token of a sign-in that succeeds. */
export async function signedInAs(
  app: TestApp,
  tenant: SamlTenant,
  changes: Partial<IssueInput>,
): Promise<Record<string, unknown>> {
  const { code, error, description } = await signInAs(app, tenant, changes);
  expect(`${error} ${description}`).toBe(" ");
  const { body } = await postToken(app, redemption(code));
  return decodeJwt(body.id_token ?? "");
}
