/**
 * Changes of one kind that are asked for at the same time, joined into one transaction.
 * docs/decisions/0013-joined-changes.md says what it saves and what it changes.
 */
import { type Ctx, inTransaction } from "./context.ts";
import type { Db } from "./db/db.ts";
import { turnEnd } from "./db/joined-reads.ts";
import { limitLockWaits } from "./db/lock-waits.ts";

/** Transactions of one key that are under way at once: while one waits for the disk, another is prepared. */
const mostUnderWay = 2;
/** Changes that share a transaction. */
const mostJoined = 50;
/** Whoever holds a row for long holds up those who want it, and nobody who was joined with them. */
const lockWaitMs = 100;

/** How changes of one kind are made. */
export interface Joinable<Input, Output> {
  /** Makes all of them, in an open transaction; the answers in the order of the inputs. */
  together: (ctx: Ctx, inputs: readonly Input[]) => Promise<readonly Output[]>;
  /** Makes one of them, with all the patience that it deserves. */
  alone: (ctx: Ctx, input: Input) => Promise<Output>;
  /** Changes with one key may be joined, when one caller asks for them: they are made in the context of any of them. */
  keyOf?: (input: Input) => string;
}

/**
 * @returns makes one change: together with others when that succeeds at once, else alone. So each is refused for its own
 * reason, and waits for nobody else's locks. In an open transaction a change is made alone.
 */
export function joinChanges<Input, Output>({
  together,
  alone,
  keyOf = () => "",
}: Joinable<Input, Output>): (ctx: Ctx, input: Input) => Promise<Output> {
  const lanesOf = new WeakMap<Db, Map<string, Lane<Input, Output>>>();
  const makeTogether = async (asked: readonly Asked<Input, Output>[]) => {
    const [first] = asked;
    if (first === undefined) return;
    try {
      const inputs = asked.map(({ input }) => input);
      const outputs = await inTransaction(first.ctx, async (ctx) => {
        await limitLockWaits(ctx.db, lockWaitMs);
        return together(ctx, inputs);
      });
      for (const [at, { resolve }] of asked.entries()) resolve(outputs[at] as Output);
    } catch {
      for (const { ctx, input, resolve } of asked) resolve(alone(ctx, input));
    }
  };
  const work = async (lane: Lane<Input, Output>) => {
    lane.underWay += 1;
    await turnEnd();
    while (lane.waiting.length > 0) await makeTogether(lane.waiting.splice(0, mostJoined));
    lane.underWay -= 1;
  };
  return (ctx, input) => {
    if (ctx.db.isTransaction) return alone(ctx, input);
    const lanes = lanesOf.get(ctx.db) ?? new Map<string, Lane<Input, Output>>();
    lanesOf.set(ctx.db, lanes);
    const key = JSON.stringify([ctx.environmentId, ctx.caller, keyOf(input)]);
    const lane = lanes.get(key) ?? { waiting: [], underWay: 0 };
    lanes.set(key, lane);
    const { promise, resolve } = Promise.withResolvers<Output>();
    lane.waiting.push({ ctx, input, resolve });
    if (lane.underWay < mostUnderWay)
      void work(lane).then(() => {
        if (lane.underWay === 0) lanes.delete(key);
      });
    return promise;
  };
}

interface Asked<Input, Output> {
  ctx: Ctx;
  input: Input;
  resolve: (output: Output | Promise<Output>) => void;
}

/** The changes of one key. */
interface Lane<Input, Output> {
  waiting: Asked<Input, Output>[];
  underWay: number;
}
