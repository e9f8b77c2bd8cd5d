/** When a failed delivery is tried again: on schedule, or later where the receiver asks for it. */
import { describe, expect, test } from "vitest";
import { attemptsInAll, pauseBefore, retryAfter } from "./schedule.ts";

const now = new Date("2026-02-03T04:05:06Z");
const minutes = (count: number) => count * 60_000;

describe("the pause", () => {
  test.each([
    ["exactly, in the middle of chance", 0.5, 1],
    ["a fifth sooner", 0, 0.8],
    ["a fifth later", 1, 1.2],
  ])("follows the schedule to its end: %s", (_when, random, factor) => {
    const left = Array.from({ length: attemptsInAll }, (_, made) => attemptsInAll - 1 - made);
    const seconds = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
    const pauses = seconds.map((s) => s * 1000 * factor);
    expect(left.map((tries) => pauseBefore(tries, 0, random))).toEqual([...pauses, undefined]);
  });

  test("differs from one delivery to the next", () => {
    const some = Array.from({ length: 100 }, () => pauseBefore(1) ?? 0);
    expect(new Set(some).size).toBeGreaterThan(1);
    for (const pause of some) expect(Math.abs(pause - minutes(600))).toBeLessThanOrEqual(minutes(120));
  });

  test.each([
    ["a shorter one than planned", minutes(1), minutes(5)],
    ["a longer one", minutes(8), minutes(8)],
    ["one that would never end", minutes(100_000), minutes(10)],
  ])("is, where the receiver asks for %s, within once and twice the planned one", (_what, asked, pause) => {
    expect(pauseBefore(attemptsInAll - 2, asked, 0.5)).toBe(pause);
  });

  test("does not come again because a receiver asks for it", () => {
    expect(pauseBefore(0, minutes(1))).toBeUndefined();
  });
});

test.each([
  ["120", minutes(2)],
  ["Tue, 03 Feb 2026 04:08:06 GMT", minutes(3)],
  ["Tue, 03 Feb 2026 04:00:00 GMT", 0],
  ["0", 0],
  ["-5", 0],
  ["soon", 0],
  ["", 0],
  [undefined, 0],
  ["9".repeat(400), 0],
])("Retry-After: %s", (header, asked) => {
  expect(retryAfter(header, now)).toBe(asked);
});
