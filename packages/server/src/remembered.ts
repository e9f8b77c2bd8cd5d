/** What processes remember of rows that requests ask for all the time, and how a change makes all forget them. */
import { type Ctx, invalidate } from "./context.ts";
import type { Scope } from "./db/scope.ts";

/** The longest id that is remembered, known or not: anybody may ask for any id. */
const longestId = 255;

export interface Memory<T> {
  /** The remembered value for an id of the context's environment; undefined for what cannot be an id (too long, NUL). */
  remember(ctx: Ctx, id: string): Promise<T | undefined>;
  /** Makes all processes forget an id, once the open transaction has committed. */
  forget(ctx: Ctx, id: string): Promise<void>;
  /** The same for all ids, for a change of unknown many. */
  forgetAll(ctx: Ctx): Promise<void>;
}

/**
 * @param topic one word for each kind of row
 * @param load reads the row, outside of any open transaction, since what is remembered must be committed
 */
export function memoryOf<T>(topic: string, load: (at: Scope, id: string) => Promise<T>): Memory<T> {
  return {
    async remember(ctx, id) {
      if (id.length > longestId || id.includes("\0")) return undefined;
      return ctx.app.cache.get(topic, keyOf(ctx, id), () =>
        load({ db: ctx.app.loadDb, environmentId: ctx.environmentId }, id),
      );
    },
    forget: (ctx, id) => invalidate(ctx, topic, keyOf(ctx, id)),
    forgetAll: (ctx) => invalidate(ctx, topic),
  };
}

/** With the environment: whoever asks for an id in another one must not hide it in its own. */
function keyOf(ctx: Ctx, id: string): string {
  return `${ctx.environmentId}/${id}`;
}
