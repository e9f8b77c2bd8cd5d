/** From messages of the contract to JSON schemas, as OpenAPI 3.1 has them (JSON Schema 2020-12). */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { type FieldRules, field as rulesOption } from "@gatehouse/contract/buf/validate/validate_pb";
import { FieldBehavior, field_behavior } from "@gatehouse/contract/google/api/field_behavior_pb";

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Schema = { [name: string]: Json };

/**
 * How the schemas of one side of the document come together: those that are referred to are made at the first
 * reference. Requests and answers have schemas of their own, since the contract's rules bind requests only: an answer
 * prints a plain field that is empty, whatever its rule asks of a request.
 */
export class Schemas {
  readonly components: Record<string, Schema> = {};
  readonly #comments: ReadonlyMap<string, string>;
  readonly #answers: Schemas | undefined;

  /** @param answers the finished schemas of the answers, for those of the requests */
  constructor(comments: ReadonlyMap<string, string>, answers?: Schemas) {
    this.#comments = comments;
    this.#answers = answers;
  }

  comment(name: string): string | undefined {
    return this.#comments.get(name);
  }

  /** The schema of a message: a reference, or what a well-known type looks like in JSON. */
  message(desc: DescMessage): Schema {
    const known = wellKnown[desc.typeName];
    if (known) return { ...known };
    const plain = componentName(desc.typeName);
    const name = this.#answers?.components[plain] ? `${plain}.Input` : plain;
    if (!this.components[name]) {
      // Before its fields: a message may contain itself.
      this.components[name] = {};
      this.components[name] = this.object(desc, () => true);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The fields of a message as an object of its own, such as a request without what the path names. */
  object(desc: DescMessage, wanted: (field: DescField) => boolean): Schema {
    const fields = desc.fields.filter(wanted);
    const needed = fields
      .filter((field) => this.#rulesOf(field)?.required === true)
      .map((field) => field.name);
    const description = this.comment(desc.typeName);
    return {
      type: "object",
      ...(description !== undefined && { description }),
      properties: Object.fromEntries(fields.map((field) => [field.name, this.field(field)])),
      ...(needed.length > 0 && { required: needed }),
    };
  }

  field(field: DescField): Schema {
    const description = this.comment(`${field.parent.typeName}.${field.name}`);
    const about: Schema = {
      ...(description !== undefined && { description }),
      ...(behaves(field, FieldBehavior.OUTPUT_ONLY) && { readOnly: true }),
      ...(behaves(field, FieldBehavior.INPUT_ONLY) && { writeOnly: true }),
    };
    return { ...this.#shape(field), ...about };
  }

  #rulesOf(field: DescField): FieldRules | undefined {
    return this.#answers && rulesOf(field);
  }

  #shape(field: DescField): Schema {
    const rules = this.#rulesOf(field);
    if (field.fieldKind === "map") return this.#map(field, rules);
    if (field.fieldKind === "list") {
      const items = rules?.type.case === "repeated" ? rules.type.value.items : undefined;
      return { type: "array", items: this.#single(field, items), ...limitsOf(rules) };
    }
    return this.#single(field, rules);
  }

  #single(field: DescField, rules: FieldRules | undefined): Schema {
    if (field.enum) return enumSchema(field.enum, this.comment(field.enum.typeName));
    const wrapped = field.message && scalarOfWrapper[field.message.typeName];
    if (wrapped !== undefined) return { ...scalarSchema(wrapped), ...limitsOf(rules) };
    if (field.message) return this.message(field.message);
    return { ...scalarSchema(field.scalar ?? ScalarType.STRING), ...limitsOf(rules) };
  }

  #map(field: DescField & { fieldKind: "map" }, rules: FieldRules | undefined): Schema {
    const map = rules?.type.case === "map" ? rules.type.value : undefined;
    const value = field.message
      ? this.message(field.message)
      : { ...scalarSchema(field.scalar ?? ScalarType.STRING), ...limitsOf(map?.values) };
    const names = limitsOf(map?.keys);
    return {
      type: "object",
      additionalProperties: value,
      ...(Object.keys(names).length > 0 && { propertyNames: names }),
      ...(map?.minPairs && { minProperties: Number(map.minPairs) }),
      ...(map?.maxPairs && { maxProperties: Number(map.maxPairs) }),
    };
  }
}

/** `scalekit.v1.organizations.Organization` → `organizations.Organization`. */
export function componentName(typeName: string): string {
  return typeName.replace(/^scalekit\.v1\./, "").replace(/^gatehouse\.v1\./, "gatehouse.");
}

export function isRequired(field: DescField): boolean {
  const rules = rulesOf(field);
  return rules?.required === true;
}

function behaves(field: DescField, behavior: FieldBehavior): boolean {
  return hasOption(field, field_behavior) && getOption(field, field_behavior).includes(behavior);
}

function rulesOf(field: DescField): FieldRules | undefined {
  return hasOption(field, rulesOption) ? getOption(field, rulesOption) : undefined;
}

function enumSchema(desc: DescEnum, description: string | undefined): Schema {
  return {
    type: "string",
    enum: desc.values.map((value) => value.name),
    ...(description !== undefined && { description }),
  };
}

/** What of the validation rules JSON Schema can say. */
function limitsOf(rules: FieldRules | undefined): Schema {
  if (!rules) return {};
  const { type } = rules;
  switch (type.case) {
    case "string": {
      const { minLen, maxLen, len, pattern, in: oneOf, wellKnown: format, prefix } = type.value;
      return {
        ...(minLen && { minLength: Number(minLen) }),
        ...(maxLen && { maxLength: Number(maxLen) }),
        ...(len && { minLength: Number(len), maxLength: Number(len) }),
        ...(pattern ? { pattern } : prefix ? { pattern: `^${prefix}` } : {}),
        ...(oneOf.length > 0 && { enum: oneOf }),
        ...(format.case === "email" && { format: "email" }),
        ...(format.case === "uri" && { format: "uri" }),
      };
    }
    case "repeated": {
      const { minItems, maxItems, unique } = type.value;
      return {
        ...(minItems && { minItems: Number(minItems) }),
        ...(maxItems && { maxItems: Number(maxItems) }),
        ...(unique && { uniqueItems: true }),
      };
    }
    case "int32":
    case "uint32": {
      const { greaterThan, lessThan } = type.value;
      return {
        ...(greaterThan.case === "gte" && { minimum: greaterThan.value }),
        ...(greaterThan.case === "gt" && { exclusiveMinimum: greaterThan.value }),
        ...(lessThan.case === "lte" && { maximum: lessThan.value }),
        ...(lessThan.case === "lt" && { exclusiveMaximum: lessThan.value }),
      };
    }
    default:
      return {};
  }
}

function scalarSchema(scalar: ScalarType): Schema {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.BYTES:
      return { type: "string", format: "byte" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: "number" };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", format: "int32" };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 };
    case ScalarType.STRING:
      return { type: "string" };
    default:
      // 64-bit integers are strings in JSON, since numbers there lose digits.
      return { type: "string", format: "int64", pattern: "^-?[0-9]+$" };
  }
}

const anyObject: Schema = { type: "object", additionalProperties: true };

/** The well-known types in their JSON form (ProtoJSON). */
const wellKnown: Readonly<Record<string, Schema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
  "google.protobuf.FieldMask": { type: "string" },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Struct": anyObject,
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Any": anyObject,
};

const scalarOfWrapper: Readonly<Record<string, ScalarType>> = {
  "google.protobuf.StringValue": ScalarType.STRING,
  "google.protobuf.BoolValue": ScalarType.BOOL,
  "google.protobuf.Int32Value": ScalarType.INT32,
  "google.protobuf.UInt32Value": ScalarType.UINT32,
  "google.protobuf.Int64Value": ScalarType.INT64,
  "google.protobuf.UInt64Value": ScalarType.UINT64,
  "google.protobuf.DoubleValue": ScalarType.DOUBLE,
  "google.protobuf.FloatValue": ScalarType.FLOAT,
  "google.protobuf.BytesValue": ScalarType.BYTES,
};
