/**
 * The one table of help: what happened, in plain words, and what to change where, for every way in which a sign-in
 * can end. Errors, traces, the portal and docs/errors.md all read it.
 */
import { oidcAdvice } from "./advice-oidc.ts";
import { samlAdvice } from "./advice-saml.ts";

export interface Advice {
  /** What happened, in one line. */
  title: string;
  /** What to change, and where. */
  fix: string;
}

/**
 * The help for an error.
 * @param code as apps receive it, such as `invalid_saml_response`
 * @param reason finer, such as `audience_mismatch`; it wins where it has an entry of its own
 * @returns always an entry: an unknown pair gets that of an internal error
 */
export function adviceFor(code: string, reason = ""): Advice {
  return entryOf(adviceByReason, reason) ?? entryOf(adviceByCode, code) ?? unknown;
}

function entryOf(table: Readonly<Record<string, Advice>>, name: string): Advice | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

const unknown: Advice = {
  title: "Something failed on the side of this server",
  fix: "Try again. If it happens again, tell the operator of this server the reference of this trace: the log has the cause under it.",
};

/** By the finer reason of an error. */
export const adviceByReason: Readonly<Record<string, Advice>> = {
  ...samlAdvice,
  ...oidcAdvice,
  user_elsewhere: {
    title: "The user belongs to another organization",
    fix: "Here a user is a member of one organization. Have the user removed or deactivated in the other one, then sign in again. Whoever runs the app can let users belong to several, in the environment's user management settings.",
  },
  user_limit_reached: {
    title: "The organization has as many users as it may",
    fix: "Remove members or invitations that nobody needs, or raise the organization's limit (max_allowed_users in its user management settings), then sign in again.",
  },
};

