/** What can go wrong at the simulated identity providers. */
import { AppError, defineErrors } from "../../errors.ts";

export const simulatorErrors = defineErrors({
  SIMULATOR_NOT_SET_UP: [
    "NOT_FOUND",
    "This environment has no simulated identity provider: it belongs to the first environment of a development install",
  ],
  SIMULATOR_CALLER_UNTRUSTED: [
    "PERMISSION_DENIED",
    "The test organization is set up by a client of the environment or a member of the workspace: its domains would not count as verified",
  ],
  SIMULATOR_REQUEST_INVALID: [
    "INVALID_ARGUMENT",
    (problem: string) => `The simulated identity provider cannot read this sign-in: ${problem}`,
  ],
  SIMULATOR_SERVICE_PROVIDER_UNKNOWN: [
    "INVALID_ARGUMENT",
    (seen: string) =>
      `The simulated identity provider answers only connections of this environment, at their own addresses; it was asked by "${seen}"`,
  ],
  SIMULATOR_CLIENT_UNKNOWN: [
    "INVALID_ARGUMENT",
    (seen: string, expected: string) =>
      `The client_id is "${seen}": the simulated OpenID provider knows one client, "${expected}"`,
  ],
  SIMULATOR_FORM_FOREIGN: [
    "PERMISSION_DENIED",
    "This form was sent by a page of another site: open the simulator's own page and begin there",
  ],
  SIMULATOR_INPUT_INVALID: ["INVALID_ARGUMENT", (problem: string) => `${problem}. Go back and change it`],
});

export type OAuthCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_token"
  | "unsupported_grant_type";

/**
 * An error in the words of the protocol (RFC 6749 section 5.2, RFC 6750 section 3.1). These codes stand outside the
 * table: they are the protocol's, and our own token endpoint answers with the same.
 */
export function oauthRefusal(code: OAuthCode, message: string): AppError {
  const isUnauthenticated = code === "invalid_client" || code === "invalid_token";
  return new AppError(code, isUnauthenticated ? "UNAUTHENTICATED" : "INVALID_ARGUMENT", message);
}
