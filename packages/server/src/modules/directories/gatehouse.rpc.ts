/** The methods that Gatehouse adds to directories: preview, undo, the journal and the end of one token. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  DirectoryChangeKind,
  type DirectoryChangeSchema,
  type ListDirectoryChangesRequest,
  type PreviewDirectoryRequest,
  PreviewEffect,
  type PreviewedPersonSchema,
  type RestoreDirectoryChangesRequest,
  type RevokeDirectorySecretRequest,
} from "@gatehouse/contract/gatehouse/v1/directories/directories_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { dateOf } from "../events/timestamps.rpc.ts";
import * as changes from "./changes.ts";
import { type Previewed, preview } from "./preview.ts";
import * as secrets from "./secrets.ts";
import { restore } from "./undo.ts";

export const gatehouseMethods = {
  async previewDirectory(ctx: Ctx, { organizationId, id, ...request }: PreviewDirectoryRequest) {
    const { items, counts, problem, ...page } = await preview(ctx, organizationId, id, request);
    return {
      ...page,
      people: items.map(toPerson),
      counts: {
        usersCreated: counts.USER_CREATED,
        membershipsAdded: counts.MEMBERSHIP_ADDED,
        membershipsActivated: counts.MEMBERSHIP_ACTIVATED,
        membershipsDeactivated: counts.MEMBERSHIP_DEACTIVATED,
        rolesChanged: counts.ROLES_CHANGED,
        leftOutForeignDomain: counts.LEFT_OUT_FOREIGN_DOMAIN,
        leftOutNoAddress: counts.LEFT_OUT_NO_ADDRESS,
        leftOutOtherOrganization: counts.LEFT_OUT_OTHER_ORGANIZATION,
        unchanged: counts.UNCHANGED,
      },
      ...(problem !== undefined && { problem }),
    };
  },

  async restoreDirectoryChanges(ctx: Ctx, request: RestoreDirectoryChangesRequest) {
    const { organizationId, id, startTime, endTime, dryRun } = request;
    if (!startTime) throw invalidArgument("start_time", "required", "value is required");
    const { memberships, roles } = await restore(ctx, {
      organizationId,
      directoryId: id,
      from: dateOf("start_time", startTime),
      to: endTime && dateOf("end_time", endTime),
      dryRun,
    });
    return { membershipsRestored: memberships, rolesRestored: roles };
  },

  async listDirectoryChanges(ctx: Ctx, { organizationId, id, ...request }: ListDirectoryChangesRequest) {
    const { items, ...page } = await changes.list(ctx, organizationId, id, request);
    return { changes: items.map(toChange), ...page };
  },

  async revokeDirectorySecret(ctx: Ctx, request: RevokeDirectorySecretRequest) {
    await secrets.revoke(ctx, request.organizationId, request.directoryId, request.secretId);
    return {};
  },
};

function toPerson(person: Previewed): MessageInitShape<typeof PreviewedPersonSchema> {
  const { id, email, active, effect, userId, role_names: roles } = person;
  return { id, email, active, effect: PreviewEffect[effect], userId, roles };
}

function toChange(row: changes.ListedChange): MessageInitShape<typeof DirectoryChangeSchema> {
  const kind = row.kind.toUpperCase() as keyof typeof DirectoryChangeKind;
  return {
    id: row.id,
    userId: row.user_id,
    email: row.email,
    kind: DirectoryChangeKind[kind],
    statusBefore: row.status_before ?? "",
    rolesBefore: row.roles_before,
    changeTime: timestampFromDate(row.changed_at),
    ...(row.restored_at && { restoreTime: timestampFromDate(row.restored_at) }),
  };
}
