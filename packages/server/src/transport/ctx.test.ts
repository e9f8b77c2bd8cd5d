import { expect, test } from "vitest";
import { type Ctx, inTransaction } from "../context.ts";
import { ctxBuilder } from "./ctx.ts";
import { stubApp } from "./testing.ts";

const request = { id: "request-1", ip: "203.0.113.1", userAgent: "test" };

test("emit writes on the context that it is called on, in a transaction on the transaction's", async () => {
  const app = stubApp();
  const emitted: Ctx[] = [];
  const build = ctxBuilder(app, async (ctx) => void emitted.push(ctx));
  const ctx = build(request, "env_1");
  const event = { name: "thing.changed", visibility: "internal" } as const;
  await ctx.emit(event, {});
  await inTransaction(ctx, async (inner) => {
    expect(inner.db.isTransaction).toBe(true);
    expect(inner.now()).toEqual(app.now());
    await inner.emit(event, {});
    expect(emitted[1]).toBe(inner);
  });
  expect(emitted[0]).toBe(ctx);
});

test("a context knows its request and nobody as the caller, and its log names both request and environment", () => {
  const lines: string[] = [];
  const ctx = ctxBuilder(stubApp({}, lines), async () => undefined)(request, "env_1");
  expect([ctx.request, ctx.caller]).toEqual([request, { kind: "NONE" }]);
  ctx.log.info("hello");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    requestId: "request-1",
    environmentId: "env_1",
    msg: "hello",
  });
});
