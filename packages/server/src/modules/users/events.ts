/** What is announced about users and their memberships. */
import { event } from "../events/events.ts";
import { organizationData } from "../organizations/events.ts";
import type { Organization } from "../organizations/organizations.ts";
import type { LinkedIdentity } from "./people.store.ts";
import type { User } from "./users.store.ts";

/** There is no membership in it and no roles: whoever needs them asks for the user. */
export type MembershipPayload = ReturnType<typeof membershipData>;

export const membershipCreated = event<MembershipPayload>("user.organization_membership_created");
export const membershipUpdated = event<MembershipPayload>("user.organization_membership_updated");
export const membershipDeleted = event<MembershipPayload>("user.organization_membership_deleted");
export const memberInvited = event<MembershipPayload>("user.organization_invitation");

/** The public list of events has none about a user alone; these are for reactions and the audit log. */
export const userUpdated = event<{ user: UserData }>("user.updated", "internal");
/** The address of a user was proven for the first time. */
export const emailProven = event<{ user_id: string }>("user.email_proven", "internal");
/** Members of one organization lost their access to it. */
export const membershipsDeactivated = event<{ organization_id: string; user_ids: string[] }>(
  "user.organization_memberships_deactivated",
  "internal",
);
export const userDeleted = event<{ user: UserData }>("user.deleted", "internal");

export type UserData = ReturnType<typeof userData>;

export function membershipData(organization: Organization, user: User, identities: LinkedIdentity[]) {
  return { organization: organizationData(organization), user: userData(user, identities) };
}

/** A user as events show them. @param identities null where they were not looked up */
export function userData(user: User, identities: LinkedIdentity[] | null) {
  return {
    id: user.id,
    email: user.email,
    external_id: user.external_id,
    create_time: user.created_at,
    update_time: user.updated_at,
    last_login_time: user.last_login_at,
    metadata: user.metadata,
    user_profile: {
      id: profileId(user),
      name: user.name,
      given_name: user.given_name,
      family_name: user.family_name,
      preferred_username: user.preferred_username,
      email_verified: user.email_verified,
      phone_number: user.phone_number,
      phone_number_verified: user.phone_number_verified,
      picture: user.picture,
      gender: user.gender,
      locale: user.locale,
      groups: user.groups,
      metadata: user.profile_metadata,
      custom_attributes: user.custom_attributes,
      external_identities: identities?.map(identityData) ?? null,
    },
  };
}

/** A user has one profile, so its id repeats the user's. */
export function profileId(user: { id: string }): string {
  return user.id.replace("usr_", "usp_");
}

function identityData(identity: LinkedIdentity) {
  return {
    connection_id: identity.connection_id,
    connection_provider: identity.connection_provider,
    connection_type: identity.connection_type,
    connection_user_id: identity.subject,
    is_social: identity.connection_type === "OAUTH",
    created_time: identity.created_at,
    last_login_time: identity.last_login_at,
    last_synced_time: identity.last_login_at,
  };
}
