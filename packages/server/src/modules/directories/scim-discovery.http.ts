/** The doors by which clients learn what the SCIM server can do (RFC 7644 section 4). */
import { ScimError } from "../../protocols/scim/errors.ts";
import { listResponse } from "../../protocols/scim/lists.ts";
import {
  findResourceTypeResource,
  findSchemaResource,
  resourceTypeResources,
  schemaResources,
  serviceProviderConfig,
} from "../../protocols/scim/schemas.ts";
import type { HttpReply, HttpRoute } from "../../transport/http.ts";
import { requireKnown } from "./scim-admission.ts";
import { baseOf, type Call, door, idOf, openDoor, scim } from "./scim-door.http.ts";

export const scimDiscoveryRoutes: HttpRoute[] = [
  // Without a token: RFC 7643 section 5 lets clients read here how to get in.
  openDoor("GET", "/ServiceProviderConfig", undefined, async (ctx, { params: { directoryId = "" } }) => {
    await requireKnown(ctx, directoryId);
    return scim(serviceProviderConfig(await baseOf(ctx, directoryId)));
  }),
  door("GET", "/ResourceTypes", async (call) => all(call, resourceTypeResources(call.base))),
  door("GET", "/ResourceTypes/:id", async (call) =>
    named(call, findResourceTypeResource(call.base, idOf(call))),
  ),
  door("GET", "/Schemas", async (call) => all(call, schemaResources(call.base))),
  door("GET", "/Schemas/:id", async (call) => named(call, findSchemaResource(call.base, idOf(call)))),
];

/** RFC 7644 section 4: a filter is refused, everything else that lists have is ignored. */
function all({ request }: Call, resources: readonly object[]): HttpReply {
  if (request.query.has("filter"))
    throw new ScimError(403, "These resources cannot be filtered: read all of them.");
  return scim(listResponse({ totalResults: resources.length, resources, startIndex: 1 }));
}

function named(call: Call, resource: object | undefined): HttpReply {
  if (resource === undefined) throw new ScimError(404, `There is no ${idOf(call)} here.`);
  return scim(resource);
}
