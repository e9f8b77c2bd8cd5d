/**
 * Changes of one kind that are asked for at the same time, joined into one transaction.
 * docs/decisions/0013-joined-changes.md says what it saves and what it changes.
 */
import type { Ctx } from "./context.ts";
import type { Db } from "./db/db.ts";
import { turnEnd } from "./db/joined-reads.ts";
import { isOutage } from "./db/scope.ts";

/** Transactions of one key that are under way at once: while one waits for the disk, another is prepared. */
const mostUnderWay = 2;
/** Changes that share a transaction. */
const mostJoined = 50;

/**
 * @param change makes all of the changes in one transaction, or none; the answers in the order of the inputs
 * @param keyOf changes with one key may be joined, when one caller asks for them: they are made in the context of any
 * of them
 * @returns makes one change. When those who were joined are refused, they are tried again by halves, so that each is
 * refused by itself and for its own reason. In an open transaction a change is made alone.
 */
export function joinChanges<Input, Output>(
  change: (ctx: Ctx, inputs: readonly Input[]) => Promise<readonly Output[]>,
  keyOf: (input: Input) => string = () => "",
): (ctx: Ctx, input: Input) => Promise<Output> {
  const lanesOf = new WeakMap<Db, Map<string, Lane<Input, Output>>>();
  return (ctx, input) => {
    const { promise, resolve, reject } = Promise.withResolvers<Output>();
    const asked = { ctx, input, resolve, reject };
    if (ctx.db.isTransaction) {
      void makeAll(change, [asked]);
      return promise;
    }
    const lanes = lanesOf.get(ctx.db) ?? new Map<string, Lane<Input, Output>>();
    lanesOf.set(ctx.db, lanes);
    const key = JSON.stringify([ctx.environmentId, ctx.caller, keyOf(input)]);
    const lane = lanes.get(key) ?? { waiting: [], underWay: 0 };
    lanes.set(key, lane);
    lane.waiting.push(asked);
    if (lane.underWay < mostUnderWay) {
      void work(lane, change).then(() => {
        if (lane.underWay === 0) lanes.delete(key);
      });
    }
    return promise;
  };
}

type Change<Input, Output> = (ctx: Ctx, inputs: readonly Input[]) => Promise<readonly Output[]>;

interface Asked<Input, Output> {
  ctx: Ctx;
  input: Input;
  resolve: (output: Output) => void;
  reject: (error: unknown) => void;
}

/** The changes of one key. */
interface Lane<Input, Output> {
  waiting: Asked<Input, Output>[];
  underWay: number;
}

async function work<I, O>(lane: Lane<I, O>, change: Change<I, O>): Promise<void> {
  lane.underWay += 1;
  await turnEnd();
  while (lane.waiting.length > 0) await makeAll(change, lane.waiting.splice(0, mostJoined));
  lane.underWay -= 1;
}

async function makeAll<I, O>(change: Change<I, O>, asked: readonly Asked<I, O>[]): Promise<void> {
  const [first] = asked;
  if (first === undefined) return;
  try {
    const inputs = asked.map(({ input }) => input);
    const outputs = await change(first.ctx, inputs);
    for (const [at, { resolve }] of asked.entries()) resolve(outputs[at] as O);
  } catch (error) {
    if (asked.length > 1 && !isOutage(error)) {
      const middle = Math.ceil(asked.length / 2);
      await makeAll(change, asked.slice(0, middle));
      await makeAll(change, asked.slice(middle));
      return;
    }
    for (const { reject } of asked) reject(error);
  }
}
