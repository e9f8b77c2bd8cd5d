/** Roles: what members of an organization are to the app, and who holds which. */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import * as store from "./roles.store.ts";

/** Makes the two roles that every environment starts with: `admin` for creators, `member` for all others. */
export async function ensureDefaults(ctx: Ctx): Promise<void> {
  if (await store.findDefaultMember(ctx)) return;
  const now = ctx.now();
  const base = { environment_id: ctx.environmentId, created_at: now, updated_at: now };
  await store.insert(ctx, [
    {
      ...base,
      id: newId("role"),
      name: "admin",
      display_name: "Admin",
      description: "Runs the organization; given to the user who creates it",
      is_default_creator: true,
    },
    {
      ...base,
      id: newId("role"),
      name: "member",
      display_name: "Member",
      description: "Belongs to the organization; given to every user who joins it",
      is_default_member: true,
    },
  ]);
}

/** Gives a new member the role that all members start with. */
export async function assignDefault(ctx: Ctx, organizationId: string, userId: string): Promise<void> {
  const role = await store.findDefaultMember(ctx);
  if (role) await store.insertHolder(ctx, { organizationId, userId, roleId: role.id });
}
