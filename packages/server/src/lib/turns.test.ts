/** Turns: how much runs at once, in what order, and who is sent away. */
import { expect, test } from "vitest";
import { createTurns, TooManyWaiting } from "./turns.ts";

/** Work that is done when it is told so. */
function work(order: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const run = () => {
    order.push(name);
    return promise;
  };
  return { run, finish: () => resolve(name), fail: () => reject(new Error(name)) };
}

test("of one key wait, and leave room for others", async () => {
  const turns = createTurns({ most: 3, mostPerKey: 2, mostWaiting: 9 });
  const order: string[] = [];
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => work(order, name));
  if (!a || !b || !c || !d || !e) throw new Error("there are five");
  const one = [a, b, c].map(({ run }) => turns("one", run));
  const two = [d, e].map(({ run }) => turns("two", run));
  await Promise.resolve();
  expect(order).toEqual(["a", "b", "d"]);
  d.finish();
  expect(await two[0]).toBe("d");
  expect(order).toEqual(["a", "b", "d", "e"]);
  a.fail();
  await expect(one[0]).rejects.toThrow("a");
  expect(order).toEqual(["a", "b", "d", "e", "c"]);
  for (const { finish } of [b, c, e]) finish();
  expect(await Promise.all([...one.slice(1), ...two])).toEqual(["b", "c", "d", "e"]);
});

test("are refused to whom too many wait before, and granted again later", async () => {
  const turns = createTurns({ most: 1, mostPerKey: 1, mostWaiting: 1 });
  const order: string[] = [];
  const [a, b] = [work(order, "a"), work(order, "b")];
  const first = turns("one", a.run);
  const second = turns("one", b.run);
  await expect(turns("one", async () => "c")).rejects.toBeInstanceOf(TooManyWaiting);
  a.finish();
  b.finish();
  await Promise.all([first, second]);
  expect(await turns("one", async () => "c")).toBe("c");
});
