/** From users and memberships to the contract's messages. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ExternalIdentitySchema,
  IdentityProviderType,
  MembershipStatus,
  type OrganizationMembershipSchema,
  type RoleSchema,
  type UserProfileSchema,
} from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import type { InviteSchema, UserSchema } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import type { Role } from "../roles/assignments.ts";
import { profileId } from "./events.ts";
import type { Invitation } from "./invitations.ts";
import type { LinkedIdentity, Membership, Person } from "./people.ts";

export function toUser(person: Person): MessageInitShape<typeof UserSchema> {
  const { user } = person;
  return {
    id: user.id,
    environmentId: user.environment_id,
    createTime: timestampFromDate(user.created_at),
    updateTime: timestampFromDate(user.updated_at),
    email: user.email,
    memberships: person.memberships.map(toMembership),
    ...(person.isDisclosed && {
      ...(user.external_id !== null && { externalId: user.external_id }),
      ...(user.last_login_at !== null && { lastLoginTime: timestampFromDate(user.last_login_at) }),
      userProfile: toProfile(person),
      metadata: user.metadata as Record<string, string>,
    }),
  };
}

function toProfile({ user, identities }: Person): MessageInitShape<typeof UserProfileSchema> {
  return {
    id: profileId(user),
    givenName: user.given_name,
    familyName: user.family_name,
    // The official SDKs read only the old names.
    firstName: user.given_name,
    lastName: user.family_name,
    name: user.name,
    locale: user.locale,
    emailVerified: user.email_verified,
    phoneNumber: user.phone_number,
    phoneNumberVerified: user.phone_number_verified,
    metadata: user.profile_metadata as Record<string, string>,
    customAttributes: user.custom_attributes as Record<string, string>,
    preferredUsername: user.preferred_username,
    picture: user.picture,
    groups: user.groups,
    gender: user.gender,
    externalIdentities: identities.map(toIdentity),
  };
}

function toIdentity(identity: LinkedIdentity): MessageInitShape<typeof ExternalIdentitySchema> {
  const provider = identity.connection_provider as keyof typeof IdentityProviderType;
  return {
    connectionId: identity.connection_id,
    connectionType: identity.connection_type,
    connectionProvider: IdentityProviderType[provider] ?? IdentityProviderType.CUSTOM,
    connectionUserId: identity.subject,
    isSocial: identity.connection_type === "OAUTH",
    createdTime: timestampFromDate(identity.created_at),
    lastLoginTime: timestampFromDate(identity.last_login_at),
    lastSyncedTime: timestampFromDate(identity.last_login_at),
  };
}

function toMembership(membership: Membership): MessageInitShape<typeof OrganizationMembershipSchema> {
  const { invited_at, expires_at, accepted_at } = membership;
  return {
    organizationId: membership.organization_id,
    joinTime: timestampFromDate(membership.created_at),
    membershipStatus: MembershipStatus[membership.status],
    roles: membership.roles.map(toRole),
    permissions: membership.permissions,
    name: membership.organization_name,
    displayName: membership.organization_name,
    metadata: membership.metadata as Record<string, string>,
    provisioningMethod: membership.provisioning_method,
    ...(membership.inviter_email !== null && { inviterEmail: membership.inviter_email }),
    ...(invited_at && { createdAt: timestampFromDate(invited_at) }),
    ...(expires_at && { expiresAt: timestampFromDate(expires_at) }),
    ...(accepted_at && { acceptedAt: timestampFromDate(accepted_at) }),
  };
}

export function toRole(
  role: Pick<Role, "id" | "name" | "display_name">,
): MessageInitShape<typeof RoleSchema> {
  return { id: role.id, name: role.name, displayName: role.display_name };
}

/** @param status of the membership, by its name */
export function toInvite(invitation: Invitation, status: string): MessageInitShape<typeof InviteSchema> {
  return {
    organizationId: invitation.organization_id,
    userId: invitation.user_id,
    ...(invitation.inviter_email !== null && { inviterEmail: invitation.inviter_email }),
    status,
    createdAt: timestampFromDate(invitation.created_at),
    expiresAt: timestampFromDate(invitation.expires_at),
    ...(invitation.resent_at && { resentAt: timestampFromDate(invitation.resent_at) }),
    resentCount: invitation.resent_count,
  };
}
