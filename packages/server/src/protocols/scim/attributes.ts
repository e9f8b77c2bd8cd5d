/** What a schema says about an attribute (RFC 7643 section 7), and how attributes are found by name in any case. */

export type AttributeType =
  | "string"
  | "boolean"
  | "decimal"
  | "integer"
  | "dateTime"
  | "reference"
  | "binary"
  | "complex";

/** A definition in the very form that `/Schemas` shows. */
export type Attribute = {
  name: string;
  type: AttributeType;
  multiValued: boolean;
  description: string;
  required: boolean;
  caseExact?: boolean;
  mutability: "readOnly" | "readWrite" | "immutable" | "writeOnly";
  returned: "always" | "never" | "default" | "request";
  uniqueness: "none" | "server" | "global";
  canonicalValues?: readonly string[];
  referenceTypes?: readonly string[];
  subAttributes?: readonly Attribute[];
};

export type SchemaDefinition = {
  id: string;
  name: string;
  description: string;
  attributes: readonly Attribute[];
};

/**
 * Which names a path may use: those of a resource type, or those of one element inside of brackets (`schema` is then
 * undefined).
 */
export type Scope = {
  schema?: string;
  attributes: readonly Attribute[];
  extensions: readonly SchemaDefinition[];
};

/** Names as the schema writes them, or as they were written where no schema knows them. */
export type AttributePath = {
  /** URN of the extension that holds the attribute; absent for the core schema. */
  schema?: string;
  attribute: string;
  subAttribute?: string;
};

/** The rest of a definition; what RFC 7643 section 2.2 calls the defaults need not be said. */
type Details = Partial<Omit<Attribute, "name" | "type" | "description" | "subAttributes">>;

/**
 * Defines a simple attribute. Unsaid characteristics are those of RFC 7643 section 2.2.
 *
 * @param name - in camel case
 * @param type - any but complex
 * @param description - one sentence
 * @param details - what differs from the defaults
 */
export function attribute(
  name: string,
  type: Exclude<AttributeType, "complex">,
  description: string,
  details: Details = {},
): Attribute {
  const caseExact = type === "boolean" ? {} : { caseExact: type !== "string" };
  return { name, type, description, ...caseExact, ...DEFAULTS, ...details };
}

/**
 * Defines a complex attribute.
 *
 * @param name - in camel case
 * @param description - one sentence
 * @param subAttributes - its members, none of them complex
 * @param details - what differs from the defaults
 */
export function complex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  details: Details = {},
): Attribute {
  return { name, type: "complex", description, ...DEFAULTS, ...details, subAttributes };
}

const DEFAULTS = {
  multiValued: false,
  required: false,
  mutability: "readWrite",
  returned: "default",
  uniqueness: "none",
} as const;

/** What every resource has although no schema lists it (RFC 7643 section 3.1). */
export const COMMON_ATTRIBUTES: readonly Attribute[] = [
  attribute("id", "string", "The server's identifier of the resource.", {
    caseExact: true,
    mutability: "readOnly",
    returned: "always",
    uniqueness: "server",
  }),
  attribute("externalId", "string", "The client's identifier of the resource.", { caseExact: true }),
  attribute("schemas", "reference", "The schemas whose attributes the resource has.", {
    multiValued: true,
    returned: "always",
  }),
  complex(
    "meta",
    "What the server notes about the resource.",
    [
      attribute("resourceType", "string", "The name of its type.", {
        caseExact: true,
        mutability: "readOnly",
      }),
      attribute("created", "dateTime", "When it was made.", { mutability: "readOnly" }),
      attribute("lastModified", "dateTime", "When it changed last.", { mutability: "readOnly" }),
      attribute("location", "reference", "Its address.", { mutability: "readOnly" }),
      attribute("version", "string", "Its weak entity tag.", { caseExact: true, mutability: "readOnly" }),
    ],
    { mutability: "readOnly" },
  ),
];

/**
 * The scope of a resource type.
 *
 * @param schema - its core schema
 * @param extensions - the extensions that the server knows
 */
export function resourceScope(schema: SchemaDefinition, extensions: readonly SchemaDefinition[] = []): Scope {
  return { schema: schema.id, attributes: [...COMMON_ATTRIBUTES, ...schema.attributes], extensions };
}

/**
 * The scope inside of the brackets that follow an attribute.
 *
 * @param attribute - the attribute before the bracket; undefined when no schema knows it
 */
export function elementScope(attribute: Attribute | undefined): Scope {
  return { attributes: attribute?.subAttributes ?? [], extensions: [] };
}

/**
 * Finds the definition that a path leads to.
 *
 * @param path - as `parseAttributePath` returns it
 * @param scope - where its names are valid
 * @returns the definition of the sub-attribute if the path has one; undefined when no schema knows it
 */
export function findAttribute(path: AttributePath, scope: Scope): Attribute | undefined {
  const attributes = attributesOf(path.schema, scope);
  const found = attributes && findByName(attributes, path.attribute);
  if (path.subAttribute === undefined) return found;
  return found?.subAttributes && findByName(found.subAttributes, path.subAttribute);
}

/**
 * The attributes that a schema gives.
 *
 * @param schema - URN of an extension; undefined for the core
 * @param scope - where it is valid
 * @returns undefined for an extension that the server does not know
 */
export function attributesOf(schema: string | undefined, scope: Scope): readonly Attribute[] | undefined {
  if (schema === undefined) return scope.attributes;
  return scope.extensions.find(({ id }) => id === schema)?.attributes;
}

/**
 * Finds a definition by name; names have no case (RFC 7643 section 2.1).
 *
 * @param attributes - of one schema or one complex attribute
 * @param name - in any case
 */
export function findByName(attributes: readonly Attribute[], name: string): Attribute | undefined {
  const wanted = name.toLowerCase();
  return attributes.find((attribute) => attribute.name.toLowerCase() === wanted);
}

/**
 * Finds the key of an object that has a name in any case; the exact spelling wins.
 *
 * @param object - a document or a part of one
 * @param name - in any case
 * @returns the key as the object spells it, or undefined
 */
export function keyIn(object: object, name: string): string | undefined {
  if (Object.hasOwn(object, name)) return name;
  const wanted = name.toLowerCase();
  return Object.keys(object).find((key) => key.toLowerCase() === wanted);
}

/**
 * Reads a member of its own of an object, by a name in any case. What each object inherits, such as `constructor`, is
 * no attribute.
 *
 * @param object - a document or a part of one
 * @param name - in any case
 */
export function valueIn<Value>(object: { [key: string]: Value }, name: string): Value | undefined {
  const key = keyIn(object, name);
  return key === undefined ? undefined : object[key];
}
