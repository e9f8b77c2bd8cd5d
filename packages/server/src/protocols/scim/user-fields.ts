/** What a user's document says in the terms of the Directory API and its events (user's e-mail, names, employer's data). */
import { valueIn } from "./attributes.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { valuesAt } from "./matches.ts";
import { ENTERPRISE_URN } from "./user-schema.ts";

export type UserAddress = {
  formatted?: string;
  streetAddress?: string;
  locality?: string;
  state?: string;
  postalCode?: string;
  country?: string;
};

/** Undefined where the document says nothing or something that is no text. */
export type UserFields = {
  userName: string;
  externalId: string | undefined;
  active: boolean;
  /** The primary, else the work, else the first address, else a userName that is one. As written. */
  email: string | undefined;
  /** Every address, as written, each once. */
  emails: string[];
  name: string | undefined;
  givenName: string | undefined;
  familyName: string | undefined;
  nickname: string | undefined;
  title: string | undefined;
  userType: string | undefined;
  locale: string | undefined;
  zoneinfo: string | undefined;
  language: string | undefined;
  profile: string | undefined;
  picture: string | undefined;
  phoneNumber: string | undefined;
  address: UserAddress | undefined;
  employeeId: string | undefined;
  costCenter: string | undefined;
  organization: string | undefined;
  division: string | undefined;
  department: string | undefined;
};

/**
 * Reads the fields out of a document.
 *
 * @param document - as `readUserDocument` or `patchDocument` returns it
 */
export function userFields(document: JsonObject): UserFields {
  const text = (path: string) => textAt(document, path);
  const enterprise = document[ENTERPRISE_URN];
  const employer = (name: string) => (isObject(enterprise) ? textAt(enterprise, name) : undefined);
  const emails = elementsOf(document.emails);
  const userName = text("userName") ?? "";
  return {
    userName,
    externalId: text("externalId"),
    active: document.active !== false,
    email: chooseValue(emails, ["work"]) ?? (isEmail(userName) ? userName : undefined),
    emails: [...new Set(emails.flatMap((element) => textAt(element, "value") ?? []))],
    ...nameFields(document),
    nickname: text("nickName"),
    title: text("title"),
    userType: text("userType"),
    locale: text("locale"),
    zoneinfo: text("timezone"),
    language: text("preferredLanguage"),
    profile: text("profileUrl"),
    picture: chooseValue(elementsOf(document.photos), ["photo"], { primaryFirst: false }),
    phoneNumber: chooseValue(elementsOf(document.phoneNumbers), ["work", "mobile"]),
    address: addressOf(elementsOf(document.addresses)),
    employeeId: employer("employeeNumber"),
    costCenter: employer("costCenter"),
    organization: employer("organization"),
    division: employer("division"),
    department: employer("department"),
  };
}

function nameFields(document: JsonObject): Pick<UserFields, "name" | "givenName" | "familyName"> {
  const givenName = textAt(document, "name.givenName");
  const familyName = textAt(document, "name.familyName");
  const joined = [givenName, familyName].filter((part) => part !== undefined).join(" ");
  const name = textAt(document, "displayName") ?? textAt(document, "name.formatted") ?? (joined || undefined);
  return { name, givenName, familyName };
}

function textAt(holder: JsonObject, path: string): string | undefined {
  const [attribute = "", subAttribute] = path.split(".");
  const [value] = valuesAt(holder, subAttribute === undefined ? { attribute } : { attribute, subAttribute });
  return typeof value === "string" && value !== "" ? value : undefined;
}

function elementsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The primary element, else the first of one of the types in turn, else the first of all; only those with a value. */
function chooseValue(
  elements: readonly JsonObject[],
  types: readonly string[],
  { primaryFirst = true } = {},
): string | undefined {
  const filled = elements.filter((element) => textAt(element, "value") !== undefined);
  const chosen = chooseElement(filled, types, primaryFirst) ?? filled[0];
  return chosen && textAt(chosen, "value");
}

function chooseElement(
  elements: readonly JsonObject[],
  types: readonly string[],
  primaryFirst = true,
): JsonObject | undefined {
  const primary = primaryFirst ? elements.find((element) => element.primary === true) : undefined;
  const typed = types.map((type) =>
    elements.find((element) => textAt(element, "type")?.toLowerCase() === type),
  );
  return primary ?? typed.find((element) => element !== undefined);
}

function addressOf(addresses: readonly JsonObject[]): UserAddress | undefined {
  const address = chooseElement(addresses, ["work"]);
  if (address === undefined) return undefined;
  const parts = {
    formatted: textAt(address, "formatted"),
    streetAddress: textAt(address, "streetAddress"),
    locality: textAt(address, "locality"),
    state: textAt(address, "region"),
    postalCode: textAt(address, "postalCode"),
    country: textAt(address, "country"),
  };
  const said = Object.entries(parts).filter(([, part]) => part !== undefined);
  return said.length > 0 ? Object.fromEntries(said) : undefined;
}

function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

/**
 * The value that an administrator means by the name of an attribute: a top-level attribute, a dotted path, a name in
 * any extension, or a path that begins with the extension's URN. Custom attributes of Entra ID are found both ways.
 *
 * @param document - as `readUserDocument` or `patchDocument` returns it
 * @param name - in any case
 * @returns undefined when the document has nothing of that name
 */
export function attributeByName(document: JsonObject, name: string): Json | undefined {
  const top = valueIn(document, name);
  if (top !== undefined) return top;
  const extensions = Object.entries(document).filter(([key]) => /^urn:/i.test(key));
  const holders = [document, ...extensions.map(([, extension]) => extension)];
  for (const holder of holders) {
    const value = valueAlong(holder, name.split("."));
    if (value !== undefined) return value;
  }
  const named = extensions.find(([urn]) => name.toLowerCase().startsWith(`${urn.toLowerCase()}:`));
  return named && valueAlong(named[1], name.slice(named[0].length + 1).split("."));
}

function valueAlong(holder: Json | undefined, [first, ...rest]: string[]): Json | undefined {
  if (first === undefined) return holder;
  return isObject(holder) ? valueAlong(valueIn(holder, first), rest) : undefined;
}
