/** When a failed delivery is tried again: on schedule, or later where the receiver asks for it. */
import { describe, expect, test } from "vitest";
import { attemptsInAll, pauseBefore, retryAfter } from "./schedule.ts";

const now = new Date("2026-02-03T04:05:06Z");
const minutes = (count: number) => count * 60_000;

describe("the pause", () => {
  test("follows the schedule to its end", () => {
    const left = Array.from({ length: attemptsInAll }, (_, made) => attemptsInAll - 1 - made);
    const seconds = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
    expect(left.map((tries) => pauseBefore(tries))).toEqual([...seconds.map((s) => s * 1000), undefined]);
  });

  test.each([
    ["a shorter one than planned", minutes(1), minutes(5)],
    ["a longer one", minutes(8), minutes(8)],
    ["one that would never end", minutes(100_000), minutes(10)],
  ])("is, where the receiver asks for %s, within once and twice the planned one", (_what, asked, pause) => {
    expect(pauseBefore(attemptsInAll - 2, asked)).toBe(pause);
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
