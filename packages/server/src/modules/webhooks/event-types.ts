/**
 * Which events an endpoint asks for: exact types, beginnings with `.*`, or all. Some types may also be asked for by the
 * name that they had before: published guides still show it. What is sent has the name of today.
 */
import { webhookErrors as errors } from "./errors.ts";
import { examples } from "./examples.ts";
import { formerNamesOf } from "./former-names.ts";

const pattern = /^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?)$/;

/** Whether an endpoint with these patterns wants an event; none mean all. */
export function wants(patterns: readonly string[], type: string): boolean {
  return patterns.length === 0 || patterns.some((one) => fits(one, type));
}

function fits(one: string, type: string): boolean {
  return fitsName(one, type) || formerNamesOf(type).some((name) => fitsName(one, name));
}

function fitsName(one: string, name: string): boolean {
  if (one === "*" || one === name) return true;
  return one.endsWith(".*") && name.startsWith(one.slice(0, -1));
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
