/** What `/Schemas`, `/ResourceTypes` and `/ServiceProviderConfig` answer (RFC 7644 section 4), for a base address. */
import type { SchemaDefinition } from "./attributes.ts";
import {
  RESOURCE_TYPE_SCHEMA,
  RESOURCE_TYPE_URN,
  SCHEMA_SCHEMA,
  SCHEMA_URN,
  SERVICE_PROVIDER_CONFIG_SCHEMA,
  SERVICE_PROVIDER_CONFIG_URN,
} from "./discovery-schemas.ts";
import { GROUP_SCHEMA } from "./group-schema.ts";
import { BULK_MAX_BYTES, BULK_MAX_OPERATIONS, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "./limits.ts";
import { ENTERPRISE_SCHEMA, USER_SCHEMA } from "./user-schema.ts";

type Meta<Type extends string> = { resourceType: Type; location: string };

export type SchemaResource = SchemaDefinition & { schemas: [typeof SCHEMA_URN]; meta: Meta<"Schema"> };

const SCHEMAS = [
  USER_SCHEMA,
  ENTERPRISE_SCHEMA,
  GROUP_SCHEMA,
  SERVICE_PROVIDER_CONFIG_SCHEMA,
  RESOURCE_TYPE_SCHEMA,
  SCHEMA_SCHEMA,
];

/**
 * Every schema, as `/Schemas` lists them.
 *
 * @param baseUrl - of the SCIM server, without slash at the end
 */
export function schemaResources(baseUrl: string): SchemaResource[] {
  return SCHEMAS.map((schema) => ({
    schemas: [SCHEMA_URN],
    ...schema,
    meta: { resourceType: "Schema", location: `${baseUrl}/Schemas/${schema.id}` },
  }));
}

/**
 * One schema, as `/Schemas/{urn}` answers.
 *
 * @param baseUrl - of the SCIM server, without slash at the end
 * @param urn - in any case (RFC 7643 section 10.2)
 * @returns undefined when there is none
 */
export function findSchemaResource(baseUrl: string, urn: string): SchemaResource | undefined {
  return schemaResources(baseUrl).find(({ id }) => id.toLowerCase() === urn.toLowerCase());
}

export type ResourceTypeResource = {
  schemas: [typeof RESOURCE_TYPE_URN];
  id: string;
  name: string;
  description: string;
  endpoint: string;
  schema: string;
  schemaExtensions: { schema: string; required: boolean }[];
  meta: Meta<"ResourceType">;
};

/**
 * Every resource type, as `/ResourceTypes` lists them.
 *
 * @param baseUrl - of the SCIM server, without slash at the end
 */
export function resourceTypeResources(baseUrl: string): ResourceTypeResource[] {
  return [
    resourceType(baseUrl, USER_SCHEMA, "/Users", [{ schema: ENTERPRISE_SCHEMA.id, required: false }]),
    resourceType(baseUrl, GROUP_SCHEMA, "/Groups", []),
  ];
}

/**
 * One resource type, as `/ResourceTypes/{id}` answers.
 *
 * @param baseUrl - of the SCIM server, without slash at the end
 * @param id - `User` or `Group`
 * @returns undefined when there is none
 */
export function findResourceTypeResource(baseUrl: string, id: string): ResourceTypeResource | undefined {
  return resourceTypeResources(baseUrl).find((type) => type.id === id);
}

function resourceType(
  baseUrl: string,
  { id: schema, name, description }: SchemaDefinition,
  endpoint: string,
  schemaExtensions: { schema: string; required: boolean }[],
): ResourceTypeResource {
  const meta = { resourceType: "ResourceType", location: `${baseUrl}/ResourceTypes/${name}` } as const;
  return {
    ...{ schemas: [RESOURCE_TYPE_URN], id: name, name, description },
    ...{ endpoint, schema, schemaExtensions, meta },
  };
}

/**
 * What the server can do, as `/ServiceProviderConfig` answers.
 *
 * @param baseUrl - of the SCIM server, without slash at the end
 * @param documentationUri - where people read about it; left out when undefined
 */
export function serviceProviderConfig(baseUrl: string, documentationUri?: string) {
  return {
    schemas: [SERVICE_PROVIDER_CONFIG_URN],
    ...(documentationUri === undefined ? {} : { documentationUri }),
    patch: { supported: true },
    bulk: { supported: true, maxOperations: BULK_MAX_OPERATIONS, maxPayloadSize: BULK_MAX_BYTES },
    filter: { supported: true, maxResults: MAX_PAGE_SIZE },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: DEFAULT_PAGE_SIZE,
      maxPageSize: MAX_PAGE_SIZE,
    },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "OAuth Bearer Token",
        description: "The directory's token in the Authorization header.",
        specUri: "https://www.rfc-editor.org/info/rfc6750",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${baseUrl}/ServiceProviderConfig` },
  };
}