/** By the code of an error, for what has no finer reason. */
export const adviceByCode: Readonly<Record<string, Advice>> = {
  // Without a finer reason it is a replay.
  invalid_saml_response: {
    title: "The identity provider's answer does not fit the connection",
    fix: "Begin again at the app. If it happens each time, import the identity provider's metadata into the connection once more and compare the addresses on both sides.",
  },
  malformed_saml_response: {
    title: "The identity provider's answer cannot be read",
    fix: "Sign in again. If it happens each time, look for a proxy, a browser extension or a script that rewrites the answer on its way.",
  },
  signature_validation_failed: {
    title: "The signature of the answer could not be confirmed",
    fix: "Import the identity provider's metadata into the connection again: its signing certificate has probably changed.",
  },
  invalid_acs_url: {
    title: "The answer is addressed to another place",
    fix: "Copy our ACS URL, as the connection shows it, to the identity provider (Okta: Single sign-on URL; Entra ID: Reply URL; Google: ACS URL).",
  },
  invalid_status: {
    title: "The identity provider refused the sign-in",
    fix: "Look in the identity provider's own sign-in log, which says why. Usually the user is not assigned to this application.",
  },
  assertion_expired: {
    title: "The answer came too late",
    fix: "Sign in again. If it happens each time, set the clocks of the identity provider and of this server by a time server (NTP).",
  },
  response_expired: {
    title: "The answer lay around too long",
    fix: "Sign in again. If it happens each time, set the clocks of the identity provider and of this server by a time server (NTP).",
  },
  invalid_saml_metadata: {
    title: "The SAML settings of the connection cannot be used",
    fix: "Import the identity provider's metadata into the connection again, or fill in entity ID, sign-on URL and certificate by hand.",
  },
  invalid_saml_request: {
    title: "Our request could not be written or read",
    fix: "If the message names a certificate of ours that has expired, generate a new one, give the identity provider our metadata and choose it in the connection. Otherwise begin again at the app; if it happens each time, tell the operator of this server the reference of this trace.",
  },
  invalid_logout_state: {
    title: "No sign-out waits for this answer",
    fix: "Nothing is open any more: the user's session here ended when the sign-out began. If it happens each time, let the identity provider return the RelayState or state of our request as it received it.",
  },
  invalid_logout_token: {
    title: "The identity provider's sign-out notice was refused",
    fix: "The message says which part does not fit. Compare issuer and client ID of the connection with the application at the identity provider, and the clocks of both servers.",
  },
  logout_replayed: {
    title: "This sign-out message was used once before",
    fix: "Sign out again. If it happens each time, the identity provider or a proxy sends an old message again instead of making a new one.",
  },
  invalid_saml_form_params: {
    title: "The identity provider posted no answer",
    fix: "It must post the field SAMLResponse to the ACS URL once, and RelayState as it received it. Set the application there to the HTTP-POST binding, and check that no proxy drops large forms.",
  },
  mandatory_attribute_missing: {
    title: "The identity provider did not say who the user is",
    fix: "The e-mail address is missing. Release it at the identity provider as the attribute “email” (Okta: Attribute Statements; Entra ID: Attributes & Claims; Google: Attribute mapping), or map the name that it has there in the connection's attribute mapping; the user's profile must hold an address.",
  },
  invalid_id_token: {
    title: "The identity provider's ID token was refused",
    fix: "The message says which part does not fit. Compare issuer and client ID of the connection with the application at the identity provider, and the clocks of both servers.",
  },
  failed_to_exchange_token: {
    title: "The identity provider did not accept us",
    fix: "Copy the client ID and a current client secret from the identity provider into the connection (secrets expire, in Entra ID after two years at most), and compare the redirect URI there with the one that the connection shows.",
  },
  user_info_retrieve_failed: {
    title: "The identity provider did not tell more about the user",
    fix: "Put the e-mail address into the ID token at the identity provider (scope “email”), or allow the scopes “openid profile email” for this application, so that its UserInfo endpoint answers.",
  },
  server_error: {
    title: "The identity provider did not answer",
    fix: "Look at its status page and try again. If it goes on, check the addresses in the connection and that this server can reach them.",
  },
  access_denied: {
    title: "The user is no member of the organization",
    fix: "Invite the user, or let users of the organization's verified domains join by signing in (the connection's setting for new members).",
  },
  unauthorized: {
    title: "The identity provider has not verified the user's e-mail address",
    fix: "Verify the address in the user's profile at the identity provider, then sign in again. Where it never verifies addresses, ask the organization's administrator for an invitation.",
  },
  invalid_user_domain: {
    title: "The user's e-mail address is outside the organization's domains",
    fix: "If people with this domain belong to the organization, add the domain to it and verify it. Otherwise correct the address at the identity provider, or invite the user.",
  },
  user_not_active: {
    title: "The user's account is switched off in this organization",
    fix: "An administrator of the organization can activate the user again. If a directory provisions the users, activate the user there.",
  },
  domain_not_found: {
    title: "No organization has this e-mail domain",
    fix: "Check the address for a wrong letter. If it is right, add the domain to the organization and verify it.",
  },
  NO_SSO_FOR_EMAIL: {
    title: "No single sign-on is set up for this e-mail domain",
    fix: "Check the address for a wrong letter. If it is right, the organization needs this domain, verified, and a connection that is enabled.",
  },
  user_login_required: {
    title: "The app asked for a fresh sign-in, and the identity provider reused an old one",
    fix: "Allow forced re-authentication (ForceAuthn, prompt=login, max_age) in this application's sign-on policy at the identity provider; a policy that skips the password for a while prevents it.",
  },
  sso_required: {
    title: "The user's organization signs its people in itself, and another one was asked for",
    fix: "Let the app begin the sign-in without organization_id, or with the one of the organization that owns the user's e-mail domain.",
  },
  account_selection_required: {
    title: "The user is in several organizations, and the app named none",
    fix: "The app's developer must send organization_id with the authorization request when social sign-in is used.",
  },
  login_required: {
    title: "The app asked for a sign-in without any page, and the user was not signed in",
    fix: "Nothing is broken: the app should now send the user to sign in without prompt=none.",
  },
  invalid_connection_selector: {
    title: "The app did not say where to sign in",
    fix: "The app's developer must send organization_id, connection_id, domain or provider with the authorization request, and they must belong together.",
  },
  invalid_connection_id: {
    title: "There is no such connection",
    fix: "Copy the connection's id again: the one that the app or the identity provider uses belongs to no connection of this environment.",
  },
  invalid_organization_id: {
    title: "There is no such organization",
    fix: "Copy the organization's id again: the one that the app sends belongs to no organization of this environment.",
  },
  connection_not_active: {
    title: "The connection is switched off",
    fix: "Complete its settings, test it, and enable it. If it was switched off on purpose, point the app to another connection.",
  },
  no_active_connections: {
    title: "The organization has connections, but none is switched on",
    fix: "Enable one of the organization's connections, after testing it.",
  },
  no_configured_connections: {
    title: "The organization has no connection yet",
    fix: "Set up a connection for the organization, in its admin portal or by the API, and enable it.",
  },
  invalid_state: {
    title: "The answer belongs to no sign-in of this browser",
    fix: "Begin again at the app, in one tab, and finish within ten minutes. If it happens each time, the browser may refuse cookies, or the app is opened at another address than the one that it is set up with.",
  },
  idp_initiated_login_not_allowed: {
    title: "This connection takes no sign-ins that begin at the identity provider",
    fix: "Begin at the app. To let people begin at the identity provider's dashboard, allow IdP-initiated login for the connection, or give them a bookmark there that leads to the app.",
  },
  IDP_INITIATED_NO_TARGET: {
    title: "The sign-in began at the identity provider, and no app is there to go on with",
    fix: "The app's developer sets the initiate-login URL of the application; the identity provider needs no change.",
  },
  authentication_not_completed: {
    title: "The user left for the identity provider and did not come back",
    fix: "Ask the user what the identity provider showed. If it was an error page, its log names the cause: often the user is not assigned to this application, or the ACS URL or redirect URI there is not ours.",
  },
  INTERNAL: unknown,
};
