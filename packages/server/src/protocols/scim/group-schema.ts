/** The Group schema (RFC 7643 section 4.2), saying what this server keeps. */
import { attribute, complex, resourceScope, type SchemaDefinition } from "./attributes.ts";

export const GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group";

export const GROUP_SCHEMA: SchemaDefinition = {
  id: GROUP_URN,
  name: "Group",
  description: "A set of users.",
  attributes: [
    attribute("displayName", "string", "The name of the group; compared without case.", {
      required: true,
      uniqueness: "server",
    }),
    complex(
      "members",
      "The users in the group.",
      [
        attribute("value", "string", "The id of the user.", { caseExact: true, mutability: "immutable" }),
        attribute("$ref", "reference", "The address of the user.", {
          mutability: "immutable",
          referenceTypes: ["User"],
        }),
        attribute("type", "string", "What the member is; groups in groups are not kept.", {
          mutability: "immutable",
          canonicalValues: ["User"],
        }),
        attribute("display", "string", "The name of the user.", {
          mutability: "readOnly",
          returned: "request",
        }),
      ],
      { multiValued: true },
    ),
  ],
};

export const GROUP_SCOPE = resourceScope(GROUP_SCHEMA);
