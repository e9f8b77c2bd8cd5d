/** The pages for what went wrong: what was seen, and what to do about it. */
import { html, type Markup } from "./html.ts";
import { page } from "./pages.ts";

interface Problem {
  title: string;
  text?: string;
  /** Names and values to quote to whoever helps. */
  details?: [name: string, value: string][];
  /** Where more is told. */
  explanation?: string | undefined;
}

// What to do about the refusals that a first set-up meets. Others show their code and description alone.
const advice: Record<string, string> = {
  access_denied: "The sign-in was cancelled, or your company does not let this account use the app.",
  connection_not_active:
    "This connection exists but is switched off. Enable it in the dashboard, then try again.",
  domain_not_found: "No organization uses this domain. Add it to an organization, or sign in another way.",
  invalid_connection_id: "No connection has this id in this environment. Copy it again from the dashboard.",
  assertion_expired:
    "The company's answer came too late. Sign in again; if it happens each time, a clock is wrong.",
  invalid_acs_url:
    "The company's identity provider sends its answers to another address than the one set up.",
  invalid_id_token: "The answer of the company's identity provider was refused, so nobody was signed in.",
  invalid_saml_response:
    "The answer of the company's identity provider was refused, so nobody was signed in.",
  mandatory_attribute_missing: "The company's identity provider did not say which e-mail address is yours.",
  response_expired:
    "The company's answer came too late. Sign in again; if it happens each time, a clock is wrong.",
  signature_validation_failed:
    "The signature of the company's identity provider could not be confirmed: has its certificate changed?",
  unauthorized: "The company's identity provider has not verified this e-mail address.",
  invalid_grant: "The code was used before, or is older than ten minutes. Begin the sign-in again.",
  invalid_client:
    "The client id or the secret is not the one that the environment knows. Compare credentials.env.",
  invalid_organization_id:
    "No organization has this id in this environment. Copy it again from the dashboard.",
  invalid_status:
    "The identity provider refused. Try another account, or ask your administrator to assign you to this app.",
  invalid_state: "The sign-in took too long, or was continued in another browser. Begin it again.",
  invalid_user_domain: "The identity provider vouched for an address outside the organization's domains.",
  no_active_connections:
    "The organization has no connection that is switched on. Set one up in its admin portal.",
  server_error:
    "The sign-in service, or the company's identity provider behind it, did not answer as it should. Try again.",
};

/** A page about one problem. */
export function problemPage({ title, text, details = [], explanation }: Problem): Markup {
  const rows = details.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return page({
    title,
    body: html`<section class="notice">
<p class="sign bad" aria-hidden="true">!</p>
<h1>${title}</h1>
${text ? html`<p>${text}</p>` : undefined}
${rows.length > 0 ? html`<dl class="facts">${rows}</dl>` : undefined}
<p class="line">${explanation ? html`<a class="button" href="${explanation}">See what happened</a>` : undefined}
<a class="button${explanation ? " quiet" : ""}" href="/">Back to the app</a></p>
</section>`,
  });
}

/**
 * The sign-in service refused: RFC 6749 sections 4.1.2.1 and 5.2.
 * @param code the `error` parameter
 * @param description the `error_description`, when it may be shown
 * @param explanation the `error_uri`: the trace of the sign-in, which says what arrived and how to mend it
 */
export function refusalPage(code: string, description?: string, explanation?: string): Markup {
  const details: Problem["details"] = [["error", code]];
  if (description) details.push(["error_description", description]);
  const text = Object.hasOwn(advice, code) ? advice[code] : undefined;
  return problemPage({ title: "You are not signed in", details, explanation, ...(text && { text }) });
}

/** A callback that answers no sign-in of this browser: cookies gone, a second tab, or a forged link. */
export function strayCallbackPage(baseUrl: string): Markup {
  return problemPage({
    title: "This sign-in did not begin here",
    text: `The answer does not belong to a sign-in that this browser began in the last ten minutes, so it was not used. Open ${baseUrl} and sign in again, in one tab.`,
  });
}

/** The refresh token is spent or its session has ended. */
export function sessionOverPage(): Markup {
  return problemPage({
    title: "Your session has ended",
    text: "It expired, or somebody ended it: you in another app, or an administrator. Sign in again to go on.",
  });
}
