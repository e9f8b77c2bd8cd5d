/**
 * People who wait for a domain: their address is in none that the organization has verified. When it verifies one, a
 * job makes members of those who were waiting, some at a time.
 */
import { type Ctx, inRepeatedTransaction } from "../../context.ts";
import { takeInSome } from "./consequences.ts";
import * as store from "./directories.store.ts";
import { toDirectory } from "./directories.ts";

/** Marks the directories of an organization that has verified a domain. */
export async function lookAgain(ctx: Ctx, organizationId: string): Promise<void> {
  await store.setWaiting(ctx, organizationId);
}

/**
 * Goes through the marked directories of the environment, each step in a transaction of its own.
 * @param until when to stop; the next run goes on there
 */
export async function takeInWaiting(ctx: Ctx, until: Date): Promise<void> {
  while (ctx.now() < until) {
    const went = await inRepeatedTransaction(ctx, async (ctx) => {
      const row = await store.takeWaiting(ctx);
      if (!row) return false;
      const last = await takeInSome(ctx, toDirectory(row), row.waiting_after ?? "");
      await store.set(ctx, row.id, { waiting_after: last ?? null });
      return true;
    });
    if (!went) return;
  }
}
