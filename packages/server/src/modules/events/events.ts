/**
 * Events: what changed, as rows in the transaction of the change, and the reactions of other modules to it.
 * Modules declare what they announce in their `events.ts`; `app.ts` lists the reactions in order.
 */
import { atTheEnd, type Caller, type Ctx, type Emit, type EventType, inTransaction } from "../../context.ts";
import type { Db } from "../../db/db.ts";
import { newId } from "../../lib/ids.ts";
import * as store from "./events.store.ts";

/** Declares one event: its public name and, as a type, its payload. */
export function event<Payload>(
  name: string,
  visibility: EventType<Payload>["visibility"] = "public",
): EventType<Payload> {
  return { name, visibility };
}

/** What a module does, in the same transaction, when a module above it has changed something. */
export interface Reaction {
  event: string;
  run(ctx: Ctx, payload: unknown): Promise<void>;
}

/** Subscribes to an event: `on(organizationDeleted, async (ctx, organization) => …)`. */
export function on<P>(type: EventType<P>, run: (ctx: Ctx, payload: P) => Promise<void>): Reaction {
  return { event: type.name, run: run as Reaction["run"] };
}

/** Public events of one type that were just written: what webhooks are sent of. */
export interface Announced {
  type: string;
  ids: readonly string[];
  organizationId: string | undefined;
  occurredAt: Date;
}

/**
 * Makes what stands behind every `ctx.emit`. The reactions run at once, in list order, and a throw of one rolls
 * everything back; the rows are written by one statement at the end of the transaction.
 * @param announce told of public events in their transaction, when they are written
 */
export function createEmit(
  reactions: readonly Reaction[],
  announce: (ctx: Ctx, events: Announced) => Promise<void> = async () => undefined,
): Emit {
  const unwritten = new WeakMap<Db, Emitted[]>();
  const write = async (ctx: Ctx) => {
    const all = unwritten.get(ctx.db) ?? [];
    unwritten.delete(ctx.db);
    const rows = all.flatMap(({ events }) => events);
    await store.insert(ctx.db, rows);
    for (const { ctx, announced } of all) if (announced) await announce(ctx, announced);
  };
  const keep = async (ctx: Ctx, emitted: Emitted) => {
    const all = unwritten.get(ctx.db) ?? [];
    all.push(emitted);
    unwritten.set(ctx.db, all);
    const isFull = all.reduce((count, { events }) => count + events.length, 0) >= mostUnwritten;
    if (isFull) await write(ctx);
    else if (all.length === 1) await atTheEnd(ctx, write);
  };
  const emit: Emit = async (ctx, type, payloads, organizationId) => {
    const { environmentId } = ctx;
    const common = { organizationId, type: type.name, visibility: type.visibility, occurredAt: ctx.now() };
    const actor = actorOf(ctx.caller);
    const events = payloads.map((payload) => ({
      id: newId("evt"),
      environmentId,
      ...common,
      actor,
      payload,
    }));
    const announced = type.visibility === "public" && { ...common, ids: events.map(({ id }) => id) };
    await keep(ctx, { ctx, events, announced });
    const wanted = reactions.filter((reaction) => reaction.event === type.name);
    if (wanted.length === 0) return;
    for (const payload of payloads) for (const reaction of wanted) await reaction.run(ctx, payload);
  };
  return (ctx, ...event) => inTransaction(ctx, (ctx) => emit(ctx, ...event));
}

/** What one call of `emit` wants written. */
interface Emitted {
  ctx: Ctx;
  events: store.NewEvent[];
  announced: Announced | false;
}

/** So many events of a transaction are held in memory. */
const mostUnwritten = 1_000;

/**
 * Writes the row of an event that never happened, such as the example of a test. No log shows it, no reaction hears of
 * it, and it is sent only where its deliveries say.
 */
export async function writeExample(ctx: Ctx, type: string, payload: object): Promise<Announced> {
  const common = { type, organizationId: undefined, occurredAt: ctx.now() };
  const { environmentId, db } = ctx;
  const id = newId("evt");
  const actor = actorOf(ctx.caller);
  await store.insert(db, [{ ...common, id, environmentId, visibility: "internal", actor, payload }]);
  return { ...common, ids: [id] };
}

/** Who caused an event: the kind of caller, and the id of the application, person or organization behind it. */
export function actorOf(caller: Caller): { kind: string; id: string } {
  return { kind: caller.kind, id: actorId(caller) };
}

function actorId(caller: Caller): string {
  switch (caller.kind) {
    case "CLIENT":
      return caller.clientId;
    case "USER":
    case "SESSION":
      return caller.userId;
    case "WORKSPACE":
      return caller.memberId;
    case "CUSTOMER_PORTAL":
      return caller.organizationId;
    case "ACTIONS_PORTAL":
      return caller.connectedAccountId;
    case "DIRECTORY":
      return caller.directoryId;
    case "NONE":
      return "";
  }
}
