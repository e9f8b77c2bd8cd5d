/** The attribute names that identity providers send for each field of a profile, most specific first. */

export type ProfileField =
  | "email"
  | "givenName"
  | "familyName"
  | "name"
  | "username"
  | "groups"
  | "locale"
  | "picture";

const SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT = "http://schemas.microsoft.com/identity/claims";
const MICROSOFT_WS = "http://schemas.microsoft.com/ws/2008/06/identity/claims";

/** Compared without case. URNs are the LDAP attributes of RFC 4524, RFC 2798 and eduPerson. */
export const WELL_KNOWN_NAMES: Record<ProfileField, readonly string[]> = {
  email: [
    "email",
    "mail",
    "emailAddress",
    "email_address",
    "e-mail",
    "user.email",
    `${SOAP}/emailaddress`,
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
  ],
  givenName: [
    "firstName",
    "givenName",
    "first_name",
    "given_name",
    "user.firstName",
    `${SOAP}/givenname`,
    "urn:oid:2.5.4.42",
  ],
  familyName: [
    "lastName",
    "familyName",
    "surname",
    "sn",
    "last_name",
    "family_name",
    "user.lastName",
    `${SOAP}/surname`,
    "urn:oid:2.5.4.4",
  ],
  // Not the claim .../claims/name: Entra ID and ADFS put the login name there.
  name: [
    "displayName",
    "display_name",
    "fullName",
    "full_name",
    "name",
    "cn",
    `${MICROSOFT}/displayname`,
    "http://schemas.xmlsoap.org/claims/CommonName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:oid:2.5.4.3",
  ],
  username: [
    "username",
    "user_name",
    "preferred_username",
    "login",
    "uid",
    "userPrincipalName",
    "upn",
    "eduPersonPrincipalName",
    `${SOAP}/upn`,
    `${SOAP}/name`,
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "urn:oid:0.9.2342.19200300.100.1.1",
  ],
  groups: [
    "groups",
    "group",
    "memberOf",
    "isMemberOf",
    `${MICROSOFT_WS}/groups`,
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
  ],
  locale: ["locale", "preferredLanguage", "language", "urn:oid:2.16.840.1.113730.3.1.39"],
  picture: ["picture", "photo", "avatar", "thumbnailPhoto", "user.picture"],
};

/** Keys of a connection's mapping, without case, "_" and "-". */
export const FIELD_OF_KEY: ReadonlyMap<string, ProfileField> = new Map([
  ["email", "email"],
  ["emailaddress", "email"],
  ["givenname", "givenName"],
  ["firstname", "givenName"],
  ["familyname", "familyName"],
  ["lastname", "familyName"],
  ["surname", "familyName"],
  ["name", "name"],
  ["displayname", "name"],
  ["fullname", "name"],
  ["username", "username"],
  ["preferredusername", "username"],
  ["groups", "groups"],
  ["locale", "locale"],
  ["picture", "picture"],
]);
