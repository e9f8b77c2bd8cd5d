/** The schedule of look-ups: every 5 minutes for an hour, then hourly, until 48 hours. */
import { expect, test } from "vitest";
import { nextCheck } from "./verification-schedule.ts";

const since = new Date("2026-01-01T00:00:00Z");
const at = (minutes: number) => new Date(since.getTime() + minutes * 60_000);

test.each([
  [0, 5],
  [5, 10],
  [59, 64],
  [60, 120],
  [47 * 60, 48 * 60],
  [47 * 60 + 30, 48 * 60],
  [48 * 60 - 1, 48 * 60],
  [48 * 60, undefined],
  [100_000, undefined],
])("after a look-up at minute %i comes one at %s", (now, next) => {
  expect(nextCheck(since, at(now))).toEqual(next === undefined ? undefined : at(next));
});

test("takes 12 look-ups in the first hour and 60 in all", () => {
  const times: Date[] = [];
  for (let next = nextCheck(since, since); next; next = nextCheck(since, next)) times.push(next);
  expect(times.filter((time) => time <= at(60)).length).toBe(12);
  expect(times.length).toBe(59);
  expect(times.at(-1)).toEqual(at(48 * 60));
});
