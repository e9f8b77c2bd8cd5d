/** Counting within windows: when it is too much, what is forgotten when, and what processes tell each other. */
import { describe, expect, test } from "vitest";
import { RateLimiter } from "./rate-limiter.ts";

const start = Date.parse("2026-01-02T03:04:00Z");

function limiterAt(limits = { calls: 3, guesses: 1 }, maxKeys = 100) {
  const clock = { now: start };
  const limiter = new RateLimiter({ limits, windowSeconds: 60, maxKeys, now: () => new Date(clock.now) });
  return { limiter, clock };
}

const times = (count: number, run: () => void) => {
  for (let at = 0; at < count; at++) run();
};

describe("a limit", () => {
  test("admits as many as it says, and the next not", () => {
    const { limiter } = limiterAt();
    times(3, () => expect(limiter.take("calls", "a")).toBeUndefined());
    expect(limiter.take("calls", "a")).toEqual({ limit: 3, resetSeconds: 60, isFirst: true });
    expect(limiter.take("calls", "a")).toMatchObject({ isFirst: false });
  });

  test("of one key or name is not that of another", () => {
    const { limiter } = limiterAt();
    times(4, () => limiter.take("calls", "a"));
    expect(limiter.take("calls", "b")).toBeUndefined();
    expect(limiter.take("guesses", "a")).toBeUndefined();
  });

  test.each([
    [0, 60],
    [1, 60],
    [999, 60],
    [1_000, 59],
    [59_000, 1],
    [59_999, 1],
  ])("used up %i ms into the window says %i s", (ms, resetSeconds) => {
    const { limiter, clock } = limiterAt();
    times(3, () => limiter.take("calls", "a"));
    clock.now += ms;
    expect(limiter.exceeded("calls", "a")).toMatchObject({ resetSeconds });
  });

  test("is fresh when the window is over, and not a moment earlier", () => {
    const { limiter, clock } = limiterAt();
    clock.now += 30_000;
    times(3, () => limiter.take("calls", "a"));
    clock.now = start + 59_999;
    expect(limiter.take("calls", "a")).toBeDefined();
    clock.now = start + 60_000;
    times(3, () => expect(limiter.take("calls", "a")).toBeUndefined());
    expect(limiter.take("calls", "a")).toMatchObject({ isFirst: true });
  });

  test("that is only looked at is not used up, and one that is counted without a look is", () => {
    const { limiter } = limiterAt();
    times(5, () => expect(limiter.exceeded("guesses", "a")).toBeUndefined());
    limiter.count("guesses", "a");
    expect(limiter.exceeded("guesses", "a")).toMatchObject({ limit: 1 });
  });

  test("takes bounded memory: of too many keys the oldest are forgotten", () => {
    const { limiter } = limiterAt({ calls: 3, guesses: 1 }, 10);
    limiter.count("guesses", "first");
    times(9, () => limiter.count("guesses", "second"));
    for (let at = 0; at < 8; at++) limiter.count("guesses", `flood ${at}`);
    expect(limiter.exceeded("guesses", "first")).toBeDefined();
    limiter.count("guesses", "one more");
    expect(limiter.exceeded("guesses", "first")).toBeUndefined();
    expect(limiter.exceeded("guesses", "one more")).toBeDefined();
  });
});

describe("two processes", () => {
  test("that tell each other admit together what one alone would", () => {
    const [one, other] = [limiterAt({ calls: 10, guesses: 1 }), limiterAt({ calls: 10, guesses: 1 })];
    let admitted = 0;
    for (let round = 0; round < 20; round++) {
      for (const { limiter } of [one, other]) if (!limiter.take("calls", "a")) admitted++;
      const [told, heard] = [one.limiter.tell(), other.limiter.tell()];
      if (told) other.limiter.hear(told);
      if (heard) one.limiter.hear(heard);
    }
    expect(admitted).toBe(10);
  });

  test("tell what was added since the last time, and nothing twice", () => {
    const { limiter } = limiterAt();
    expect(limiter.tell()).toBeUndefined();
    times(2, () => limiter.take("calls", "a"));
    limiter.take("calls", "b");
    expect(limiter.tell()).toEqual({
      window: start,
      added: new Map([
        ["calls a", 2],
        ["calls b", 1],
      ]),
    });
    expect(limiter.tell()).toBeUndefined();
    times(3, () => limiter.take("calls", "a"));
    expect(limiter.tell()?.added).toEqual(new Map([["calls a", 1]]));
  });

  test("do not pass on what they heard", () => {
    const { limiter } = limiterAt();
    limiter.hear({ window: start, added: new Map([["calls a", 2]]) });
    expect(limiter.tell()).toBeUndefined();
    limiter.take("calls", "a");
    expect(limiter.tell()?.added).toEqual(new Map([["calls a", 1]]));
    expect(limiter.take("calls", "a")).toMatchObject({ limit: 3 });
  });

  test("keep to themselves what is below a tenth of the limit, and then tell all of it", () => {
    const { limiter } = limiterAt({ calls: 100, guesses: 1 });
    times(9, () => limiter.take("calls", "a"));
    expect(limiter.tell()).toBeUndefined();
    limiter.take("calls", "a");
    expect(limiter.tell()?.added).toEqual(new Map([["calls a", 10]]));
  });

  test("do not count what belongs to a window that is over, or not begun", () => {
    const { limiter, clock } = limiterAt();
    times(3, () => limiter.take("calls", "a"));
    clock.now += 60_000;
    expect(limiter.tell()).toBeUndefined();
    for (const window of [start, start + 120_000]) limiter.hear({ window, added: new Map([["calls a", 9]]) });
    expect(limiter.take("calls", "a")).toBeUndefined();
  });
});
