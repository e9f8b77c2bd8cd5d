import { describe, expect, test } from "vitest";
import { Cache, decodeInvalidation, encodeInvalidation } from "./cache.ts";

function setUp(maxEntries = 100) {
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  const cache = new Cache({
    maxEntries,
    now: () => clock.now,
  });
  let loads = 0;
  const count = async (): Promise<number> => ++loads;
  const pass = (seconds: number): void => {
    clock.now = new Date(clock.now.getTime() + seconds * 1000);
  };
  return { cache, count, pass };
}

describe("get", () => {
  test("loads once and remembers, by topic and key", async () => {
    const { cache, count } = setUp();
    expect(await cache.get("keys", "a", count)).toBe(1);
    expect(await cache.get("keys", "a", count)).toBe(1);
    expect(await cache.get("keys", "b", count)).toBe(2);
    expect(await cache.get("other", "a", count)).toBe(3);
  });

  test("remembers that there is nothing", async () => {
    const { cache, count } = setUp();
    const nothing = async (): Promise<undefined> => void (await count());
    await cache.get("keys", "a", nothing);
    await cache.get("keys", "a", nothing);
    expect(await count()).toBe(2);
  });

  test("callers that come together share one load", async () => {
    const { cache, count } = setUp();
    const all = await Promise.all(Array.from({ length: 20 }, () => cache.get("keys", "a", count)));
    expect(all).toEqual(Array(20).fill(1));
  });

  test("a failed load is not remembered", async () => {
    const { cache, count } = setUp();
    await expect(cache.get("keys", "a", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    const thrown = (): Promise<number> => {
      throw new Error("at once");
    };
    await expect(cache.get("keys", "a", thrown)).rejects.toThrow("at once");
    expect(await cache.get("keys", "a", count)).toBe(1);
  });

  test("forgets after its time, 60 seconds unless told", async () => {
    const { cache, count, pass } = setUp();
    await cache.get("keys", "a", count, { ttlSeconds: 5 });
    await cache.get("keys", "b", count);
    pass(5);
    expect(await cache.get("keys", "a", count)).toBe(3);
    expect(await cache.get("keys", "b", count)).toBe(2);
    pass(55);
    expect(await cache.get("keys", "b", count)).toBe(4);
  });

  test("makes room by forgetting what was used longest ago", async () => {
    const { cache, count } = setUp(2);
    for (const key of ["a", "b", "a", "c"]) await cache.get("keys", key, count);
    expect(await cache.get("keys", "a", count)).toBe(1);
    expect(await cache.get("keys", "b", count)).toBe(4);
  });
});

describe("drop", () => {
  test("one key, a topic, everything", async () => {
    const { cache, count } = setUp();
    const read = (topic: string, key: string) => cache.get(topic, key, count);
    await Promise.all([read("t", "a"), read("t", "b"), read("u", "a")]);
    cache.drop("t", "a");
    expect([await read("t", "a"), await read("t", "b"), await read("u", "a")]).toEqual([4, 2, 3]);
    cache.drop("t");
    expect([await read("t", "a"), await read("t", "b"), await read("u", "a")]).toEqual([5, 6, 3]);
    cache.dropAll();
    expect([await read("t", "a"), await read("u", "a")]).toEqual([7, 8]);
  });

  test.each([
    ["its key", (cache: Cache) => cache.drop("t", "a")],
    ["its topic", (cache: Cache) => cache.drop("t")],
    ["everything", (cache: Cache) => cache.dropAll()],
  ])("during a load, of %s: its result is answered and not remembered", async (_, drop) => {
    const { cache, count } = setUp();
    const gate = Promise.withResolvers<string>();
    const stale = cache.get("t", "a", () => gate.promise);
    drop(cache);
    const fresh = cache.get("t", "a", count);
    gate.resolve("old");
    expect(await stale).toBe("old");
    expect(await fresh).toBe(1);
    expect(await cache.get("t", "a", count)).toBe(1);
  });
});

describe("notifications", () => {
  test.each([
    ["t", "a"],
    ["t", undefined],
    ["t", ""],
    ["t", "key with  spaces "],
  ])("%j %j comes back", (topic, key) => {
    expect(decodeInvalidation(encodeInvalidation(topic, key))).toEqual({ topic, key });
  });

  test("a key too long for PostgreSQL stands for its topic", () => {
    expect(encodeInvalidation("t", "é".repeat(4000))).toBe("t");
  });

  test.each(["", " a"])("%j names no topic", (message) => {
    expect(decodeInvalidation(message)).toBeUndefined();
  });
});
