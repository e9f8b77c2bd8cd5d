/** SQL of all that is shown of users: their memberships and their accounts at identity providers. */
import { type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { joinReads } from "../../db/joined-reads.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

/** A membership with its organization's name, its roles and the invitation that led to it. */
export type MembershipRow = Selectable<Database["memberships"]> & {
  organization_name: string;
  roles: { id: string; name: string; display_name: string }[];
  inviter_email: string | null;
  /** The four times of the invitation; null when there was none. */
  invited_at: Date | null;
  expires_at: Date | null;
  accepted_at: Date | null;
};

/** An account at an identity provider that a user has signed in with. */
export type LinkedIdentity = Selectable<Database["external_identities"]> & {
  connection_type: string;
  connection_provider: string;
};

/** The memberships of users, in the organization alone when one is given. */
export async function listMemberships(
  at: Scope,
  userIds: readonly string[],
  organizationId?: string,
): Promise<MembershipRow[]> {
  const [userId] = userIds;
  if (userIds.length === 1 && userId !== undefined && organizationId === undefined)
    return (await membershipsOfOne(at, userId))?.memberships ?? [];
  return listOf(at.db, {
    environmentId: at.environmentId,
    userIds,
    ...(organizationId !== undefined && { organizationId }),
  });
}

const membershipsOfOne = joinReads(
  async ({ db, environmentId }, userIds) => {
    const rows = await listOf(db, { environmentId, userIds });
    return [...Map.groupBy(rows, (row) => row.user_id)].map(([userId, memberships]) => ({
      userId,
      memberships,
    }));
  },
  ({ userId }) => userId,
);

interface Held {
  environmentId: string;
  userIds: readonly string[];
  organizationId?: string;
}

const listOf = compiled((db, by: Held) => {
  const query = db
    .selectFrom("memberships")
    .innerJoin("organizations", "organizations.id", "memberships.organization_id")
    .leftJoin("invitations", (join) =>
      join
        .onRef("invitations.organization_id", "=", "memberships.organization_id")
        .onRef("invitations.user_id", "=", "memberships.user_id"),
    )
    .selectAll("memberships")
    .select([
      "organizations.display_name as organization_name",
      "invitations.inviter_email",
      "invitations.created_at as invited_at",
      "invitations.expires_at",
      "invitations.accepted_at",
    ])
    .select(rolesHeld)
    .where("memberships.environment_id", "=", by.environmentId)
    .where(sql<boolean>`memberships.user_id = any(${by.userIds})`)
    .orderBy("memberships.organization_id");
  return by.organizationId === undefined
    ? query
    : query.where("memberships.organization_id", "=", by.organizationId);
});

const rolesHeld = sql<MembershipRow["roles"]>`coalesce((
  select jsonb_agg(jsonb_build_object('id', roles.id, 'name', roles.name, 'display_name', roles.display_name)
    order by roles.name)
  from membership_roles join roles on roles.id = membership_roles.role_id
  where membership_roles.organization_id = memberships.organization_id
    and membership_roles.user_id = memberships.user_id), '[]')`.as("roles");

export async function listUsers(at: Scope, ids: readonly string[]): Promise<Selectable<Database["users"]>[]> {
  return at.db
    .selectFrom("users")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`id = any(${[...ids]})`)
    .execute();
}

/** The accounts at identity providers that users have signed in with, oldest first. */
export async function listIdentities(at: Scope, userIds: readonly string[]): Promise<LinkedIdentity[]> {
  return at.db
    .selectFrom("external_identities")
    .innerJoin("connections", "connections.id", "external_identities.connection_id")
    .selectAll("external_identities")
    .select(["connections.type as connection_type", "connections.provider as connection_provider"])
    .where("external_identities.environment_id", "=", at.environmentId)
    .where(sql<boolean>`external_identities.user_id = any(${[...userIds]})`)
    .orderBy("external_identities.created_at")
    .orderBy("external_identities.subject")
    .execute();
}
