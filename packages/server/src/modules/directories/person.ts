/**
 * A person of a directory: what is read from the document that the identity provider sent, and how events and lists
 * show it.
 */
import type { DirectoryUserRow } from "./people.store.ts";

/** A document in the schema's own case, as `protocols/scim` reads it. */
export type Document = Record<string, unknown>;

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** The columns of `directory_users` that are read from the document; all but the addresses "" when they are absent. */
export interface PersonColumns {
  user_name: string;
  external_id: string | null;
  active: boolean;
  display_name: string;
  given_name: string;
  family_name: string;
  email: string;
  emails: string[];
}

/** What the columns of a person are, from the document. */
export function columnsOf(document: Document): PersonColumns {
  const name = objectOf(document.name);
  const given = textOf(name.givenName);
  const family = textOf(name.familyName);
  const joined = [given, family].filter((part) => part !== "").join(" ");
  return {
    user_name: textOf(document.userName),
    external_id: textOf(document.externalId) || null,
    active: document.active !== false,
    display_name: firstOf(textOf(document.displayName), textOf(name.formatted), joined),
    given_name: given,
    family_name: family,
    email: emailOf(document),
    emails: [...new Set(valuesOf(document.emails).map((value) => value.toLowerCase()))],
  };
}

/** Of these, events show what was sent; users take what fits them. */
export function extrasOf(document: Document) {
  return {
    locale: textOf(document.locale),
    phone_number: phoneOf(document),
    picture: firstOf(valueWith(document.photos, "type", "photo"), valuesOf(document.photos)[0]),
  };
}

/** What stands beside the row of a person in events. */
export interface Surroundings {
  groups: readonly { id: string; name: string }[];
  roles: readonly string[];
  customAttributes: Record<string, unknown>;
}

export type UserData = ReturnType<typeof userData>;
export type DeletedUserData = ReturnType<typeof deletedUserData>;

/** A person as events and `user_detail` show them. */
export function userData(row: DirectoryUserRow, { groups, roles, customAttributes }: Surroundings) {
  const document = row.document as Document;
  const work = objectOf(document[enterprise]);
  return {
    id: row.id,
    organization_id: row.organization_id,
    active: row.active,
    email: row.email,
    name: row.display_name,
    given_name: row.given_name,
    family_name: row.family_name,
    preferred_username: row.user_name,
    nickname: textOf(document.nickName),
    dp_id: row.external_id ?? "",
    employee_id: textOf(work.employeeNumber),
    department: textOf(work.department),
    cost_center: textOf(work.costCenter),
    division: textOf(work.division),
    title: textOf(document.title),
    user_type: textOf(document.userType),
    organization: textOf(work.organization),
    language: textOf(document.preferredLanguage),
    zoneinfo: textOf(document.timezone),
    profile: textOf(document.profileUrl),
    ...extrasOf(document),
    address: addressOf(document),
    groups,
    roles: roles.map((name) => ({ role_name: name })),
    custom_attributes: customAttributes,
    raw_attributes: document,
  };
}

/** What is left to say of somebody who is gone; consumers match by the address. */
export function deletedUserData(
  organizationId: string,
  person: { id: string; externalId: string | null; email: string },
) {
  return {
    id: person.id,
    organization_id: organizationId,
    dp_id: person.externalId ?? "",
    email: person.email,
  };
}

function emailOf(document: Document): string {
  const { emails } = document;
  const userName = textOf(document.userName);
  return firstOf(
    valueWith(emails, "primary", true),
    valueWith(emails, "type", "work"),
    valuesOf(emails)[0],
    userName.includes("@") ? userName : "",
  );
}

function phoneOf({ phoneNumbers }: Document): string {
  return firstOf(
    valueWith(phoneNumbers, "primary", true),
    valueWith(phoneNumbers, "type", "work"),
    valueWith(phoneNumbers, "type", "mobile"),
    valuesOf(phoneNumbers)[0],
  );
}

function addressOf({ addresses }: Document): Record<string, string> {
  const all = elementsOf(addresses);
  const chosen = all.find(({ primary }) => primary === true) ?? all.find(({ type }) => type === "work");
  const { postalCode, region, formatted } = chosen ?? all[0] ?? {};
  const found = { postal_code: textOf(postalCode), state: textOf(region), formatted: textOf(formatted) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== ""));
}

function valueWith(list: unknown, name: string, wanted: unknown): string {
  const found = elementsOf(list).find((element) => element[name] === wanted && textOf(element.value) !== "");
  return textOf(found?.value);
}

function valuesOf(list: unknown): string[] {
  return elementsOf(list)
    .map(({ value }) => textOf(value))
    .filter((value) => value !== "");
}

function elementsOf(list: unknown): Document[] {
  return Array.isArray(list) ? list.map(objectOf) : [];
}

function firstOf(...values: (string | undefined)[]): string {
  return values.find((value) => value !== undefined && value !== "") ?? "";
}

function objectOf(value: unknown): Document {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Document) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
