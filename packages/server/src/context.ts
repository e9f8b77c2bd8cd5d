/**
 * All that a rule may ask for. The set of fields is closed: a feature never adds one.
 */
import type { Logger } from "pino";
import type { Config, LimitName } from "./config.ts";
import type { Db } from "./db/db.ts";
import { announceInvalidation } from "./db/invalidation.ts";
import { isDeadlock } from "./db/scope.ts";
import type { Cache } from "./lib/cache.ts";
import type { Keyring } from "./lib/keyring.ts";
import type { RateLimiter } from "./lib/rate-limiter.ts";
import type { SafeFetch } from "./lib/safe-fetch.ts";

/** Who calls, as the pipeline established it. Names are those of the contract's AuthenticationType, but for the last. */
export type Caller =
  | { kind: "NONE" }
  | { kind: "CLIENT"; clientId: string }
  | { kind: "USER"; userId: string }
  | {
      kind: "SESSION";
      userId: string;
      sessionId: string;
      organizationId: string;
      permissions: string[];
      /** When the token that came with the request expires; absent where none did. */
      tokenExpiresAt?: Date;
    }
  | { kind: "CUSTOMER_PORTAL"; organizationId: string }
  | { kind: "WORKSPACE"; memberId: string }
  | { kind: "ACTIONS_PORTAL"; connectedAccountId: string }
  /** An identity provider, by a token of the directory; no caller of the contract. */
  | { kind: "DIRECTORY"; directoryId: string; organizationId: string };

/** What is known of the request that a rule serves; `id` is printed in every log line and error page. */
export interface RequestInfo {
  id: string;
  ip: string;
  userAgent: string;
}

/** An event of a module's `events.ts`: its name and, by type, its payload. */
export interface EventType<Payload> {
  readonly name: string;
  /** Public events reach webhooks; internal ones only reactions. */
  readonly visibility: "public" | "internal";
  /** Only carries the payload's type; never set. */
  readonly payload?: Payload;
}

/** Writes the rows of events of one type and runs the reactions to each, on the context's own connection. */
export type Emit = <P>(
  ctx: Ctx,
  event: EventType<P>,
  payloads: readonly P[],
  organizationId?: string,
) => Promise<void>;

/** What the process shares: settings, sealing keys, guarded fetch, caches, rate limits. */
export interface App {
  config: Config;
  db: Db;
  /**
   * A small pool of its own for what caches load. A load may be asked for by a request that holds a connection in
   * an open transaction: from the same pool, such requests would wait for each other.
   */
  loadDb: Db;
  log: Logger;
  now(): Date;
  keys: Keyring;
  fetch: SafeFetch;
  cache: Cache;
  /** Undefined when nothing is counted; see `limits.ts`. */
  limits: RateLimiter<LimitName> | undefined;
}

export interface Ctx {
  /** The pool, or the open transaction inside `inTransaction`. */
  db: Db;
  environmentId: string;
  caller: Caller;
  request: RequestInfo;
  now(): Date;
  /** Writes the event's row and runs the reactions to it, in the transaction of the change. */
  emit<P>(event: EventType<P>, payload: P, organizationId?: string): Promise<void>;
  /** The same for many things of one organization that one change touched, by one statement. */
  emitAll<P>(event: EventType<P>, payloads: readonly P[], organizationId?: string): Promise<void>;
  log: Logger;
  app: App;
}

/** The organization that the caller is bound to: an end user's active one, or the portal's. */
export function ownOrganization(ctx: Ctx): string | undefined {
  return "organizationId" in ctx.caller ? ctx.caller.organizationId : undefined;
}

/**
 * Runs `change` in one transaction: its rows, events and jobs commit together or not at all. Inside a
 * transaction that is already open it joins that one.
 */
export async function inTransaction<T>(ctx: Ctx, change: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.db.isTransaction) return change(ctx);
  const onCommit: (() => void)[] = [];
  const result = await ctx.db.transaction().execute(async (db) => {
    commitHooks.set(db, onCommit);
    lastSteps.set(db, []);
    const within = withDb(ctx, db);
    const result = await change(within);
    for (const run of lastSteps.get(db) ?? []) await run(within);
    return result;
  });
  for (const run of onCommit) run();
  return result;
}

/**
 * Like `inTransaction`, and again when the database ended the transaction to free others that waited for it: for
 * whatever holds several people, groups or members, which directories change in an order of their own. What `change`
 * does beside the transaction happens each time.
 * @param attempts in all; inside a transaction that is already open there is one
 */
export async function inRepeatedTransaction<T>(
  ctx: Ctx,
  change: (ctx: Ctx) => Promise<T>,
  attempts = 5,
): Promise<T> {
  try {
    return await inTransaction(ctx, change);
  } catch (error) {
    if (!isDeadlock(error) || attempts === 1 || ctx.db.isTransaction) throw error;
    return inRepeatedTransaction(ctx, change, attempts - 1);
  }
}

/** The same context on another connection: its methods stand on the prototype and follow `db`. */
function withDb(ctx: Ctx, db: Db): Ctx {
  return Object.assign(Object.create(Object.getPrototypeOf(ctx)), ctx, { db });
}

/** The same caller and connection in another environment: only for rules that have judged that the caller may. */
export function inEnvironment(ctx: Ctx, environmentId: string): Ctx {
  return Object.assign(Object.create(Object.getPrototypeOf(ctx)), ctx, { environmentId });
}

const commitHooks = new WeakMap<Db, (() => void)[]>();

/** Runs `then` in this process once the open transaction has committed, and never when it rolls back. */
export function afterCommit(ctx: Ctx, then: () => void): void {
  const hooks = commitHooks.get(ctx.db);
  if (hooks) hooks.push(then);
  else then();
}

const lastSteps = new WeakMap<Db, ((ctx: Ctx) => Promise<void>)[]>();

/**
 * Runs `step` at the end of the open transaction, at once where none is open: for what holds rows that everybody waits
 * for, in a transaction that may be long, and for what is written once for all that happened in it.
 */
export async function atTheEnd(ctx: Ctx, step: (ctx: Ctx) => Promise<void>): Promise<void> {
  const steps = lastSteps.get(ctx.db);
  if (steps) steps.push(step);
  else await step(ctx);
}

/**
 * Drops a cached value in this process and, through the database, in all others, once the open transaction
 * has committed. Without a key, all values of the topic.
 */
export async function invalidate(ctx: Ctx, topic: string, key?: string): Promise<void> {
  await announceInvalidation(ctx.db, topic, key);
  afterCommit(ctx, () => ctx.app.cache.drop(topic, key));
}
