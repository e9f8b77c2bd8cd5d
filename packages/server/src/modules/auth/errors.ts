/** What can go wrong in a sign-in: the codes that apps receive at their redirect URI. */
import { type AppError, defineErrors } from "../../errors.ts";

export const authErrors = defineErrors({
  invalid_connection_selector: [
    "INVALID_ARGUMENT",
    "Missing `organization_id` (or) `connection_id` (or) `domain` (or) `provider` in the authorization URL",
  ],
  domain_not_found: [
    "NOT_FOUND",
    (domain: string) =>
      `No organization has ${domain} as a verified domain: no single sign-on connection was found`,
  ],
  login_required: ["UNAUTHENTICATED", "prompt=none was asked for, and the user is not signed in"],
  idp_initiated_login_not_allowed: [
    "PERMISSION_DENIED",
    "This connection takes no sign-ins that begin at the identity provider: begin at the app, or allow them for the connection",
  ],
  IDP_INITIATED_NO_TARGET: [
    "FAILED_PRECONDITION",
    "The identity provider sent you here, and no app is known to go on with: set the initiate-login URL of the application",
  ],
  user_login_required: [
    "UNAUTHENTICATED",
    (seen: string) =>
      `The app asked for a fresh sign-in, and the identity provider answered from one of ${seen}: its policy must allow forced re-authentication`,
  ],
  invalid_user_domain: [
    "PERMISSION_DENIED",
    (email: string) =>
      `${email} is outside the verified domains of the organization that owns this SSO connection: add the domain to the organization, or sign in elsewhere`,
  ],
  access_denied: ["PERMISSION_DENIED", (problem: string) => problem],
  unauthorized: [
    "PERMISSION_DENIED",
    (email: string) =>
      `The identity provider says that it has not verified ${email} (email_verified is false): verify the address there, then sign in again`,
  ],
  user_not_active: [
    "PERMISSION_DENIED",
    (email: string) => `The account of ${email} in this organization is inactive`,
  ],
  sso_required: [
    "PERMISSION_DENIED",
    (email: string) =>
      `${email} belongs to an organization that signs its people in at its own identity provider, and the app asked for another organization: begin again with organization_id of the former, or without one`,
  ],
  account_selection_required: [
    "FAILED_PRECONDITION",
    (email: string) =>
      `${email} is a member of several organizations: the app must name the one to enter with organization_id`,
  ],
  NO_SSO_FOR_EMAIL: [
    "NOT_FOUND",
    (domain: string) =>
      `No single sign-on is set up for ${domain}: check the address, or ask your administrator`,
  ],
});

/** Somebody who is no member, where nobody becomes one by signing in. */
export function notMember(email: string): AppError {
  return authErrors.access_denied(
    `${email} is no member of the organization, and users do not join it by signing in: ask its administrator for an invitation`,
  );
}

/** A newcomer who belongs to another organization, where users belong to one. @param cause USER_ELSEWHERE, for the log */
export function belongsElsewhere(email: string, cause: unknown): AppError {
  const error = authErrors.access_denied(
    `${email} cannot join the organization, since they belong to another one: ask the administrator of that one to remove them`,
  );
  return error.with({ cause, evidence: { reason: "user_elsewhere" } });
}

/** A newcomer for whom there is no room. @param cause USER_LIMIT_REACHED, for the log */
export function organizationFull(email: string, cause: unknown): AppError {
  const error = authErrors.access_denied(
    `${email} cannot join the organization, which has as many users as it may: ask its administrator to make room`,
  );
  return error.with({ cause, evidence: { reason: "user_limit_reached" } });
}
