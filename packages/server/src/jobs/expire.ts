/** Removes what has outlived its use: one-time rows after their time, sessions and tokens long after their end. */
import type { App } from "../context.ts";
import * as traces from "../modules/traces/traces.ts";
import * as store from "./expire.store.ts";
import type { Job } from "./jobs.ts";

const hour = 3_600_000;
const day = 24 * hour;

export const expire: Job = {
  name: "expire",
  schedule: "*/15 * * * *",
  run: removeExpired,
};

/** Removes in small batches, so that no lock is held for long and a great backlog harms nobody. */
export async function removeExpired(app: App): Promise<void> {
  const ago = (ms: number) => new Date(app.now().getTime() - ms);
  const now = ago(0);
  await store.removeBefore(app.db, "saml_responses", "expires_at", now);
  await store.removeBefore(app.db, "used_assertions", "expires_at", now);
  await store.removeBefore(app.db, "simulator_codes", "expires_at", now);
  await tellOfAbandoned(app, now);
  await store.removeBefore(app.db, "sso_requests", "expires_at", now);
  await store.removeBefore(app.db, "logout_requests", "expires_at", now);
  // Legs that began late in a sign-in still have to tell whose it was.
  await store.removeBefore(app.db, "auth_requests", "expires_at", ago(hour));
  // A used code that is shown again tells of a thief: it is remembered for a while. Used refresh tokens do so for
  // as long as their session has a row.
  await store.removeBefore(app.db, "authorization_codes", "expires_at", ago(day));
  await store.removeBefore(app.db, "sessions", "absolute_expires_at", ago(90 * day));
  await store.removeBefore(app.db, "connection_tests", "expires_at", now);
  await store.removeBefore(app.db, "traces", "expires_at", now);
  await store.removeBefore(app.db, "portal_links", "expires_at", now);
  await store.removeBefore(app.db, "member_invitations", "expires_at", now);
  await store.removeBefore(app.db, "member_sessions", "expires_at", now);
  await store.removeBefore(app.db, "webhook_secrets", "expires_at", now);
  await store.removeBefore(app.db, "webhook_attempts", "started_at", ago(30 * day));
  await store.removeBefore(app.db, "webhook_deliveries", "created_at", ago(30 * day));
  await store.removeBefore(app.db, "webhook_replays", "created_at", ago(30 * day));
  await store.endEndpointsWithoutOrganization(app.db, now);
  await store.removeOfDeletedEndpoints(app.db);
  // Events that were being written when an endpoint was deleted may still have found it.
  await store.removeBefore(app.db, "webhook_endpoints", "deleted_at", ago(hour));
}

/** A user who left for the identity provider and never came back is seen nowhere else. */
async function tellOfAbandoned(app: App, now: Date): Promise<void> {
  for (;;) {
    const legs = await store.takeAbandoned(app.db, now);
    for (const leg of legs) await traces.keepAbandoned(app, leg);
    if (legs.length === 0) return;
  }
}
