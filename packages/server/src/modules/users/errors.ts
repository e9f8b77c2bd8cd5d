/** What can go wrong with users, their memberships and invitations. */
import { defineErrors } from "../../errors.ts";

export const userErrors = defineErrors({
  USER_ALREADY_MEMBER: [
    "ALREADY_EXISTS",
    (email: string) => `${email} is a member of this organization already`,
  ],
  USER_NOT_FOUND: ["NOT_FOUND", (ref: string) => `There is no user ${ref} in this environment`],
  USER_EXTERNAL_ID_TAKEN: [
    "ALREADY_EXISTS",
    (id: string) =>
      `A user with the external id "${id}" already exists: external ids are unique in an environment`,
  ],
  USER_FIELD_RESERVED: [
    "PERMISSION_DENIED",
    (field: string) => `Only the application may set ${field}: it may decide there what a user is allowed`,
  ],
  USER_CHANGED_MEANWHILE: [
    "ABORTED",
    (email: string) => `The user ${email} was created and deleted again meanwhile: try again`,
  ],
  MEMBERSHIP_NOT_FOUND: [
    "NOT_FOUND",
    (user: string, organization: string) =>
      `The user ${user} is no member of the organization ${organization}`,
  ],
  MEMBERSHIP_NEEDS_INVITATION: [
    "PERMISSION_DENIED",
    "Only the application may add a member without an invitation: leave send_invitation_email out",
  ],
  USER_LIMIT_REACHED: [
    "FAILED_PRECONDITION",
    (organization: string, limit: number) =>
      `The organization ${organization} has as many users as it may, ${limit} with those invited: remove one, or raise max_allowed_users in its user management settings`,
  ],
  USER_ELSEWHERE: [
    "FAILED_PRECONDITION",
    (email: string) =>
      `${email} is an active member of another organization, and users of this environment belong to one only: remove them there first, or change its user management settings`,
  ],
  ROLE_NOT_HELD: [
    "NOT_FOUND",
    (role: string, user: string) => `The user ${user} does not hold the role "${role}" in this organization`,
  ],
  INVITATION_DOMAIN_BLOCKED: [
    "FAILED_PRECONDITION",
    (email: string, kind: string) =>
      `${email} is at ${kind}, and this environment invites nobody there: use an address at work, or change its user management settings`,
  ],
  INVITATION_NOT_FOUND: [
    "NOT_FOUND",
    (user: string) => `The user ${user} was not invited to this organization: they are a member without that`,
  ],
  INVITATION_ACCEPTED: [
    "FAILED_PRECONDITION",
    (user: string) => `The user ${user} has accepted the invitation already`,
  ],
});
