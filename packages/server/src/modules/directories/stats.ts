/** Directories with all that is shown of them: figures, tokens and the roles that their groups give. */
import type { Ctx } from "../../context.ts";
import type { Directory } from "./directories.ts";
import type { GroupRole } from "./group-roles.ts";
import * as groupRoles from "./group-roles.ts";
import type { DirectorySecret } from "./secrets.ts";
import * as secrets from "./secrets.ts";
import type { Figures } from "./stats.store.ts";
import * as store from "./stats.store.ts";

export interface Described {
  directory: Directory;
  figures: Figures;
  secrets: DirectorySecret[];
  roles: GroupRole[];
  /** When the provider last sent a change. */
  lastSyncedAt: Date | undefined;
}

/** In the given order, with one statement a subject. */
export async function describe(ctx: Ctx, directories: readonly Directory[]): Promise<Described[]> {
  const ids = directories.map(({ id }) => id);
  if (ids.length === 0) return [];
  const figures = new Map((await store.list(ctx, ids)).map((each) => [each.id, each]));
  const tokens = Map.groupBy(await secrets.list(ctx, ids), (secret) => secret.directory_id);
  const roles = Map.groupBy(await groupRoles.list(ctx, ids), (role) => role.directory_id);
  return directories.map((directory) => {
    const { id } = directory;
    const own = figures.get(id) ?? noFigures(id);
    const times = [directory.lastSyncedAt, own.user_updated_at, own.group_updated_at];
    return {
      directory,
      figures: own,
      secrets: tokens.get(id) ?? [],
      roles: roles.get(id) ?? [],
      lastSyncedAt: latest(times.filter((time) => time !== null)),
    };
  });
}

function noFigures(id: string): Figures {
  return { id, total_users: 0, total_groups: 0, user_updated_at: null, group_updated_at: null };
}

function latest(times: readonly Date[]): Date | undefined {
  return times.length === 0 ? undefined : new Date(Math.max(...times.map(Number)));
}
