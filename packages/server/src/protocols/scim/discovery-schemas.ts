/** The schemas of what describes the server itself: ServiceProviderConfig, ResourceType, Schema (RFC 7643 sections 5 to 7). */
import { type Attribute, attribute, complex, type SchemaDefinition } from "./attributes.ts";

export const SERVICE_PROVIDER_CONFIG_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
export const RESOURCE_TYPE_URN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
export const SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema";

type Details = Parameters<typeof attribute>[3];

/** Nothing here can be written by a client. */
function fixed(
  name: string,
  type: Parameters<typeof attribute>[1],
  description: string,
  details: Details = {},
): Attribute {
  return attribute(name, type, description, { mutability: "readOnly", ...details });
}

function fixedComplex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  details: Details = {},
): Attribute {
  return complex(name, description, subAttributes, { mutability: "readOnly", ...details });
}

const REQUIRED = { required: true } as const;
const supported = fixed("supported", "boolean", "Whether the server has it.", REQUIRED);

const pagination = fixedComplex("pagination", "How lists are paged (RFC 9865).", [
  fixed("cursor", "boolean", "Whether lists are paged by cursor.", REQUIRED),
  fixed("index", "boolean", "Whether lists are paged by startIndex.", REQUIRED),
  fixed("defaultPaginationMethod", "string", "What holds when the client names none.", {
    canonicalValues: ["cursor", "index"],
  }),
  fixed("defaultPageSize", "integer", "Resources in a page when the client names no count."),
  fixed("maxPageSize", "integer", "Resources in a page at most."),
  fixed("cursorTimeout", "integer", "Seconds for which a cursor lives; none when it does not expire."),
]);

const authenticationSchemes = fixedComplex(
  "authenticationSchemes",
  "How clients authenticate.",
  [
    fixed("type", "string", "The scheme.", {
      ...REQUIRED,
      canonicalValues: ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"],
    }),
    fixed("name", "string", "Its usual name.", REQUIRED),
    fixed("description", "string", "What it asks of the client.", REQUIRED),
    fixed("specUri", "reference", "Where it is specified.", { referenceTypes: ["external"] }),
    fixed("documentationUri", "reference", "Where its use is explained.", { referenceTypes: ["external"] }),
    fixed("primary", "boolean", "Whether it is the preferred one."),
  ],
  { ...REQUIRED, multiValued: true },
);

export const SERVICE_PROVIDER_CONFIG_SCHEMA: SchemaDefinition = {
  id: SERVICE_PROVIDER_CONFIG_URN,
  name: "ServiceProviderConfig",
  description: "What the server can do.",
  attributes: [
    fixed("documentationUri", "reference", "Where the server is explained to people.", {
      referenceTypes: ["external"],
    }),
    fixedComplex("patch", "PATCH requests.", [supported], REQUIRED),
    fixedComplex(
      "bulk",
      "Bulk requests.",
      [
        supported,
        fixed("maxOperations", "integer", "Operations at most.", REQUIRED),
        fixed("maxPayloadSize", "integer", "Bytes at most.", REQUIRED),
      ],
      REQUIRED,
    ),
    fixedComplex(
      "filter",
      "Filters of lists.",
      [supported, fixed("maxResults", "integer", "Resources in an answer at most.", REQUIRED)],
      REQUIRED,
    ),
    fixedComplex("changePassword", "Changes of passwords.", [supported], REQUIRED),
    fixedComplex("sort", "Sorting of lists.", [supported], REQUIRED),
    fixedComplex("etag", "Entity tags.", [supported], REQUIRED),
    pagination,
    authenticationSchemes,
  ],
};

export const RESOURCE_TYPE_SCHEMA: SchemaDefinition = {
  id: RESOURCE_TYPE_URN,
  name: "ResourceType",
  description: "A kind of resource that the server has.",
  attributes: [
    fixed("id", "string", "The name of the type, as its identifier.", { caseExact: true }),
    fixed("name", "string", "The name of the type.", { ...REQUIRED, caseExact: true }),
    fixed("description", "string", "What a resource of the type is."),
    fixed("endpoint", "reference", "Where its resources are, below the base address.", {
      ...REQUIRED,
      referenceTypes: ["uri"],
    }),
    fixed("schema", "reference", "The URN of its core schema.", { ...REQUIRED, referenceTypes: ["uri"] }),
    fixedComplex(
      "schemaExtensions",
      "The extensions that its resources may have.",
      [
        fixed("schema", "reference", "The URN of the extension.", { ...REQUIRED, referenceTypes: ["uri"] }),
        fixed("required", "boolean", "Whether each resource has it.", REQUIRED),
      ],
      { multiValued: true },
    ),
  ],
};

/** What one level of attributes says about each of them. */
const characteristics: readonly Attribute[] = [
  fixed("name", "string", "The name.", { ...REQUIRED, caseExact: true }),
  fixed("type", "string", "The type of its values.", {
    ...REQUIRED,
    canonicalValues: [
      "string",
      "complex",
      "boolean",
      "decimal",
      "integer",
      "dateTime",
      "reference",
      "binary",
    ],
  }),
  fixed("multiValued", "boolean", "Whether it has a list of values.", REQUIRED),
  fixed("description", "string", "What it means."),
  fixed("required", "boolean", "Whether it must be present."),
  fixed("canonicalValues", "string", "Values with an agreed meaning.", {
    multiValued: true,
    caseExact: true,
  }),
  fixed("caseExact", "boolean", "Whether upper and lower case differ."),
  fixed("mutability", "string", "Who may write it, and when.", {
    caseExact: true,
    canonicalValues: ["readOnly", "readWrite", "immutable", "writeOnly"],
  }),
  fixed("returned", "string", "When an answer has it.", {
    caseExact: true,
    canonicalValues: ["always", "never", "default", "request"],
  }),
  fixed("uniqueness", "string", "Among which resources a value is unique.", {
    caseExact: true,
    canonicalValues: ["none", "server", "global"],
  }),
  fixed("referenceTypes", "string", "What it may refer to.", { multiValued: true, caseExact: true }),
];

export const SCHEMA_SCHEMA: SchemaDefinition = {
  id: SCHEMA_URN,
  name: "Schema",
  description: "The attributes of a kind of resource.",
  attributes: [
    fixed("id", "string", "The URN of the schema.", { ...REQUIRED, caseExact: true }),
    fixed("name", "string", "The name for people.", REQUIRED),
    fixed("description", "string", "What the schema is for."),
    fixedComplex(
      "attributes",
      "Its attributes.",
      [
        ...characteristics,
        fixedComplex("subAttributes", "The attributes of a complex one.", characteristics, {
          multiValued: true,
        }),
      ],
      { ...REQUIRED, multiValued: true },
    ),
  ],
};
