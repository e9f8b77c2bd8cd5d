/** When a failed delivery is tried again, and when an endpoint that goes on failing is given up. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** From one failure to the next attempt: over some 27.5 hours in all. */
const pauses = [
  ...[5 * second, 5 * minute, 30 * minute],
  ...[2 * hour, 5 * hour, 10 * hour, 10 * hour],
] as const;

/** How often a delivery is attempted, the first time included. */
export const attemptsInAll = pauses.length + 1;

/** After nothing but failures for so long, an endpoint is switched off. */
export const longestFailureMs = 120 * hour;

/**
 * The pause before the next attempt, in milliseconds; undefined when there is none.
 * @param triesLeft how many attempts may follow the one that failed
 */
export function pauseBefore(triesLeft: number): number | undefined {
  return triesLeft <= 0 ? undefined : pauses[Math.max(0, pauses.length - triesLeft)];
}
