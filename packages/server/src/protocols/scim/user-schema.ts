/** The User schema (RFC 7643 section 4.1) and its enterprise extension (4.3), saying what this server keeps. */
import { type Attribute, attribute, complex, resourceScope, type SchemaDefinition } from "./attributes.ts";

export const USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User";
export const ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** The members that most multi-valued attributes share (RFC 7643 section 2.4). */
function plural(what: string, types: readonly string[], value: Attribute): readonly Attribute[] {
  return [
    value,
    attribute("display", "string", `A text that shows the ${what}.`),
    attribute(
      "type",
      "string",
      `What the ${what} is for.`,
      types.length > 0 ? { canonicalValues: types } : {},
    ),
    attribute("primary", "boolean", `Whether this is the main ${what}; one at most.`),
  ];
}

function pluralAttribute(
  name: string,
  what: string,
  types: readonly string[],
  value: Attribute = attribute("value", "string", `The ${what} itself.`),
): Attribute {
  return complex(name, `Every ${what} of the user.`, plural(what, types, value), { multiValued: true });
}

const name = complex("name", "The parts of the user's name.", [
  attribute("formatted", "string", "The full name, ready to be shown."),
  attribute("familyName", "string", "The family name."),
  attribute("givenName", "string", "The given name."),
  attribute("middleName", "string", "The middle names."),
  attribute("honorificPrefix", "string", "What stands before the name, such as Dr."),
  attribute("honorificSuffix", "string", "What stands after the name, such as III."),
]);

const addresses = complex(
  "addresses",
  "Every postal address of the user.",
  [
    attribute("formatted", "string", "The full address, ready to be shown; may hold line breaks."),
    attribute("streetAddress", "string", "Street, house number and the like; may hold line breaks."),
    attribute("locality", "string", "The city."),
    attribute("region", "string", "The state or region."),
    attribute("postalCode", "string", "The postal code."),
    attribute("country", "string", "The country, as an ISO 3166-1 code of two letters."),
    attribute("type", "string", "What the address is for.", { canonicalValues: ["work", "home", "other"] }),
    attribute("primary", "boolean", "Whether this is the main address; one at most."),
  ],
  { multiValued: true },
);

const READ_ONLY = { mutability: "readOnly" } as const;

const groups = complex(
  "groups",
  "The groups of this directory that the user is in; changed through the groups.",
  [
    attribute("value", "string", "The id of the group.", { ...READ_ONLY, caseExact: true }),
    attribute("$ref", "reference", "The address of the group.", { ...READ_ONLY, referenceTypes: ["Group"] }),
    attribute("display", "string", "The name of the group.", READ_ONLY),
    attribute("type", "string", "How the user is in the group.", {
      ...READ_ONLY,
      canonicalValues: ["direct"],
    }),
  ],
  { ...READ_ONLY, multiValued: true },
);

/**
 * `password` is missing on purpose: it is accepted and dropped (see `document.ts`), and a client that read of it here
 * would send the passwords of a whole company.
 */
export const USER_SCHEMA: SchemaDefinition = {
  id: USER_URN,
  name: "User",
  description: "A person's account.",
  attributes: [
    attribute("userName", "string", "The name that the directory knows the user by; compared without case.", {
      required: true,
      uniqueness: "server",
    }),
    name,
    attribute("displayName", "string", "The name to show to others."),
    attribute("nickName", "string", "The name used among friends."),
    attribute("profileUrl", "reference", "The address of the user's page.", { referenceTypes: ["external"] }),
    attribute("title", "string", "The position at work."),
    attribute("userType", "string", "What the user is to the organization, such as Employee."),
    attribute("preferredLanguage", "string", "The languages to address the user in, as in Accept-Language."),
    attribute("locale", "string", "Where to take the forms of dates and numbers from, such as en-GB."),
    attribute("timezone", "string", "The time zone by its IANA name."),
    attribute("active", "boolean", "Whether the user may use the account."),
    pluralAttribute("emails", "e-mail address", ["work", "home", "other"]),
    pluralAttribute("phoneNumbers", "telephone number", ["work", "home", "mobile", "fax", "pager", "other"]),
    pluralAttribute("ims", "instant messaging address", []),
    pluralAttribute(
      "photos",
      "picture",
      ["photo", "thumbnail"],
      attribute("value", "reference", "The address of the picture.", { referenceTypes: ["external"] }),
    ),
    addresses,
    groups,
    pluralAttribute("entitlements", "entitlement", []),
    pluralAttribute("roles", "role", []),
    pluralAttribute(
      "x509Certificates",
      "certificate",
      [],
      attribute("value", "binary", "The certificate in DER, as base64."),
    ),
  ],
};

export const ENTERPRISE_SCHEMA: SchemaDefinition = {
  id: ENTERPRISE_URN,
  name: "EnterpriseUser",
  description: "What an employer notes about a user.",
  attributes: [
    attribute("employeeNumber", "string", "The number that the employer gave."),
    attribute("costCenter", "string", "The cost centre."),
    attribute("organization", "string", "The organization."),
    attribute("division", "string", "The division."),
    attribute("department", "string", "The department."),
    complex("manager", "The user's manager, kept as sent.", [
      attribute("value", "string", "The id of the manager.", { caseExact: true }),
      attribute("$ref", "reference", "The address of the manager.", { referenceTypes: ["User"] }),
      attribute("displayName", "string", "The name of the manager."),
    ]),
  ],
};

export const USER_SCOPE = resourceScope(USER_SCHEMA, [ENTERPRISE_SCHEMA]);
