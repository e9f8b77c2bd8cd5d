/** The log of events as callers read it: what happened, newest first, and what pages report of themselves. */
import { type Ctx, ownOrganization } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import type { EventFilter, EventRow } from "./events.store.ts";
import * as store from "./events.store.ts";
import { actorOf } from "./events.ts";

export type { EventFilter, EventRow };

const mostCounted = 1_000;
const longestReport = 16 * 1024;
const reportName = /^[a-z][a-z0-9]*([._][a-z0-9]+)*$/;
const longestReportName = 100;

/**
 * One page; a caller that is bound to an organization sees its own. Counted up to 1,000.
 * @throws PAGE_TOKEN_INVALID
 */
export async function list(ctx: Ctx, filter: EventFilter, request: PageRequest): Promise<Page<EventRow>> {
  const { page, narrowed } = open(ctx, filter, request);
  const rows = await store.list(ctx, narrowed, page.range);
  return page.close(rows, await store.count(ctx, narrowed, mostCounted));
}

/** The same without the count. @throws PAGE_TOKEN_INVALID */
export async function listUncounted(
  ctx: Ctx,
  filter: EventFilter,
  request: PageRequest,
): Promise<Page<EventRow>> {
  const { page, narrowed } = open(ctx, filter, request);
  return page.close(await store.list(ctx, narrowed, page.range), 0);
}

/**
 * Notes what a page reports. It is seen in the log under `frontend.` and reaches no webhook, so that no page can make
 * others believe in an event of ours.
 * @returns the id of the event
 * @throws INVALID_ARGUMENT for a name that is no event's, or more than 16 KiB
 */
export async function report(ctx: Ctx, name: string, payload: object): Promise<string> {
  if (name.length > longestReportName || !reportName.test(name)) {
    const problem = `value must be words of a-z and 0-9, joined by dots or underscores, of ${longestReportName} characters at most`;
    throw invalidArgument("event_type", "string.pattern", problem);
  }
  if (Buffer.byteLength(JSON.stringify(payload)) > longestReport)
    throw invalidArgument("event", "bytes.max_len", `value must be ${longestReport} bytes of JSON at most`);
  const id = newId("evt");
  const { environmentId, db } = ctx;
  const kind = { type: `frontend.${name}`, visibility: "log" as const, organizationId: ownOrganization(ctx) };
  const actor = actorOf(ctx.caller);
  await store.insert(db, [{ ...kind, id, environmentId, occurredAt: ctx.now(), actor, payload }]);
  return id;
}

function open(ctx: Ctx, filter: EventFilter, request: PageRequest) {
  const own = ownOrganization(ctx);
  const narrowed = { ...filter, ...(own !== undefined && { organizationId: own }) };
  return { page: openPage(request, `events:${JSON.stringify(narrowed)}`), narrowed };
}
