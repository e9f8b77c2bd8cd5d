/**
 * Rate limits: the one refusal that all of them share, with the headers that say when to come back. The numbers are
 * settings (`config.ts`); counting is `lib/rate-limiter.ts`; the processes tell each other in `db/shared-counts.ts`.
 */
import type { AddressLimit, LimitName } from "./config.ts";
import type { App } from "./context.ts";
import { AppError } from "./errors.ts";
import { networkOf } from "./lib/address-network.ts";
import type { Exceeded } from "./lib/rate-limiter.ts";

type Limited = Pick<App, "limits" | "log">;

/**
 * Counts one request.
 * @param key whose it is: an id of ours, never text of any length that a caller chose
 * @throws RATE_LIMITED when the limit is used up
 */
export function requireWithin(app: Limited, name: LimitName, key: string): void {
  const exceeded = app.limits?.take(name, key);
  if (exceeded !== undefined) throw refusal(app, name, key, exceeded);
}

/** Counts one request of an address; IPv6 by its network. @throws RATE_LIMITED when the limit is used up */
export function requireAddressWithin(app: Limited, name: AddressLimit, ip: string): void {
  if (app.limits !== undefined) requireWithin(app, name, networkOf(ip));
}

/** Counts nothing. @throws RATE_LIMITED when the limit is used up */
export function requireNotExceeded(app: Limited, name: LimitName, key: string): void {
  const exceeded = app.limits?.exceeded(name, key);
  if (exceeded !== undefined) throw refusal(app, name, key, exceeded);
}

function refusal(app: Limited, name: LimitName, key: string, exceeded: Exceeded): AppError {
  const { limit, resetSeconds, isFirst } = exceeded;
  // Once a window: a line for each refusal would fill the log of whoever is flooded.
  if (isFirst) app.log.warn({ limit: name, key, perMinute: limit }, "a rate limit is used up");
  return rateLimited(limit, resetSeconds);
}

/** The contract's error. Its headers are those of draft-ietf-httpapi-ratelimit-headers-07, and `Retry-After`. */
export function rateLimited(limit: number | string, seconds: number | string): AppError {
  const message = `Too many requests: at most ${limit} a minute are served here. Try again in ${seconds} s`;
  return new AppError("RATE_LIMITED", "RESOURCE_EXHAUSTED", message, {
    headers: {
      "retry-after": String(seconds),
      "ratelimit-limit": String(limit),
      "ratelimit-remaining": "0",
      "ratelimit-reset": String(seconds),
    },
  });
}
