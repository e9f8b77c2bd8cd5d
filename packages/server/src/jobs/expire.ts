/** Removes what has outlived its use: one-time rows after their time, sessions and tokens long after their end. */
import type { App } from "../context.ts";
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
  await store.removeBefore(app.db, "sso_requests", "expires_at", now);
  await store.removeBefore(app.db, "auth_requests", "expires_at", now);
  // A used code that is shown again tells of a thief: it is remembered for a while. Used refresh tokens do so for
  // as long as their session has a row.
  await store.removeBefore(app.db, "authorization_codes", "expires_at", ago(day));
  await store.removeBefore(app.db, "sessions", "absolute_expires_at", ago(90 * day));
}
