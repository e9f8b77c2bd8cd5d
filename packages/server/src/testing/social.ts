/** Social sign-ins of tests: a connection of the environment, a sign-in through it, and members who may come in. */
import * as users from "../modules/users/users.ts";
import type { TestApp } from "./app.ts";
import { TestBrowser } from "./browser.ts";
import { type Outcome, outcomeOf } from "./saml-leg.ts";
import { authorizeUrl } from "./sign-in.ts";
import type { SocialProvider } from "./social-provider.ts";

export type SocialName = "GITHUB" | "GITLAB" | "GOOGLE" | "LINKEDIN" | "MICROSOFT" | "SALESFORCE";

/** A connection of the environment to the provider, which is on. @returns its id */
export async function createSocialConnection(
  app: TestApp,
  social: SocialProvider,
  name: SocialName,
  config: Record<string, unknown> = {},
): Promise<string> {
  const base = { provider: name, type: "OAUTH" };
  const created = await app.api("/connections", { body: base });
  const id: string = created.body.connection.id;
  const usual = social.config(name === "MICROSOFT" ? "microsoft" : "plain");
  const body = { ...base, oauth_config: { ...usual, ...config } };
  await app.api(`/connections/${id}`, { method: "PATCH", body });
  const { body: enabled } = await app.api(`/connections/${id}:enable`, { method: "PATCH" });
  if (!enabled.enabled) throw new Error(`the connection stayed off: ${JSON.stringify(enabled)}`);
  return id;
}

export interface SocialSignIn extends Outcome {
  browser: TestBrowser;
  /** The authorization request at the provider. */
  asked: URLSearchParams;
  /** Where the browser was sent after it came back. */
  location: string;
}

/** @param bend changes the address that the provider sends the browser back to */
export async function socialSignIn(
  app: TestApp,
  social: SocialProvider,
  authorize: Record<string, string>,
  bend: (back: URL) => void = () => {},
): Promise<SocialSignIn> {
  const browser = new TestBrowser(app.url);
  const start = await browser.visit(authorizeUrl(app, authorize));
  const asked = new URL(start.location || "about:blank").searchParams;
  if (!start.location.startsWith(social.url))
    return { ...outcomeOf(start), browser, asked, location: start.location };
  const back = new URL(social.answer(start.location));
  bend(back);
  const visit = await browser.visit(back.href);
  return { ...outcomeOf(visit), browser, asked, location: visit.location };
}

/** An active member of an organization, as an administrator would add one. */
export async function addMember(app: TestApp, organizationId: string, email: string): Promise<users.User> {
  return users.create(app.systemCtx(), {
    email,
    emailVerified: false,
    profile: {},
    organizationId,
    provisioningMethod: "direct_provision",
  });
}
