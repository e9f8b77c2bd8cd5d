/** Work that is done in one environment after the other. */
import type { App, Ctx } from "../context.ts";
import { ids } from "../modules/environments/environments.ts";
import type { CtxOf } from "./jobs.ts";

/**
 * Does the work in every environment of the install; a failure in one does not keep it from the others.
 * @throws AggregateError with what failed, at the end
 */
export async function inEachEnvironment(
  app: App,
  ctxOf: CtxOf,
  work: (ctx: Ctx) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const id of await ids(app)) {
    await work(ctxOf(id)).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, `failed in ${failures.length} environments`);
}
