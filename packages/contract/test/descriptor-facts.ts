// Owns the reading of the generated descriptors: it states the same facts as contract-facts.ts, from the code that the
// server and its clients use.
import type {
  DescEnum,
  DescExtension,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
} from "@bufbuild/protobuf";
import { getOption, hasOption, ScalarType, toJson } from "@bufbuild/protobuf";
import {
  FieldRulesSchema,
  field as fieldRules,
  MessageRulesSchema,
  message as messageRules,
} from "@gatehouse/contract/buf/validate/validate_pb";
import { http } from "@gatehouse/contract/google/api/annotations_pb";
import { FieldBehaviorSchema, field_behavior } from "@gatehouse/contract/google/api/field_behavior_pb";
import type { HttpRule } from "@gatehouse/contract/google/api/http_pb";
import { field_visibility, method_visibility } from "@gatehouse/contract/google/api/visibility_pb";
import {
  AuthenticationTypeSchema,
  auth_option,
  PolicySchema,
} from "@gatehouse/contract/scalekit/v1/options/options_pb";
import type { Fact, Facts, HttpBinding, Json } from "./contract-facts.ts";
import { messagesOf } from "./generated-files.ts";

/** States every fact of the given generated files. */
export function factsOfDescriptors(files: readonly DescFile[]): Facts {
  return new Map(files.flatMap(factsOfFile));
}

function factsOfFile(file: DescFile): [string, Fact][] {
  const messages = messagesOf(file);
  const enums = [...file.enums, ...messages.flatMap((message) => message.nestedEnums)];
  const extensions = [...file.extensions, ...messages.flatMap((message) => message.nestedExtensions)];
  return [
    [`file ${file.proto.name}`, { package: file.proto.package }],
    ...file.services.flatMap(factsOfService),
    ...messages.flatMap(factsOfMessage),
    ...enums.flatMap(factsOfEnum),
    ...extensions.filter((extension) => extension.typeName !== auth_option.typeName).map(factOfExtension),
  ];
}

// The contract has no extension but the auth option, which is ours; any other one shows up as an extra fact.
function factOfExtension(extension: DescExtension): [string, Fact] {
  return [`extension ${extension.typeName}`, { no: extension.number }];
}

function factsOfService(service: DescService): [string, Fact][] {
  const methods = service.methods.map((method): [string, Fact] => [
    `method ${service.typeName}/${method.name}`,
    {
      input: method.input.typeName,
      output: method.output.typeName,
      kind: method.methodKind,
      http: hasOption(method, http) ? (bindingOf(getOption(method, http)) as unknown as Json) : undefined,
      auth: authOf(method),
      visibility: hasOption(method, method_visibility)
        ? getOption(method, method_visibility).restriction
        : undefined,
      deprecated: method.deprecated || undefined,
    },
  ]);
  return [
    [`service ${service.typeName}`, { file: service.file.proto.name, ...deprecation(service) }],
    ...methods,
  ];
}

function bindingOf(rule: HttpRule): HttpBinding {
  if (rule.pattern.case === undefined) throw new Error("an http rule without a pattern");
  if (rule.pattern.case === "custom") throw new Error("the contract has no custom verbs");
  const additional = rule.additionalBindings.map(bindingOf);
  return {
    verb: rule.pattern.case.toUpperCase(),
    path: rule.pattern.value,
    ...(rule.body === "" ? {} : { body: rule.body }),
    ...(additional.length === 0 ? {} : { additional }),
  };
}

function authOf(method: DescMethod): Json | undefined {
  if (!hasOption(method, auth_option)) return undefined;
  const auth = getOption(method, auth_option);
  return {
    type: nameOfValue(AuthenticationTypeSchema, auth.authenticationType),
    permissions: auth.permissions,
    policy: nameOfValue(PolicySchema, auth.policy),
  };
}

function factsOfMessage(message: DescMessage): [string, Fact][] {
  const rules = hasOption(message, messageRules)
    ? (toJson(MessageRulesSchema, getOption(message, messageRules)) as Json)
    : undefined;
  const oneofs = message.oneofs.map((oneof) => oneof.name);
  const fact = { file: message.file.proto.name, oneofs, rules, ...deprecation(message) };
  return [[`message ${message.typeName}`, fact], ...message.fields.map(factOfField)];
}

function factOfField(field: DescField): [string, Fact] {
  const behavior = getOption(field, field_behavior).map((value) => nameOfValue(FieldBehaviorSchema, value));
  return [
    `field ${field.parent.typeName}.${field.name}`,
    {
      no: field.number,
      type: typeOf(field),
      optional: field.proto.proto3Optional || undefined,
      oneof: field.oneof?.name,
      behavior: behavior.length === 0 ? undefined : behavior,
      rules: hasOption(field, fieldRules)
        ? (toJson(FieldRulesSchema, getOption(field, fieldRules)) as Json)
        : undefined,
      visibility: hasOption(field, field_visibility)
        ? getOption(field, field_visibility).restriction
        : undefined,
      ...deprecation(field),
    },
  ];
}

function typeOf(field: DescField): string {
  const element = field.message?.typeName ?? field.enum?.typeName ?? scalarName(field.scalar);
  if (field.fieldKind === "map") return `map<${scalarName(field.mapKey)}, ${element}>`;
  return field.fieldKind === "list" ? `repeated ${element}` : element;
}

function scalarName(scalar: ScalarType | undefined): string {
  if (scalar === undefined) throw new Error("a field without a type");
  return ScalarType[scalar].toLowerCase();
}

function factsOfEnum(declared: DescEnum): [string, Fact][] {
  const values = declared.values.map((value): [string, Fact] => [
    `value ${declared.typeName}.${value.name}`,
    { no: value.number, ...deprecation(value) },
  ]);
  return [
    [`enum ${declared.typeName}`, { file: declared.file.proto.name, ...deprecation(declared) }],
    ...values,
  ];
}

function nameOfValue(declared: DescEnum, number: number): string {
  const value = declared.value[number];
  if (value === undefined) throw new Error(`${declared.typeName} has no value ${number}`);
  return value.name;
}

function deprecation(described: { deprecated: boolean }): { deprecated?: true } {
  return described.deprecated ? { deprecated: true } : {};
}
