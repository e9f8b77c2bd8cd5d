/**
 * The log of sign-ins: who tried to sign in, when, how and with what result. It holds no rows of its own: what ended
 * is read from the traces, what is under way from the requests. Who changed what stands in the log of events.
 */
import type { Ctx } from "../../context.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import type { SignIn, SignInFilter, SignInStatus } from "./sign-ins.store.ts";
import * as store from "./sign-ins.store.ts";

export type { SignIn, SignInFilter, SignInStatus };

const defaultSize = 20;
const mostCounted = 1_000;

/** One page, newest first, counted up to 1,000. @throws PAGE_TOKEN_INVALID */
export async function list(ctx: Ctx, filter: SignInFilter, request: PageRequest): Promise<Page<SignIn>> {
  const sized = { ...request, pageSize: request.pageSize || defaultSize };
  const page = openPage(sized, `sign-ins:${JSON.stringify(filter)}`);
  const now = ctx.now();
  const rows = await store.list(ctx, filter, now, page.range);
  return page.close(rows, await store.count(ctx, filter, now, mostCounted));
}
