/** Reads who signed in, and what is said about them, out of a verified Assertion element. */
import type { Element } from "@xmldom/xmldom";
import type { NameId } from "./expectations.ts";
import { NS } from "./names.ts";
import {
  attribute,
  childrenNamed,
  optionalChild,
  plainText,
  requiredChild,
  timeAttribute,
} from "./read-elements.ts";
import { SamlError } from "./saml-error.ts";

/**
 * The subject's NameID (SAML core 2.2.3).
 *
 * @param assertion - a verified Assertion
 * @returns value, with format and qualifiers where given
 * @throws {SamlError} `element_missing`, `encrypted_name_id`
 */
export function readNameId(assertion: Element): NameId {
  return readNameIdIn(requiredChild(assertion, NS.assertion, "Subject"));
}

/**
 * The same, of any element that names somebody, such as a LogoutRequest (SAML core 3.7.1).
 *
 * @param parent - a verified Subject or request
 * @returns value, with format and qualifiers where given
 * @throws {SamlError} `element_missing`, `encrypted_name_id`
 */
export function readNameIdIn(parent: Element): NameId {
  if (optionalChild(parent, NS.assertion, "EncryptedID")) {
    throw new SamlError(
      "encrypted_name_id",
      "The NameID is encrypted by itself. Switch NameID encryption off at the identity provider; encrypt the assertion instead.",
    );
  }
  const element = requiredChild(parent, NS.assertion, "NameID");
  const value = plainText(element);
  if (value === "")
    throw new SamlError(
      "element_missing",
      "The NameID is empty. Map it to a user attribute at the identity provider.",
    );
  return {
    value,
    ...present("format", attribute(element, "Format")),
    ...present("nameQualifier", attribute(element, "NameQualifier")),
    ...present("spNameQualifier", attribute(element, "SPNameQualifier")),
  };
}

export type SessionClaims = { sessionIndex?: string; authnInstant?: Date; sessionNotOnOrAfter?: Date };

/**
 * The AuthnStatement (SAML core 2.7.2); the bearer profile wants at least one (profiles 4.1.4.2).
 *
 * @param assertion - a verified Assertion
 * @returns index, instant and end of the session of the first statement
 * @throws {SamlError} `element_missing`, `time_malformed`
 */
export function readSession(assertion: Element): SessionClaims {
  const [statement] = childrenNamed(assertion, NS.assertion, "AuthnStatement");
  if (!statement) {
    throw new SamlError(
      "element_missing",
      "The assertion has no AuthnStatement, so it does not say that anyone signed in.",
    );
  }
  return {
    ...present("sessionIndex", attribute(statement, "SessionIndex")),
    ...present("authnInstant", timeAttribute(statement, "AuthnInstant")),
    ...present("sessionNotOnOrAfter", timeAttribute(statement, "SessionNotOnOrAfter")),
  };
}

/**
 * Every attribute of every AttributeStatement (SAML core 2.7.3).
 *
 * @param assertion - a verified Assertion
 * @returns an object without prototype: attribute name to values; a FriendlyName is one more key where no
 *   attribute has that name and no other attribute shares it
 */
export function readAttributes(assertion: Element): Record<string, string[]> {
  // Without prototype, since names such as __proto__ come from outside.
  const values: Record<string, string[]> = Object.create(null);
  const namesOfFriendly = new Map<string, Set<string>>();
  for (const statement of childrenNamed(assertion, NS.assertion, "AttributeStatement")) {
    for (const element of childrenNamed(statement, NS.assertion, "Attribute")) {
      const name = attribute(element, "Name");
      if (!name) continue;
      values[name] = [...(values[name] ?? []), ...attributeValues(element)];
      const friendly = attribute(element, "FriendlyName");
      if (friendly) namesOfFriendly.set(friendly, (namesOfFriendly.get(friendly) ?? new Set()).add(name));
    }
  }
  for (const [friendly, names] of namesOfFriendly) {
    const [name] = names;
    if (names.size === 1 && name && !(friendly in values)) values[friendly] = values[name] ?? [];
  }
  return values;
}

function attributeValues(element: Element): string[] {
  return childrenNamed(element, NS.assertion, "AttributeValue")
    .filter((value) => !/^(?:true|1)$/.test(value.getAttributeNodeNS(NS.schemaInstance, "nil")?.value ?? ""))
    .map((value) => (value.textContent ?? "").trim());
}

function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined || value === "" ? {} : ({ [key]: value } as { [P in K]: V });
}
