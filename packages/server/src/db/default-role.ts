/** The role that members of an organization start with, in one place for every store that gives it. */
import { type RawBuilder, sql } from "kysely";

/** Its id: the organization's own choice, else the environment's. */
export function defaultRoleOf(
  environmentId: string,
  organizationId: string | RawBuilder<string>,
): RawBuilder<string> {
  return sql`coalesce(
    (select own.role_id from organization_default_roles as own where own.organization_id = ${organizationId}),
    (select defaults.id from roles as defaults
      where defaults.environment_id = ${environmentId} and defaults.is_default_member))`;
}
