/** From rows to the contract's messages of a directory. */
import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type DirectoryGroupSchema,
  DirectoryProvider,
  type DirectorySchema,
  DirectoryType,
  type DirectoryUserSchema,
  type SecretSchema,
  SecretStatus,
} from "@gatehouse/contract/scalekit/v1/directories/directories_pb";
import type { Ctx } from "../../context.ts";
import * as environments from "../environments/environments.ts";
import type { Directory } from "./directories.ts";
import type { GroupRole } from "./group-roles.ts";
import type { ListedGroup, ListedUser } from "./listing.ts";
import { type DirectorySecret, isLive } from "./secrets.ts";
import { type Described, describe } from "./stats.ts";

type DirectoryMessage = MessageInitShape<typeof DirectorySchema>;

export async function toDirectories(ctx: Ctx, rows: readonly Directory[]): Promise<DirectoryMessage[]> {
  const { publicUrl } = await environments.current(ctx);
  const now = ctx.now();
  return (await describe(ctx, rows)).map((each) => toMessage(each, publicUrl, now));
}

export async function toDirectory(ctx: Ctx, row: Directory): Promise<DirectoryMessage> {
  const [message] = await toDirectories(ctx, [row]);
  if (!message) throw new Error("one directory gave no message");
  return message;
}

function toMessage(
  { directory, figures, secrets, roles, lastSyncedAt }: Described,
  publicUrl: string,
  now: Date,
): DirectoryMessage {
  return {
    id: directory.id,
    name: directory.name,
    directoryType: DirectoryType[directory.type],
    organizationId: directory.organizationId,
    enabled: directory.enabled,
    directoryProvider: DirectoryProvider[directory.provider],
    ...(lastSyncedAt && { lastSyncedAt: timestampFromDate(lastSyncedAt) }),
    directoryEndpoint: `${publicUrl}/directory/${directory.id}/scim/v2`,
    totalUsers: figures.total_users,
    totalGroups: figures.total_groups,
    secrets: secrets.map((secret) => toSecret(secret, now)),
    stats: {
      totalUsers: figures.total_users,
      totalGroups: figures.total_groups,
      ...(figures.group_updated_at && { groupUpdatedAt: timestampFromDate(figures.group_updated_at) }),
      ...(figures.user_updated_at && { userUpdatedAt: timestampFromDate(figures.user_updated_at) }),
    },
    roleAssignments: toAssignments(roles),
    attributeMappings: {
      attributes: directory.attributeMappings.map(({ key, map_to }) => ({ key, mapTo: map_to })),
    },
    status: directory.status,
    groupsTracked: "ALL",
  };
}

/** A token whose time is over opens nothing, so it counts as INACTIVE. */
export function toSecret(secret: DirectorySecret, now: Date): MessageInitShape<typeof SecretSchema> {
  return {
    id: secret.id,
    createTime: timestampFromDate(secret.created_at),
    secretSuffix: secret.suffix,
    status: isLive(secret, now) ? SecretStatus.ACTIVE : SecretStatus.INACTIVE,
    ...(secret.expires_at && { expireTime: timestampFromDate(secret.expires_at) }),
    ...(secret.last_used_at && { lastUsedTime: timestampFromDate(secret.last_used_at) }),
    directoryId: secret.directory_id,
  };
}

export function toAssignments(roles: readonly GroupRole[]) {
  return {
    assignments: roles.map(({ group_id, role_id, role_name }) => ({
      groupId: group_id,
      roleId: role_id,
      roleName: role_name,
    })),
  };
}

export function toUser({ row, groups, detail }: ListedUser): MessageInitShape<typeof DirectoryUserSchema> {
  return {
    id: row.id,
    email: row.email,
    preferredUsername: row.user_name,
    givenName: row.given_name,
    familyName: row.family_name,
    updatedAt: timestampFromDate(row.updated_at),
    emails: row.emails,
    groups: groups.map((group) => toGroup({ id: group.id, row: group, detail: undefined })),
    ...(detail && { userDetail: structOf(detail) }),
  };
}

export function toGroup({ row, detail }: ListedGroup): MessageInitShape<typeof DirectoryGroupSchema> {
  return {
    id: row.id,
    displayName: row.display_name,
    totalUsers: row.total_members,
    updatedAt: timestampFromDate(row.updated_at),
    ...(detail && { groupDetail: structOf(detail) }),
  };
}

/** Through JSON, since a Struct has no dates. */
function structOf(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value));
}
