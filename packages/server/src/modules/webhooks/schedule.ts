/** When a failed delivery is tried again, and when an endpoint that goes on failing is given up. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** From one failure to the next attempt: over some 27.5 hours in all. */
const pauses = [
  ...[5 * second, 5 * minute, 30 * minute],
  ...[2 * hour, 5 * hour, 10 * hour, 10 * hour],
] as const;

/** Pauses differ by so much of themselves at random: what failed together, since a receiver was down, comes back apart. */
const jitter = 0.2;

/** How often a delivery is attempted, the first time included. */
export const attemptsInAll = pauses.length + 1;

/** After nothing but failures for so long, an endpoint is switched off. */
export const longestFailureMs = 120 * hour;

/**
 * The pause before the next attempt, in milliseconds; undefined when there is none.
 * @param triesLeft how many attempts may follow the one that failed
 * @param askedFor how long the receiver wants to be left alone; up to twice the pause of the schedule
 * @param random from 0 to 1
 */
export function pauseBefore(triesLeft: number, askedFor = 0, random = Math.random()): number | undefined {
  if (triesLeft <= 0) return undefined;
  const planned = pauses[Math.max(0, pauses.length - triesLeft)] ?? 0;
  const pause = Math.round(planned * (1 + jitter * (2 * random - 1)));
  return Math.min(Math.max(pause, askedFor), 2 * planned);
}

/** How many milliseconds a `Retry-After` asks for, of seconds or a date (RFC 9110 section 10.2.3); 0 if it cannot be read. */
export function retryAfter(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  const asked = /^\d{1,9}$/.test(header) ? Number(header) * second : Date.parse(header) - now.getTime();
  return Number.isNaN(asked) ? 0 : Math.max(0, asked);
}
