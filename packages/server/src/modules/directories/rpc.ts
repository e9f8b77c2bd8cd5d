/** The doors of DirectoryService and of what Gatehouse adds to it. */
import type { JsonObject } from "@bufbuild/protobuf";
import { DirectoryService as GatehouseDirectoryService } from "@gatehouse/contract/gatehouse/v1/directories/directories_pb";
import {
  DirectoryProvider,
  DirectoryService,
  DirectoryStatus,
  DirectoryType,
  type UpdateDirectory,
} from "@gatehouse/contract/scalekit/v1/directories/directories_pb";
import { serve } from "../../transport/service.ts";
import { dateOf } from "../events/timestamps.rpc.ts";
import { getContext, setContext } from "./contexts.ts";
import * as directories from "./directories.ts";
import { directoryErrors as errors } from "./errors.ts";
import { gatehouseMethods } from "./gatehouse.rpc.ts";
import * as groupRoles from "./group-roles.ts";
import * as listing from "./listing.ts";
import * as mappings from "./mappings.ts";
import { toAssignments, toDirectories, toDirectory, toGroup, toSecret, toUser } from "./messages.rpc.ts";
import * as secrets from "./secrets.ts";
import { type DirectoryPatch, disable, enable, type Switched, update } from "./switching.ts";

/** TriggerDirectorySync and AssignGroupsForDirectory concern polled directories, which are not built. */
export const directoryService = serve(DirectoryService, {
  async createDirectory(ctx, { organizationId, directory }) {
    const created = await directories.create(ctx, organizationId, {
      type: typeOf(directory?.directoryType ?? DirectoryType.DIRECTORY_TYPE_UNSPECIFIED),
      provider: providerOf(directory?.directoryProvider ?? 0),
    });
    return { directory: await toDirectory(ctx, created) };
  },

  async deleteDirectory(ctx, { organizationId, id }) {
    await directories.delete(ctx, organizationId, id);
    return {};
  },

  async updateDirectory(ctx, { organizationId, id, directory }) {
    if (!directory) throw errors.DIRECTORY_REQUIRED();
    return { directory: await toDirectory(ctx, await update(ctx, organizationId, id, patchOf(directory))) };
  },

  async assignRoles(ctx, { organizationId, id, roleAssignments }) {
    const wanted = roleAssignments?.assignments ?? [];
    return { roleAssignments: toAssignments(await groupRoles.assign(ctx, organizationId, id, wanted)) };
  },

  async updateAttributes(ctx, { organizationId, id, attributeMapping }) {
    const wanted = (attributeMapping?.attributes ?? []).map(({ key, mapTo }) => ({ key, map_to: mapTo }));
    const directory = await mappings.replace(ctx, organizationId, id, wanted);
    return { attributeMappings: (await toDirectory(ctx, directory)).attributeMappings };
  },

  async getDirectory(ctx, { organizationId, id }) {
    return { directory: await toDirectory(ctx, await directories.get(ctx, organizationId, id)) };
  },

  async listDirectories(ctx, { organizationId }) {
    return { directories: await toDirectories(ctx, await directories.list(ctx, organizationId)) };
  },

  async enableDirectory(ctx, { organizationId, id }) {
    return toSwitched(await enable(ctx, organizationId, id));
  },

  async disableDirectory(ctx, { organizationId, id }) {
    return toSwitched(await disable(ctx, organizationId, id));
  },

  async listDirectoryUsers(ctx, { includeDetail, directoryGroupId, updatedAfter, ...request }) {
    const { items, ...page } = await listing.listUsers(ctx, {
      ...request,
      withDetail: includeDetail ?? false,
      groupId: directoryGroupId,
      updatedAfter: updatedAfter && dateOf("updated_after", updatedAfter),
    });
    return { users: items.map(toUser), ...page };
  },

  async listDirectoryGroups(ctx, { includeDetail, updatedAfter, ...request }) {
    const { items, ...page } = await listing.listGroups(ctx, {
      ...request,
      withDetail: includeDetail ?? false,
      updatedAfter: updatedAfter && dateOf("updated_after", updatedAfter),
    });
    return { groups: items.map(toGroup), ...page };
  },

  async listDirectoryGroupsSummary(ctx, { organizationId, directoryId }) {
    const groups = await listing.summarizeGroups(ctx, organizationId, directoryId);
    return {
      groups: groups.map(({ id, display_name }) => ({ id, displayName: display_name })),
      totalSize: groups.length,
    };
  },

  async createDirectorySecret(ctx, { organizationId, directoryId }) {
    const { plain, secret } = await secrets.create(ctx, organizationId, directoryId);
    return { plainSecret: plain, secret: toSecret(secret, ctx.now()) };
  },

  async regenerateDirectorySecret(ctx, { organizationId, directoryId }) {
    const { plain, secret } = await secrets.regenerate(ctx, organizationId, directoryId);
    return { plainSecret: plain, secret: toSecret(secret, ctx.now()) };
  },

  async getDirectoryContext(ctx, { organizationId, directoryId }) {
    return { context: (await getContext(ctx, organizationId, directoryId)) as JsonObject };
  },

  async updateDirectoryContext(ctx, { organizationId, directoryId, context }) {
    await setContext(ctx, organizationId, directoryId, context ?? {});
    return {};
  },
});

export const gatehouseDirectoryService = serve(GatehouseDirectoryService, gatehouseMethods);

function toSwitched({ enabled, problem }: Switched) {
  return { enabled, ...(problem !== undefined && { errorMessage: problem }) };
}

/** The message has no presence: what has its zero value was not sent. */
function patchOf(directory: UpdateDirectory): DirectoryPatch {
  const { name, enabled, directoryType, directoryProvider, status, mappings, groups } = directory;
  const isPolled = groups.length > 0;
  if (isPolled || directoryType > DirectoryType.SCIM)
    throw errors.DIRECTORY_TYPE_UNSUPPORTED(isPolled ? "POLL" : typeOf(directoryType));
  return {
    name,
    provider: directoryProvider === 0 ? undefined : providerOf(directoryProvider),
    mappings:
      mappings.length === 0
        ? undefined
        : mappings.map(({ key, mapTo, displayName }) => ({ key, map_to: mapTo, display_name: displayName })),
    state: stateOf(enabled, status),
  };
}

/** A status says that `enabled: false` is meant and was not merely left out. */
function stateOf(enabled: boolean, status: DirectoryStatus): DirectoryPatch["state"] {
  if (status === DirectoryStatus.DIRECTORY_STATUS_UNSPECIFIED)
    return enabled ? { enabled, status: "COMPLETED" } : undefined;
  const wanted = status === DirectoryStatus.COMPLETED ? "COMPLETED" : "DRAFT";
  if (enabled && wanted !== "COMPLETED") throw errors.DIRECTORY_STATUS();
  return { enabled, status: wanted };
}

/** The contract's rules admit only its own values. */
function typeOf(type: DirectoryType): directories.DirectoryType {
  if (type === DirectoryType.LDAP) return "LDAP";
  return type === DirectoryType.POLL ? "POLL" : "SCIM";
}

function providerOf(provider: DirectoryProvider): directories.DirectoryProvider {
  return DirectoryProvider[provider] as directories.DirectoryProvider;
}
