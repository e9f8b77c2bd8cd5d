import { describe, expect, test } from "vitest";
import { createIds, type IdPrefix, idPrefixes, newId } from "./ids.ts";

const bodyOf = (id: string): string => id.slice(id.lastIndexOf("_") + 1);

describe("newId", () => {
  test.each(Object.keys(idPrefixes) as IdPrefix[])("%s_ and 18 digits, within 32 characters", (prefix) => {
    const id = newId(prefix);
    expect(id).toMatch(new RegExp(`^${prefix}_[1-9][0-9]{17}$`));
    expect(id.length).toBeLessThanOrEqual(32);
    expect(id).toMatch(new RegExp(`^${prefix}_[1-9][0-9]{17}$`));
  });

  test("a user id keeps the 19 to 25 characters of the contract", () => {
    expect(newId("usr")).toHaveLength(22);
  });

  test.each([
    ["before 2024", Date.UTC(1999, 0, 1)],
    ["2024", Date.UTC(2024, 0, 1)],
    ["early 2051", Date.UTC(2051, 1, 1)],
  ])("18 digits, none of them a leading zero: %s", (_, now) => {
    expect(bodyOf(createIds(() => now)("org"))).toMatch(/^[1-9][0-9]{17}$/);
  });

  test("grows within one millisecond and when the clock is set back", () => {
    let now = Date.UTC(2030, 0, 1);
    const next = createIds(() => now);
    const made = Array.from({ length: 5000 }, (_, at) => {
      if (at === 2500) now -= 60_000;
      return next("evt");
    });
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  test("orders by time across processes", () => {
    const [early, late] = [createIds(() => Date.UTC(2030, 0, 1)), createIds(() => Date.UTC(2030, 0, 1) + 1)];
    expect(bodyOf(early("org")) < bodyOf(late("org"))).toBe(true);
  });

  test("two processes at one instant draw different ids", () => {
    const instant = (): number => Date.UTC(2030, 0, 1);
    const first = new Set(Array.from({ length: 50 }, () => createIds(instant)("org")));
    expect(first.size).toBeGreaterThan(45);
  });
});
