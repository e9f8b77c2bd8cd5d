/** What makes a session live, in one place for every store that reads `sessions`. */
import { type RawBuilder, sql } from "kysely";

export function isLive(now: Date): RawBuilder<boolean> {
  return sql`sessions.status = 'active' and sessions.absolute_expires_at > ${now}
    and (sessions.idle_expires_at is null or sessions.idle_expires_at > ${now})`;
}
