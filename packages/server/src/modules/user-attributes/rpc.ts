/** The door of UserAttributeService. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type UserAttribute,
  UserAttributeCategory,
  UserAttributeDatatype,
  type UserAttributeSchema,
  UserAttributeService,
} from "@gatehouse/contract/scalekit/v1/user_attributes/user_attributes_pb";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import * as attributes from "./user-attributes.ts";

export const userAttributeService = serve(UserAttributeService, {
  async createSsoUserAttribute(ctx, { userAttribute }) {
    const input = inputOf("sso", userAttribute);
    return { userAttribute: toMessage(await attributes.create(ctx, "sso", input)) };
  },

  async listSsoUserAttributes(ctx) {
    return { userAttributes: (await attributes.list(ctx, "sso")).map(toMessage) };
  },

  async updateSsoUserAttribute(ctx, { key, userAttribute }) {
    const input = inputOf("sso", userAttribute, key);
    return { userAttribute: toMessage(await attributes.update(ctx, "sso", input)) };
  },

  async deleteSsoUserAttribute(ctx, { key }) {
    await attributes.delete(ctx, "sso", key);
    return {};
  },

  async createDirectoryUserAttribute(ctx, { userAttribute }) {
    const input = inputOf("directory", userAttribute);
    return { userAttribute: toMessage(await attributes.create(ctx, "directory", input)) };
  },

  async listDirectoryUserAttributes(ctx) {
    return { userAttributes: (await attributes.list(ctx, "directory")).map(toMessage) };
  },

  async updateDirectoryUserAttribute(ctx, { key, userAttribute }) {
    const input = inputOf("directory", userAttribute, key);
    return { userAttribute: toMessage(await attributes.update(ctx, "directory", input)) };
  },

  async deleteDirectoryUserAttribute(ctx, { key }) {
    await attributes.delete(ctx, "directory", key);
    return {};
  },
});

const datatypes = {
  [UserAttributeDatatype.UNSPECIFIED_DATATYPE]: undefined,
  [UserAttributeDatatype.STRING]: "STRING",
  [UserAttributeDatatype.NUMBER]: "NUMBER",
  [UserAttributeDatatype.BOOL]: "BOOL",
  [UserAttributeDatatype.ARRAY]: "ARRAY",
  [UserAttributeDatatype.OBJECT]: "OBJECT",
} as const;

/** @param key of the path, which the message must repeat. @throws INVALID_ARGUMENT */
function inputOf(
  source: attributes.AttributeSource,
  message: UserAttribute | undefined,
  key?: string,
): attributes.AttributeInput {
  if (!message) throw invalidArgument("user_attribute", "required", "value is required");
  if (key !== undefined && message.key !== key) {
    const problem = `value must be the key of the path, "${key}": a key cannot be changed`;
    throw invalidArgument("user_attribute.key", "user_attribute.key", problem);
  }
  const datatype = datatypes[message.datatype];
  if (datatype === undefined) {
    const problem = "value must be one of the defined enum values";
    throw invalidArgument("user_attribute.datatype", "enum.defined_only", problem);
  }
  const mappings = mappingsOf(source, message.additionalInfo);
  const { label, enabled, required } = message;
  return { key: message.key, label, datatype, enabled, required, ...(mappings && { mappings }) };
}

function mappingsOf(source: attributes.AttributeSource, info: UserAttribute["additionalInfo"]) {
  if (info.case === undefined) return undefined;
  if (info.case !== (source === "sso" ? "ssoAdditionInfo" : "directoryUserAdditionalInfo")) {
    const problem = `value does not belong to an attribute that ${source === "sso" ? "sign-in fills" : "directories fill"}`;
    throw invalidArgument("user_attribute.additional_info", "user_attribute.additional_info", problem);
  }
  if (info.case === "directoryUserAdditionalInfo") return undefined;
  return { saml: info.value.defaultSamlMapping, oidc: info.value.defaultOidcMapping };
}

function toMessage(attribute: attributes.UserAttribute): MessageInitShape<typeof UserAttributeSchema> {
  const { key, label, enabled, required, samlMapping, oidcMapping } = attribute;
  const mappings = { defaultSamlMapping: samlMapping, defaultOidcMapping: oidcMapping };
  return {
    key,
    label,
    enabled,
    required,
    datatype: UserAttributeDatatype[attribute.datatype],
    category: UserAttributeCategory[attribute.category],
    additionalInfo:
      attribute.source === "sso"
        ? { case: "ssoAdditionInfo", value: mappings }
        : { case: "directoryUserAdditionalInfo", value: {} },
  };
}
