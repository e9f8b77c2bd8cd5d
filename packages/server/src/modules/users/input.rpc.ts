/** From the contract's messages to what the rules of users take. */
import type { Role } from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import type {
  AssignRoleRequest,
  CreateMembership,
  CreateUserProfile,
  UpdateUserProfile,
} from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { invalidArgument } from "../../errors.ts";
import type { Addition } from "./memberships.ts";
import type { Profile } from "./profiles.ts";
import type { UserRef } from "./users.ts";

type Identities = { case: "id" | "externalId"; value: string } | { case?: undefined; value?: undefined };

/** The user that a request names, by the arm of its `identities` oneof. @throws INVALID_ARGUMENT */
export function refOf(identities: Identities): UserRef {
  if (identities.case === undefined)
    throw invalidArgument("identities", "required", "exactly one of id and external_id is required");
  return identities.case === "externalId" ? { externalId: identities.value } : { id: identities.value };
}

/**
 * The profile of a new user, whose plain fields cannot tell empty from absent, or the changes of one. The old names
 * count where the new ones are not given.
 */
export function profileOf(profile: CreateUserProfile | UpdateUserProfile | undefined): Profile | undefined {
  if (!profile) return undefined;
  const { picture, gender, groups, metadata, customAttributes } = profile;
  const isNew = profile.$typeName === "scalekit.v1.users.CreateUserProfile";
  return {
    givenName: isNew ? profile.givenName || profile.firstName : (profile.givenName ?? profile.firstName),
    familyName: isNew ? profile.familyName || profile.lastName : (profile.familyName ?? profile.lastName),
    name: profile.name,
    locale: profile.locale,
    phoneNumber: profile.phoneNumber,
    username: profile.preferredUsername,
    picture,
    gender,
    groups,
    metadata,
    customAttributes,
  };
}

/** A membership that is to be made; an invitation goes out unless that is switched off. */
export function additionOf(
  membership: CreateMembership | undefined,
  sendInvitationEmail: boolean | undefined,
): Addition {
  return {
    invite: sendInvitationEmail ?? true,
    roles: namesOf(membership?.roles ?? []),
    metadata: membership?.metadata,
    inviterEmail: membership?.inviterEmail,
  };
}

/** The names of roles, by which requests refer to them. @throws INVALID_ARGUMENT */
export function namesOf(roles: readonly Role[]): string[] {
  return roles.map(({ name }, at) => {
    if (name === "") throw invalidArgument(`membership.roles[${at}].name`, "required", "value is required");
    return name;
  });
}

/** The same of roles that are to be given; the old field held the name, too. @throws INVALID_ARGUMENT */
export function roleNamesOf(roles: readonly AssignRoleRequest[]): string[] {
  return roles.map(({ roleName, id }, at) => {
    const name = roleName || id;
    if (name === "") throw invalidArgument(`roles[${at}].role_name`, "required", "value is required");
    return name;
  });
}
