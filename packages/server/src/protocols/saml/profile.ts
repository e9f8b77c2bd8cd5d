/** From an identity provider's attributes to our profile: the connection's own mapping, else well-known names. */
import type { VerifiedAssertion } from "./expectations.ts";
import { NAME_ID_FORMAT } from "./names.ts";
import { normalizeEmail } from "./normalize-email.ts";
import { FIELD_OF_KEY, type ProfileField, WELL_KNOWN_NAMES } from "./profile-names.ts";

export type SamlProfile = {
  /** Normalised and valid. */
  email?: string;
  /** The value that was found for the e-mail address but refused; for the error message. */
  rejectedEmail?: string;
  givenName?: string;
  familyName?: string;
  name?: string;
  username?: string;
  groups?: string[];
  locale?: string;
  picture?: string;
  /** Without prototype: the mapping's other keys. Several values become a JSON array. */
  custom: Record<string, string>;
};

type Source = Pick<VerifiedAssertion, "nameId" | "attributes">;
type Lookup = (name: string) => string[] | undefined;

const SINGLE_FIELDS = ["givenName", "familyName", "name", "username", "locale", "picture"] as const;

/**
 * Maps attributes to a profile.
 *
 * A mapped field reads its attribute alone; other fields try the names that Okta, Entra ID, Google, ADFS and
 * Shibboleth send. The e-mail address falls back to the NameID only when the NameID says that it is one.
 *
 * @param assertion - NameID and attributes of a verified assertion
 * @param mapping - our field (or a custom attribute's key) to the identity provider's attribute name; the name
 *   `NameID` means the NameID
 * @returns the profile; a missing address is the caller's error to raise
 */
export function mapProfile(assertion: Source, mapping: Record<string, string>): SamlProfile {
  const lookup = lookupIn(assertion);
  const { fields, custom } = splitMapping(mapping);
  const profile: SamlProfile = { ...mapEmail(assertion, lookup, fields), custom: mapCustom(lookup, custom) };
  for (const field of SINGLE_FIELDS) {
    const value = valuesOf(field, lookup, fields)?.[0];
    if (value) profile[field] = value;
  }
  const groups = valuesOf("groups", lookup, fields);
  if (groups) profile.groups = groups;
  if (!profile.username && !fields.has("username") && assertion.nameId.format !== NAME_ID_FORMAT.transient) {
    profile.username = assertion.nameId.value;
  }
  return profile;
}

function mapEmail(assertion: Source, lookup: Lookup, fields: ReadonlyMap<ProfileField, string>) {
  const found = valuesOf("email", lookup, fields)?.[0];
  const candidate = found ?? (fields.has("email") ? undefined : emailOfNameId(assertion));
  if (candidate === undefined) return {};
  const email = normalizeEmail(candidate);
  return email === undefined ? { rejectedEmail: candidate } : { email };
}

/** A persistent or transient NameID is opaque even when it looks like an address. */
function emailOfNameId({ nameId }: Source): string | undefined {
  if (nameId.format === NAME_ID_FORMAT.emailAddress) return nameId.value;
  const isUnspecified = nameId.format === undefined || nameId.format === NAME_ID_FORMAT.unspecified;
  return isUnspecified && normalizeEmail(nameId.value) !== undefined ? nameId.value : undefined;
}

/** The exact name first, then the same name in other case: identity providers spell their own names both ways. */
function lookupIn({ attributes, nameId }: Source): Lookup {
  const byLowerCase = new Map<string, string[]>();
  for (const [name, values] of Object.entries(attributes)) {
    const key = name.toLowerCase();
    if (!byLowerCase.has(key)) byLowerCase.set(key, values);
  }
  return (name) => {
    const exact = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const values = (exact ?? byLowerCase.get(name.toLowerCase()))?.filter((value) => value !== "");
    if (values && values.length > 0) return values;
    return name.toLowerCase() === "nameid" ? [nameId.value] : undefined;
  };
}

function valuesOf(
  field: ProfileField,
  lookup: Lookup,
  fields: ReadonlyMap<ProfileField, string>,
): string[] | undefined {
  const mapped = fields.get(field);
  if (mapped !== undefined) return lookup(mapped);
  for (const name of WELL_KNOWN_NAMES[field]) {
    const values = lookup(name);
    if (values) return values;
  }
  return undefined;
}

function splitMapping(mapping: Record<string, string>) {
  const fields = new Map<ProfileField, string>();
  const custom = new Map<string, string>();
  for (const [key, attributeName] of Object.entries(mapping)) {
    if (attributeName === "") continue;
    const field = FIELD_OF_KEY.get(key.replace(/[_\s-]/g, "").toLowerCase());
    if (field) fields.set(field, attributeName);
    else custom.set(key, attributeName);
  }
  return { fields, custom };
}

function mapCustom(lookup: Lookup, custom: ReadonlyMap<string, string>): Record<string, string> {
  const mapped: Record<string, string> = Object.create(null);
  for (const [key, attributeName] of custom) {
    const values = lookup(attributeName);
    const [first] = values ?? [];
    if (values && first !== undefined) mapped[key] = values.length === 1 ? first : JSON.stringify(values);
  }
  return mapped;
}
