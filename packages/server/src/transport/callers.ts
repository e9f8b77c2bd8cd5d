/** Who may call a method, as bits; and who calls, from the token or the cookies that came with the request. */
import type { IncomingHttpHeaders } from "node:http";
import type { Caller, Ctx } from "../context.ts";
import { readCookies } from "../lib/cookies.ts";
import { isOwnPage } from "./own-page.ts";
import { refusals } from "./refusals.ts";

/** The bits of the contract's AuthenticationType; a method's option is the union of those that may call it. */
export const callerBits: Readonly<Record<Exclude<Caller["kind"], "NONE" | "DIRECTORY">, number>> = {
  CLIENT: 4,
  USER: 8,
  SESSION: 16,
  CUSTOMER_PORTAL: 32,
  WORKSPACE: 64,
  ACTIONS_PORTAL: 128,
};

/** What turns a credential into a caller; handed in by `app.ts`, since only modules know tokens. */
export interface Verifiers {
  /**
   * @param ctx the environment that was called, with nobody as the caller yet
   * @throws AppError UNAUTHENTICATED for a token that is wrong, expired or of another environment
   */
  verifyBearer(ctx: Ctx, token: string): Promise<Caller>;
  /**
   * Reads the caller of a request without a token from its cookies.
   * @returns undefined when none of them is that of a session that lives
   */
  verifyCookies(ctx: Ctx, cookies: Readonly<Record<string, string>>): Promise<Caller | undefined>;
}

// RFC 6750 section 2.1: the scheme in any case, then one b64token.
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/**
 * Reads the caller of a method that is not public.
 * @throws AppError UNAUTHENTICATED, with the message `Token empty` when neither a token nor a session's cookie came
 * along; PERMISSION_DENIED for a cookie that another page made the browser send
 */
export async function readCaller(
  ctx: Ctx,
  headers: IncomingHttpHeaders,
  verifiers: Verifiers,
): Promise<Caller> {
  const header = headers.authorization?.trim() ?? "";
  if (header === "" || /^Bearer$/i.test(header)) return readCookieCaller(ctx, headers, verifiers);
  const token = bearerOf(header);
  if (token === undefined) throw refusals.notBearer();
  return verifiers.verifyBearer(ctx, token);
}

/** The token of an `Authorization` header; undefined when it holds none of the form of RFC 6750. */
export function bearerOf(header: string): string | undefined {
  return BEARER.exec(header.trim())?.[1];
}

/** A browser sends cookies along for whichever page asks it to, so the page must be ours. */
async function readCookieCaller(
  ctx: Ctx,
  headers: IncomingHttpHeaders,
  verifiers: Verifiers,
): Promise<Caller> {
  if (headers.cookie === undefined) throw refusals.noToken();
  const caller = await verifiers.verifyCookies(ctx, readCookies(headers.cookie));
  if (caller === undefined) throw refusals.noToken();
  if (!isOwnPage(headers)) throw refusals.foreignPage();
  return caller;
}

/** Tells whether a method with these bits admits this caller. */
export function admits(bits: number, caller: Caller): boolean {
  if (caller.kind === "NONE" || caller.kind === "DIRECTORY") return false;
  return (bits & callerBits[caller.kind]) !== 0;
}
