/** Which events an endpoint asks for: exact types, beginnings with `.*`, or all. */
import { webhookErrors as errors } from "./errors.ts";
import { examples } from "./examples.ts";

const pattern = /^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?)$/;

/** Whether an endpoint with these patterns wants an event; none mean all. */
export function wants(patterns: readonly string[], type: string): boolean {
  return patterns.length === 0 || patterns.some((one) => fits(one, type));
}

function fits(one: string, type: string): boolean {
  if (one === "*" || one === type) return true;
  return one.endsWith(".*") && type.startsWith(one.slice(0, -1));
}

/**
 * Refuses what no event will ever fit, so that a slip of the pen is told at once. Types of our own (`gatehouse.`) are
 * judged by their form alone: new ones come with new features.
 * @throws WEBHOOK_EVENT_TYPE_UNKNOWN
 */
export function checkPatterns(patterns: readonly string[]): void {
  const published = Object.keys(examples);
  for (const one of patterns) {
    const isKnown = one.startsWith("gatehouse.") || published.some((type) => fits(one, type));
    if (!pattern.test(one) || !isKnown) throw errors.WEBHOOK_EVENT_TYPE_UNKNOWN(one);
  }
}
