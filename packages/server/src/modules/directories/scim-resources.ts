/** People and groups of a directory as SCIM shows them: the document as it came, and what the server adds. */
import { formatEtag } from "../../protocols/scim/etag.ts";
import type { JsonObject } from "../../protocols/scim/json.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import type { MemberRow } from "./scim-members.store.ts";
import type { UserShown } from "./scim-users.store.ts";

/** @param base the address of the directory's SCIM server, without a slash at the end */
export function userResource(row: UserShown, base: string): JsonObject {
  const groups = row.groups.map(({ value, display }) => ({
    value,
    display,
    $ref: `${base}/Groups/${value}`,
    type: "direct",
  }));
  const { schemas = [], ...document } = row.document as JsonObject;
  return {
    schemas,
    id: row.id,
    ...document,
    ...(groups.length > 0 && { groups }),
    meta: metaOf(row, "User", `${base}/Users/${row.id}`),
  };
}

/** Without its members. */
export function groupResource(row: DirectoryGroupRow, base: string): JsonObject {
  const { schemas = [], ...document } = row.document as JsonObject;
  return { schemas, id: row.id, ...document, meta: metaOf(row, "Group", `${base}/Groups/${row.id}`) };
}

export function memberOf(row: MemberRow, base: string): JsonObject {
  const { directory_user_id: value, display } = row;
  return { value, $ref: `${base}/Users/${value}`, type: "User", display };
}

function metaOf(
  row: { created_at: Date; updated_at: Date; version: number },
  resourceType: string,
  location: string,
): JsonObject {
  return {
    resourceType,
    created: row.created_at.toISOString(),
    lastModified: row.updated_at.toISOString(),
    location,
    version: formatEtag(row.version),
  };
}
