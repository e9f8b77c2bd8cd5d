/** The members of groups as they are read: in slices, so that no group is ever held as a whole. */
import type { Ctx } from "../../context.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import type { MemberRow } from "./scim-members.store.ts";
import * as store from "./scim-members.store.ts";

export type { MemberRow };

const sliceSize = 2_000;

/** The members of small groups by the group's id; undefined when they are too many to be held together. */
export async function ofAll(
  ctx: Ctx,
  groups: readonly DirectoryGroupRow[],
): Promise<Map<string, MemberRow[]> | undefined> {
  const filled = groups.filter(({ total_members }) => total_members > 0);
  if (filled.length === 0) return new Map();
  if (filled.reduce((sum, { total_members }) => sum + total_members, 0) > sliceSize) return undefined;
  const ids = filled.map(({ id }) => id);
  // One of the groups may have grown since it was read.
  const rows = await store.list(ctx, ids, undefined, sliceSize + 1);
  return rows.length > sliceSize ? undefined : Map.groupBy(rows, ({ group_id }) => group_id);
}

/** The members of one group, slice by slice. */
export async function* slicesOf(ctx: Ctx, groupId: string): AsyncGenerator<MemberRow[]> {
  let rows: MemberRow[] = [];
  do {
    rows = await store.list(ctx, [groupId], rows.at(-1), sliceSize);
    if (rows.length > 0) yield rows;
  } while (rows.length === sliceSize);
}
