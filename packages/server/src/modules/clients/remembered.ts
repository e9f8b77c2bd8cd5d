/** What processes remember of clients, so that the token endpoint asks no database: the key, and how to forget. */
import { type Ctx, invalidate } from "../../context.ts";

const topic = "clients";
/** The longest id that is remembered, known or not: anybody may ask for any id. */
const longestId = 255;

/** The remembered value for a client id of the context's environment; undefined for what cannot be an id. */
export async function remember<T>(ctx: Ctx, id: string, load: () => Promise<T>): Promise<T | undefined> {
  return id.length > longestId ? undefined : ctx.app.cache.get(topic, keyOf(ctx, id), load);
}

/** Makes all processes forget a client, once the open transaction has committed. */
export async function forget(ctx: Ctx, id: string): Promise<void> {
  await invalidate(ctx, topic, keyOf(ctx, id));
}

/** With the environment: whoever asks for a client in another one must not hide it in its own. */
function keyOf(ctx: Ctx, id: string): string {
  return `${ctx.environmentId}/${id}`;
}
