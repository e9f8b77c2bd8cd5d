/**
 * Ids: a prefix that names the kind of object, then exactly 18 decimal digits, `org_100012345678901234`.
 * An id names and never opens: it is guessable by design, so nothing may be reached by knowing one.
 */
import { randomFillSync } from "node:crypto";

/** Every prefix, with the object it names. Clients check some of them, so a published one never changes. */
export const idPrefixes = {
  apit: "API token",
  ca: "connected account",
  cer: "SAML certificate of an environment",
  cfg: "MCP configuration",
  conn: "connection",
  cred: "passkey",
  dir: "directory",
  dirchg: "change that a directory made to a membership",
  dirgroup: "directory group",
  diruser: "directory user",
  dlv: "webhook delivery",
  dom: "domain",
  env: "environment",
  err: "error record of a sign-in",
  esr: "mail server",
  evt: "event",
  grt: "grant: the family of refresh tokens of one sign-in",
  icp: "interceptor",
  idpcert: "certificate of an identity provider",
  inst: "MCP instance",
  inv: "invitation",
  lnk: "portal link",
  lri: "login request handed to the application",
  m2m: "client of a resource",
  m2morg: "M2M client of an organization",
  mem: "member of the workspace",
  ntvc: "native client",
  org: "organization",
  perm: "permission",
  prov: "provider",
  req: "authorization request",
  res: "resource",
  role: "role",
  rpl: "replay of webhook deliveries",
  scp: "scope",
  sec: "stored secret",
  ses: "session",
  skc: "client of an environment",
  sks: "client secret",
  snk: "signing key",
  spac: "single-page application client",
  test: "connection test",
  tkn: "token",
  tol: "tool",
  totp: "TOTP registration",
  tpl: "mail template",
  trc: "trace of a sign-in",
  usp: "user profile",
  usr: "user",
  usrcnst: "consent",
  webc: "web application client",
  whep: "webhook endpoint",
  wsp: "workspace",
} as const;

export type IdPrefix = keyof typeof idPrefixes;

/*
 * The digits are 10^17 + (milliseconds since 2024) * 2^20 + 20 random bits: the first digit is never 0, new rows
 * land at the end of an index, and 18 digits last until March 2051 (then 19, which every client accepts).
 */
const EPOCH = Date.UTC(2024, 0, 1);
const FLOOR = 10n ** 17n;
const RANDOM_BITS = 20n;

// Small, so that some 30,000 ids fit into one millisecond before the source runs ahead of the clock.
const STEP_BITS = 6;

/**
 * Makes a source of ids that only grows, also within one millisecond and when the clock is set back. Sources in
 * two processes share no state: at 100 ids of one prefix a second each, they meet about once in a day of that load,
 * and the primary key then refuses the second.
 * @param now milliseconds since 1970; times before 2024 count as 2024
 */
export function createIds(now: () => number = Date.now): (prefix: IdPrefix) => string {
  let last = 0n;
  return (prefix) => {
    const elapsed = BigInt(Math.max(0, Math.floor(now()) - EPOCH));
    const fresh = FLOOR + (elapsed << RANDOM_BITS) + BigInt(randomBits(Number(RANDOM_BITS)));
    last = fresh > last ? fresh : last + 1n + BigInt(randomBits(STEP_BITS));
    return `${prefix}_${last}`;
  };
}

/** A new id of the given kind, from the process's own source. */
export const newId: (prefix: IdPrefix) => string = createIds();

// One call of the system's generator feeds 1,024 ids.
const pool = new Uint32Array(1024);
let used = pool.length;

function randomBits(bits: number): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const word = pool[used++] ?? 0;
  return word >>> (32 - bits);
}
