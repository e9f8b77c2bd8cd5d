/** When the record of a domain is looked up: often while somebody waits for it, then as long as DNS may take. */

const minute = 60_000;
const hour = 60 * minute;
/** The time that a change of DNS is said to need at most. */
const windowMs = 48 * hour;

/**
 * The next look-up after one at `now`; undefined when the window is over.
 * @param since when the domain was added
 */
export function nextCheck(since: Date, now: Date): Date | undefined {
  const age = now.getTime() - since.getTime();
  if (age >= windowMs) return undefined;
  const next = now.getTime() + (age < hour ? 5 * minute : hour);
  return new Date(Math.min(next, since.getTime() + windowMs));
}
