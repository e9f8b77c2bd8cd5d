/** What the settings of a client may be, the same for applications and for clients of organizations. */
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as environments from "../environments/environments.ts";

/** A claim that a client's access tokens carry under `custom_claims`. */
export interface CustomClaim {
  key: string;
  value: string;
}

export interface Settings {
  name?: string;
  scopes?: readonly string[];
  audience?: readonly string[];
  customClaims?: readonly CustomClaim[];
}

const longestName = 128;
const longestText = 512;
/** Tokens travel in headers, which proxies cut at some 8 kB. */
const mostEntries = 100;
const shortestExpiry = 60;
/** RFC 6749 section 3.3: scopes are told apart by spaces. */
const scopeShape = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** @throws INVALID_ARGUMENT naming the field */
export function checkSettings(given: Settings): void {
  if ([...(given.name ?? "")].length > longestName) {
    throw tooLong("name", longestName);
  }
  if (given.scopes?.some((scope) => !scopeShape.test(scope))) {
    throw invalidArgument(
      "client.scopes",
      "string.pattern",
      'a scope has 1 to 128 visible ASCII characters but " and \\',
    );
  }
  if (given.audience?.some((audience) => audience === "" || [...audience].length > longestText)) {
    throw invalidArgument("client.audience", "string.len", `an audience has 1 to ${longestText} characters`);
  }
  checkClaims(given.customClaims ?? []);
  for (const [field, list] of Object.entries({
    scopes: given.scopes,
    audience: given.audience,
    custom_claims: given.customClaims?.map(({ key }) => key),
  })) {
    checkList(`client.${field}`, list ?? []);
  }
}

/** @throws INVALID_ARGUMENT when tokens would live longer than the session that they belong to */
export async function checkSessionExpiry(ctx: Ctx, seconds: number): Promise<void> {
  const { sessionIdle = Number.MAX_SAFE_INTEGER, sessionAbsolute } = (await environments.current(ctx))
    .lifetimes;
  const longest = Math.min(sessionIdle, sessionAbsolute);
  if (seconds >= shortestExpiry && seconds < longest) return;
  const range = `value must be at least ${shortestExpiry} and less than ${longest}, when a session ends`;
  throw invalidArgument("client.access_token_expiry", "int64.gte_lt", range);
}

function checkClaims(claims: readonly CustomClaim[]): void {
  if (claims.some(({ value }) => [...value].length > longestText))
    throw tooLong("custom_claims", longestText);
}

function checkList(field: string, list: readonly string[]): void {
  if (list.length > mostEntries) {
    throw invalidArgument(field, "repeated.max_items", `at most ${mostEntries} are allowed`);
  }
  if (new Set(list).size < list.length) {
    throw invalidArgument(field, "repeated.unique", "each may stand there once");
  }
}

function tooLong(field: string, longest: number) {
  const limit = `value length must be at most ${longest} characters`;
  return invalidArgument(`client.${field}`, "string.max_len", limit);
}
