/**
 * Environments: the tenants of an install. This module owns their public URL, their mode (full-stack or
 * modular) and their lifetimes, and finds the environment that a Host header means.
 */
import { type App, type Ctx, inTransaction, invalidate } from "../../context.ts";
import type { Db } from "../../db/db.ts";
import { announceInvalidation } from "../../db/invalidation.ts";
import { newId } from "../../lib/ids.ts";
import * as store from "./environments.store.ts";
import { environmentErrors as errors } from "./errors.ts";
import { environmentUpdated } from "./events.ts";
import { reach } from "./reach.ts";
import {
  type FeatureName,
  type Lifetimes,
  type SessionSettings,
  type StoredSettings,
  settingsOf,
  type UserManagement,
} from "./settings.ts";

export type { Lifetimes };

/** Full stack: users and sessions are ours. Modular: the app owns them and we only broker sign-in. */
export type AuthenticationMode = "FULL_STACK_AUTH" | "MODULAR_AUTH";

export interface Environment {
  id: string;
  type: "DEV" | "PRD";
  mode: AuthenticationMode;
  /** Without a trailing slash; the issuer of every token. */
  publicUrl: string;
  lifetimes: Lifetimes;
  session: SessionSettings;
  userManagement: UserManagement;
  features: Readonly<Record<FeatureName, boolean>>;
}

/** The environment that the request is for. */
export async function current(ctx: Ctx): Promise<Environment> {
  return ctx.app.cache.get("environments", ctx.environmentId, async () => {
    const row = await store.find(ctx.app.loadDb, ctx.environmentId);
    if (!row) throw errors.ENVIRONMENT_NOT_FOUND(ctx.environmentId);
    return toEnvironment(row);
  });
}

/**
 * The environment whose public URL has exactly this host. In development a request to another name (an
 * address instead of `localhost`, say) reaches the only environment; in production it reaches none.
 */
export async function idOfHost(app: App, host: string): Promise<string | undefined> {
  const byHost = await app.cache.get("environments", "*", async () => {
    const rows = await store.list(app.loadDb);
    // Where a custom domain is in use, the former address keeps answering.
    return new Map(rows.flatMap((row) => hostsOf(row).map((host) => [host, row.id])));
  });
  const id = byHost.get(host.toLowerCase());
  if (id !== undefined || app.config.mode === "production") return id;
  const [only, ...others] = new Set(byHost.values());
  return others.length === 0 ? only : undefined;
}

/**
 * The first environment, made from the settings at the first start; later starts bring its public URL up to
 * `GATEHOUSE_URL`. The caller holds the lock of the first start.
 * @param db the transaction in which all of a first start is made
 */
export async function ensureFirst(app: App, db: Db): Promise<string> {
  const [first] = await store.list(db);
  const now = app.now();
  if (first) {
    if ((first.base_url ?? first.public_url) !== app.config.publicUrl) {
      const column = first.base_url === null ? "public_url" : "base_url";
      await store.set(db, first.id, { [column]: app.config.publicUrl, updated_at: now });
      // Other processes on this database may be running, with the former one in their caches.
      for (const key of [first.id, "*"]) await announceInvalidation(db, "environments", key);
    }
    return first.id;
  }
  const id = newId("env");
  await store.insert(db, {
    id,
    name: app.config.mode,
    type: app.config.mode === "production" ? "PRD" : "DEV",
    authentication_mode: "FULL_STACK_AUTH",
    public_url: app.config.publicUrl,
    created_at: now,
    updated_at: now,
  });
  return id;
}

/** The ids of all environments of the install, for work that no request asks for. */
export async function ids(app: App): Promise<string[]> {
  return (await store.list(app.db)).map(({ id }) => id);
}

/** The id of the first environment. @throws ENVIRONMENT_NOT_FOUND before the first start */
export async function firstId(app: App): Promise<string> {
  const [first] = await store.list(app.loadDb);
  if (!first) throw errors.ENVIRONMENT_NOT_FOUND("yet: start Gatehouse once");
  return first.id;
}

/** @param id "" means the one that was called. @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER */
export async function setMode(ctx: Ctx, id: string, mode: AuthenticationMode): Promise<void> {
  await inTransaction(await reach(ctx, id), async (ctx) => {
    const row = await store.set(ctx.db, ctx.environmentId, {
      authentication_mode: mode,
      updated_at: ctx.now(),
    });
    await invalidate(ctx, "environments", ctx.environmentId);
    if (row) await ctx.emit(environmentUpdated, payloadOf(row));
  });
}

/** What is told of an environment that changed. */
export function payloadOf({ id, name, public_url }: store.EnvironmentRow) {
  return { id, name, public_url };
}

/** The hosts at which an environment answers, with their ports. */
export function hostsOf({ public_url, base_url }: store.EnvironmentRow): string[] {
  return [public_url, ...(base_url === null ? [] : [base_url])].map((url) => new URL(url).host);
}

function toEnvironment(row: store.EnvironmentRow): Environment {
  return {
    id: row.id,
    type: row.type as Environment["type"],
    mode: row.authentication_mode as AuthenticationMode,
    publicUrl: row.public_url,
    ...settingsOf(row.settings as StoredSettings),
  };
}
