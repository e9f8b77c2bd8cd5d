/** Profiles: what is known of a user beyond the address, and what may be written of it by whom. */
import type { Ctx } from "../../context.ts";
import { invalidArgument, requireAtMost } from "../../errors.ts";
import { normalizeEmail } from "../../protocols/saml/normalize-email.ts";
import * as userAttributes from "../user-attributes/user-attributes.ts";
import { userErrors as errors } from "./errors.ts";

/** A field left out stays as it is. */
export interface Profile {
  givenName?: string | undefined;
  familyName?: string | undefined;
  name?: string | undefined;
  username?: string | undefined;
  locale?: string | undefined;
  picture?: string | undefined;
  phoneNumber?: string | undefined;
  gender?: string | undefined;
  /** These four change only by a value that is not empty. */
  groups?: string[] | undefined;
  metadata?: Record<string, string> | undefined;
  customAttributes?: Record<string, string> | undefined;
}

/** What an application keeps of a user besides the profile; an absent field stays, an empty external id is cleared. */
export interface UserFields {
  externalId?: string | undefined;
  metadata?: Record<string, string> | undefined;
  profile?: Profile | undefined;
}

/** Lookups take external ids up to this length (the contract's own rule). */
const longestExternalId = 510;

/** The contract limits the other fields. Every one of these travels in events, and some in tokens. */
const longest = { name: 512, locale: 64, phoneNumber: 64, gender: 64 } as const;

/** What the contract says in words only. @throws INVALID_ARGUMENT */
export function checkFields({ externalId = "", profile = {} }: UserFields): void {
  requireAtMost("user.external_id", externalId, longestExternalId);
  requireAtMost("user.user_profile.name", profile.name, longest.name);
  requireAtMost("user.user_profile.locale", profile.locale, longest.locale);
  requireAtMost("user.user_profile.phone_number", profile.phoneNumber, longest.phoneNumber);
  requireAtMost("user.user_profile.gender", profile.gender, longest.gender);
}

/** Refuses custom attributes that the environment does not declare. @throws INVALID_ARGUMENT */
export async function requireDeclared(ctx: Ctx, { profile = {} }: UserFields): Promise<void> {
  const undeclared = await userAttributes.undeclared(ctx, Object.keys(profile.customAttributes ?? {}));
  if (undeclared === undefined) return;
  const problem = `the attribute "${undeclared}" is not declared in this environment`;
  throw invalidArgument("user.user_profile.custom_attributes", "custom_attributes.declared", problem);
}

/**
 * Refuses what end users could use to become somebody else in the application, or to be allowed more there: it finds
 * them by their external id and may decide by metadata and groups.
 * @throws USER_FIELD_RESERVED
 */
export function requireApplication(ctx: Ctx, { externalId, metadata, profile = {} }: UserFields): void {
  if (ctx.caller.kind !== "SESSION") return;
  if (externalId !== undefined) throw errors.USER_FIELD_RESERVED("external_id");
  if (hasEntries(metadata)) throw errors.USER_FIELD_RESERVED("metadata");
  if (profile.groups?.length) throw errors.USER_FIELD_RESERVED("user_profile.groups");
  if (hasEntries(profile.metadata)) throw errors.USER_FIELD_RESERVED("user_profile.metadata");
  if (hasEntries(profile.customAttributes))
    throw errors.USER_FIELD_RESERVED("user_profile.custom_attributes");
}

/** The one form in which an address is stored and compared. @throws INVALID_ARGUMENT */
export function emailOf(input: string): string {
  const email = normalizeEmail(input);
  const problem = "value must be an e-mail address in a domain, at most 254 characters long";
  if (email === undefined) throw invalidArgument("user.email", "string.email", problem);
  return email;
}

/** The columns of the fields that are given. */
export function columnsOf({ externalId, metadata, profile = {} }: UserFields) {
  return {
    ...(externalId !== undefined && { external_id: externalId || null }),
    ...(hasEntries(metadata) && { metadata: JSON.stringify(metadata) }),
    ...(profile.givenName !== undefined && { given_name: profile.givenName }),
    ...(profile.familyName !== undefined && { family_name: profile.familyName }),
    ...(profile.name !== undefined && { name: profile.name }),
    ...(profile.username !== undefined && { preferred_username: profile.username }),
    ...(profile.locale !== undefined && { locale: profile.locale }),
    ...(profile.picture !== undefined && { picture: profile.picture }),
    ...(profile.phoneNumber !== undefined && { phone_number: profile.phoneNumber }),
    ...(profile.gender !== undefined && { gender: profile.gender }),
    ...(profile.groups?.length && { groups: profile.groups }),
    ...(hasEntries(profile.metadata) && { profile_metadata: JSON.stringify(profile.metadata) }),
    ...(hasEntries(profile.customAttributes) && {
      custom_attributes: JSON.stringify(profile.customAttributes),
    }),
  };
}

function hasEntries(map: Record<string, string> | undefined): boolean {
  return map !== undefined && Object.keys(map).length > 0;
}
