/** What tokens say of a member, in one place for every store that joins `users`, `memberships`, `organizations`. */
import { type Selectable, sql } from "kysely";
import type { Database } from "./schema.ts";

/** A user in one organization. */
export type Member = Pick<
  Selectable<Database["users"]>,
  | "id"
  | "email"
  | "email_verified"
  | "external_id"
  | "given_name"
  | "family_name"
  | "name"
  | "preferred_username"
  | "locale"
  | "picture"
> & {
  membership_status: string;
  organization_external_id: string | null;
  /** The roles held there; what they give is remembered by `roles`. */
  role_ids: string[];
};

export const memberColumns = [
  "users.id",
  "users.email",
  "users.email_verified",
  "users.external_id",
  "users.given_name",
  "users.family_name",
  "users.name",
  "users.preferred_username",
  "users.locale",
  "users.picture",
  "memberships.status as membership_status",
  "organizations.external_id as organization_external_id",
  sql<string[]>`array(
    select role_id from membership_roles
    where membership_roles.organization_id = memberships.organization_id
      and membership_roles.user_id = memberships.user_id)`.as("role_ids"),
] as const;
