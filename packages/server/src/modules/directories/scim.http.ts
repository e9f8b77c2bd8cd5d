/** The routes of the SCIM 2.0 server of a directory (RFC 7643, RFC 7644, RFC 9865), for its identity provider. */
import type { HttpRoute } from "../../transport/http.ts";
import { scimBulkRoutes } from "./scim-bulk.http.ts";
import { scimDiscoveryRoutes } from "./scim-discovery.http.ts";
import { scimGroupRoutes } from "./scim-groups.http.ts";
import { scimRootRoutes } from "./scim-root.http.ts";
import { scimUserRoutes } from "./scim-users.http.ts";

const resourceRoutes = [...scimDiscoveryRoutes, ...scimUserRoutes, ...scimGroupRoutes, ...scimBulkRoutes];

export const scimRoutes: HttpRoute[] = [...resourceRoutes, ...scimRootRoutes(resourceRoutes)];
