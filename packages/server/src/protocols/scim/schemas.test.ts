/** The discovery documents: complete, and in the form that validators read. */
import { describe, expect, test } from "vitest";
import type { Attribute } from "./attributes.ts";
import { GROUP_URN } from "./group-schema.ts";
import {
  findResourceTypeResource,
  findSchemaResource,
  resourceTypeResources,
  schemaResources,
  serviceProviderConfig,
} from "./schemas.ts";
import { ENTERPRISE_URN, USER_URN } from "./user-schema.ts";

const base = "https://env.test/directory/dir_1/scim/v2";
const schemas = schemaResources(base);

function everyAttribute(attributes: readonly Attribute[]): Attribute[] {
  return attributes.flatMap((attribute) => [attribute, ...everyAttribute(attribute.subAttributes ?? [])]);
}

describe("schemas", () => {
  test("are those of RFC 7643", () => {
    expect(schemas.map(({ id }) => id)).toEqual([
      USER_URN,
      ENTERPRISE_URN,
      GROUP_URN,
      "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
      "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
      "urn:ietf:params:scim:schemas:core:2.0:Schema",
    ]);
    expect(schemas.map(({ meta }) => meta.location)).toContain(`${base}/Schemas/${USER_URN}`);
  });

  test("define each attribute as RFC 7643 section 7 asks", () => {
    for (const attribute of schemas.flatMap((schema) => everyAttribute(schema.attributes))) {
      expect(attribute.name).toMatch(/^(\$ref|[a-z][\w]*)$/);
      expect(attribute.description, attribute.name).toMatch(/^.{3,}\.$/);
      expect(attribute.type === "complex", attribute.name).toBe(attribute.subAttributes !== undefined);
      expect(attribute.type === "reference", attribute.name).toBe(attribute.referenceTypes !== undefined);
      expect(attribute.caseExact === undefined, attribute.name).toBe(
        ["complex", "boolean"].includes(attribute.type),
      );
      expect(JSON.stringify(attribute)).not.toContain("null");
    }
  });

  test("have no name twice on one level", () => {
    const levels = schemas.flatMap(({ attributes }) => [
      attributes,
      ...everyAttribute(attributes).map((a) => a.subAttributes ?? []),
    ]);
    for (const level of levels)
      expect(new Set(level.map(({ name }) => name.toLowerCase())).size).toBe(level.length);
  });

  test("of User has every attribute of RFC 7643 section 4.1 but password, which is never kept", () => {
    const user = findSchemaResource(base, USER_URN.toUpperCase());
    expect(user?.attributes.map(({ name }) => name)).toEqual([
      ...[
        "userName",
        "name",
        "displayName",
        "nickName",
        "profileUrl",
        "title",
        "userType",
        "preferredLanguage",
      ],
      ...["locale", "timezone", "active", "emails", "phoneNumbers", "ims", "photos", "addresses", "groups"],
      ...["entitlements", "roles", "x509Certificates"],
    ]);
    expect(user?.attributes.find(({ name }) => name === "userName")).toMatchObject({
      ...{ required: true, caseExact: false, uniqueness: "server" },
    });
    expect(user?.attributes.find(({ name }) => name === "groups")).toMatchObject({ mutability: "readOnly" });
  });

  test("that do not exist are not found", () => {
    expect(findSchemaResource(base, "urn:none")).toBeUndefined();
  });
});

test("resource types name their endpoint, schema and extensions", () => {
  const extension = { schema: ENTERPRISE_URN, required: false };
  expect(resourceTypeResources(base)).toMatchObject([
    { id: "User", name: "User", endpoint: "/Users", schema: USER_URN, schemaExtensions: [extension] },
    { id: "Group", name: "Group", endpoint: "/Groups", schema: GROUP_URN, schemaExtensions: [] },
  ]);
  expect(findResourceTypeResource(base, "Group")?.meta.location).toBe(`${base}/ResourceTypes/Group`);
  expect(findResourceTypeResource(base, "Toaster")).toBeUndefined();
});

test("the configuration says what the server can do", () => {
  expect(serviceProviderConfig(base, "https://docs.test/scim")).toMatchObject({
    documentationUri: "https://docs.test/scim",
    patch: { supported: true },
    bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 },
    filter: { supported: true, maxResults: 200 },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: { cursor: true, index: true, defaultPaginationMethod: "index", maxPageSize: 200 },
    authenticationSchemes: [{ type: "oauthbearertoken", primary: true }],
    meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
  });
  expect(serviceProviderConfig(base)).not.toHaveProperty("documentationUri");
});

test("the configuration has only attributes that its schema defines", () => {
  const {
    meta: _,
    schemas: [urn = ""],
    ...config
  } = serviceProviderConfig(base, "https://docs.test");
  const definitions = findSchemaResource(base, urn)?.attributes ?? [];
  for (const [name, value] of Object.entries(config)) {
    const definition = definitions.find((attribute) => attribute.name === name);
    expect(definition, name).toBeDefined();
    const known = definition?.subAttributes?.map((sub) => sub.name) ?? [];
    for (const part of [value].flat())
      if (typeof part === "object") expect(known).toEqual(expect.arrayContaining(Object.keys(part)));
  }
});
