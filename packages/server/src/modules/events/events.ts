/**
 * Events: what changed, as rows in the transaction of the change, and the reactions of other modules to it.
 * Modules declare what they announce in their `events.ts`; `app.ts` lists the reactions in order.
 */
import { type Caller, type Ctx, type Emit, type EventType, inTransaction } from "../../context.ts";
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
 * Makes what stands behind every `ctx.emit`. The reactions run in list order before the commit, and a throw of one rolls
 * everything back.
 * @param announce told of public events in their transaction, before the reactions
 */
export function createEmit(
  reactions: readonly Reaction[],
  announce: (ctx: Ctx, events: Announced) => Promise<void> = async () => undefined,
): Emit {
  const emit: Emit = async (ctx, type, payloads, organizationId) => {
    const common = {
      organizationId,
      type: type.name,
      visibility: type.visibility,
      occurredAt: ctx.now(),
      actor: actorOf(ctx.caller),
    };
    const events = payloads.map((payload) => ({ id: newId("evt"), payload }));
    await store.insert(ctx, common, events);
    if (type.visibility === "public") await announce(ctx, { ...common, ids: events.map(({ id }) => id) });
    const wanted = reactions.filter((reaction) => reaction.event === type.name);
    if (wanted.length === 0) return;
    for (const payload of payloads) for (const reaction of wanted) await reaction.run(ctx, payload);
  };
  return (ctx, ...event) => inTransaction(ctx, (ctx) => emit(ctx, ...event));
}

/**
 * Writes the row of an event that never happened, such as the example of a test. No log shows it, no reaction hears of
 * it, and it is sent only where its deliveries say.
 */
export async function writeExample(ctx: Ctx, type: string, payload: object): Promise<Announced> {
  const common = { type, organizationId: undefined, occurredAt: ctx.now() };
  const id = newId("evt");
  await store.insert(ctx, { ...common, visibility: "internal", actor: actorOf(ctx.caller) }, [
    { id, payload },
  ]);
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
