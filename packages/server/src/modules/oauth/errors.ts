/** Errors of the OAuth endpoints, by their codes in RFC 6749 (sections 4.1.2.1 and 5.2) and OIDC Core 3.1.2.6. */
import { defineErrors } from "../../errors.ts";

export const oauthErrors = defineErrors({
  invalid_request: ["INVALID_ARGUMENT", (problem: string) => problem],
  // The token endpoint answers 401 by the code alone (RFC 6749 section 5.2); on a page nobody could authenticate.
  invalid_client: [
    "INVALID_ARGUMENT",
    "The client application is not recognized or not configured correctly",
  ],
  invalid_redirect_uri: [
    "INVALID_ARGUMENT",
    "Redirect URI is not part of the pre-approved list of redirect URIs: add it to the application",
  ],
  invalid_grant: ["INVALID_ARGUMENT", (problem: string) => problem],
  invalid_scope: ["INVALID_ARGUMENT", (problem: string) => problem],
  unauthorized_client: [
    "INVALID_ARGUMENT",
    (grant: string) => `The client may not use the grant ${grant}: add it to the client's grant_types`,
  ],
  unsupported_grant_type: [
    "INVALID_ARGUMENT",
    (grant: string) =>
      `The grant "${grant}" is not offered: use authorization_code, refresh_token or client_credentials`,
  ],
  unsupported_response_type: [
    "INVALID_ARGUMENT",
    (type: string) => `response_type is "${type}": only "code" is offered`,
  ],
  request_not_supported: [
    "INVALID_ARGUMENT",
    "The request parameter is not supported: send plain parameters",
  ],
  request_uri_not_supported: [
    "INVALID_ARGUMENT",
    "The request_uri parameter is not supported: send plain parameters",
  ],
  UNAUTHENTICATED: [
    "UNAUTHENTICATED",
    "The access token is malformed, expired, or its session or client is gone",
  ],
  ORGANIZATION_CLIENT_NOT_ALLOWED: [
    "PERMISSION_DENIED",
    "A token of an organization's client is for the app's own API: call this one as an application of the environment",
  ],
  invalid_token: ["UNAUTHENTICATED", "The access token is malformed, expired, or its session has ended"],
});
