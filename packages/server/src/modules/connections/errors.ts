/**
 * What can go wrong with connections and with signing in through them. The lower-case codes are those that
 * apps receive at their redirect URI; their texts say what was seen and what to do.
 */
import { defineErrors } from "../../errors.ts";

export const connectionErrors = defineErrors({
  CONNECTION_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no connection ${id} that this caller may use`,
  ],
  CONNECTION_TYPE_UNSUPPORTED: [
    "INVALID_ARGUMENT",
    (type: string, owner: string, possible: string) =>
      `A connection of ${owner} is of type ${possible}, not ${type}`,
  ],
  CONNECTION_TYPE_FIXED: [
    "INVALID_ARGUMENT",
    (type: string) => `The connection is of type ${type} and stays so: delete it and create another`,
  ],
  CONNECTION_SETTING_UNSUPPORTED: [
    "FAILED_PRECONDITION",
    (field: string) => `${field} is not built in this version: leave it off`,
  ],
  CONNECTION_URL_INVALID: [
    "INVALID_ARGUMENT",
    (field: string, seen: string) => `${field} is "${seen}": it must be an https URL`,
  ],
  CONNECTION_CERTIFICATE_UNKNOWN: [
    "INVALID_ARGUMENT",
    (id: string) =>
      `certificate_id is "${id.slice(0, 100)}", which is no SAML certificate of this environment: leave it out for the newest, or generate one and use its id`,
  ],
  CONNECTION_CERTIFICATE_EXPIRED: [
    "FAILED_PRECONDITION",
    (id: string) =>
      `The certificate ${id} has expired: leave certificate_id out for the newest, or generate one and use its id`,
  ],
  CONNECTION_CERTIFICATE_INVALID: ["INVALID_ARGUMENT", (problem: string) => `idp_certificate: ${problem}`],
  CONNECTION_METADATA_INVALID: [
    "INVALID_ARGUMENT",
    (problem: string) => `The metadata cannot be used: ${problem}`,
  ],
  CONNECTION_INCOMPLETE: [
    "FAILED_PRECONDITION",
    (missing: string) => `The connection cannot be tested yet: it has no ${missing}`,
  ],
  TEST_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no test ${id} of this connection: results are kept for a day`,
  ],
  CONNECTION_PROVIDER_UNSUPPORTED: [
    "INVALID_ARGUMENT",
    (provider: string, possible: string) =>
      `${provider} is no provider of social sign-in in this version: it can be ${possible}`,
  ],
  CONNECTION_PARAMETER_RESERVED: [
    "INVALID_ARGUMENT",
    (field: string, name: string) =>
      `${field} names "${name}", which the authorization request sets itself: leave it out`,
  ],
  CONNECTION_CONTEXT_TOO_LARGE: [
    "INVALID_ARGUMENT",
    (seen: number, limit: number) =>
      `The context is ${seen} bytes of JSON, and at most ${limit} are kept: shorten it`,
  ],
  CONNECTION_DOMAIN_UNVERIFIED: [
    "FAILED_PRECONDITION",
    (domain: string) =>
      `${domain} is no verified ORGANIZATION_DOMAIN: only those lead people to a connection. Verify it first`,
  ],
  CONNECTION_SLO_URL_MISSING: [
    "INVALID_ARGUMENT",
    "idp_slo_required is on and idp_slo_url is empty: give the identity provider's single logout URL, or switch idp_slo_required off",
  ],
  CONNECTION_METADATA_SOURCE: ["INVALID_ARGUMENT", "Give either xml or url, one of them"],

  invalid_connection_id: ["INVALID_ARGUMENT", "Invalid connection ID"],
  invalid_organization_id: ["INVALID_ARGUMENT", "Invalid organization ID"],
  connection_not_active: ["FAILED_PRECONDITION", "The configured connection is not active: enable it first"],
  no_active_connections: [
    "FAILED_PRECONDITION",
    "There are no active SSO connections configured to process the single sign-on request",
  ],
  no_configured_connections: ["FAILED_PRECONDITION", "No active SSO connections configured"],
  invalid_state: [
    "INVALID_ARGUMENT",
    "This sign-in has expired, was finished already, or was begun in another browser: go back to the app and sign in again",
  ],
  invalid_saml_form_params: [
    "INVALID_ARGUMENT",
    "The SAML form parameters are invalid or malformed: the identity provider must post SAMLResponse and RelayState",
  ],
  invalid_saml_request: [
    "FAILED_PRECONDITION",
    (id: string) =>
      `The request to the identity provider cannot be signed: the certificate ${id} has expired. Generate a new one for the environment, give the identity provider our metadata, and choose it as certificate_id of the connection`,
  ],
  invalid_saml_response: ["INVALID_ARGUMENT", (problem: string) => problem],
  invalid_logout_state: [
    "INVALID_ARGUMENT",
    "No sign-out waits for this answer: it went on already, took too long, or was not begun here. If you were signing out, your session here has ended",
  ],
  invalid_logout_token: [
    "INVALID_ARGUMENT",
    (problem: string) => `The logout token of the identity provider was refused: ${problem}`,
  ],
  logout_replayed: [
    "INVALID_ARGUMENT",
    "This logout message was used before: each one is accepted once, and the identity provider must write a new one",
  ],
  mandatory_attribute_missing: [
    "FAILED_PRECONDITION",
    (seen: string, wanted?: string) =>
      wanted === undefined
        ? `The identity provider sent no e-mail address. It sent: ${seen}. Release the address as "email", or map its name in the connection's attribute mapping`
        : `The identity provider sent ${seen}, and the environment requires ${wanted}. Release it there, or map its name in the connection's attribute mapping`,
  ],
  invalid_id_token: ["INVALID_ARGUMENT", (problem: string) => `Invalid ID token: ${problem}`],
  failed_to_exchange_token: [
    "FAILED_PRECONDITION",
    (problem: string) =>
      `The identity provider refused the code: ${problem}. Check client_id and client_secret of the connection`,
  ],
  user_info_retrieve_failed: [
    "FAILED_PRECONDITION",
    (problem: string) => `User info retrieval failed: ${problem}`,
  ],
  server_error: [
    "UNAVAILABLE",
    (problem: string) =>
      `The identity provider did not answer: ${problem}. Try again; if it goes on, check its address`,
  ],
  access_denied: [
    "PERMISSION_DENIED",
    (problem: string) => `The identity provider ended the sign-in: ${problem}`,
  ],
});
