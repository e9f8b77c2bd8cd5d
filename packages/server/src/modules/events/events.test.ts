import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ctx, inTransaction } from "../../context.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { type Announced, createEmit, event, on } from "./events.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface Thing {
  name: string;
}
const opened = event<Thing>("thing.opened");
const closed = event<Thing>("thing.closed", "internal");
const things = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `n${at}` }));

/** The names of the things of an organization, by the events that tell of them, oldest first. */
async function written(ctx: Ctx, organizationId: string): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom("events")
    .select(["type", "payload"])
    .where("organization_id", "=", organizationId)
    .orderBy("id")
    .execute();
  return rows.map(({ type, payload }) => `${type} ${(payload as unknown as Thing).name}`);
}

test("are written together at the end of the transaction, in order, and announced then", async () => {
  const told: string[] = [];
  const reaction = on(opened, async (ctx, { name }) => {
    told.push(`reaction to ${name}`);
    await emit(ctx, closed, [{ name: `after ${name}` }], "org_1");
  });
  const announce = async (ctx: Ctx, { type, ids }: Announced) => {
    expect(await written(ctx, "org_1")).toHaveLength(3);
    told.push(`${type} ${ids.length}`);
  };
  const emit = createEmit([reaction], announce);
  const ctx = app.systemCtx();
  await inTransaction(ctx, async (ctx) => {
    await emit(ctx, opened, [{ name: "a" }], "org_1");
    await emit(ctx, closed, [{ name: "b" }], "org_1");
    expect(await written(ctx, "org_1")).toEqual([]);
    told.push("the change is done");
  });
  expect(told).toEqual(["reaction to a", "the change is done", "thing.opened 1"]);
  expect(await written(ctx, "org_1")).toEqual(["thing.opened a", "thing.closed after a", "thing.closed b"]);
});

test("go with the change that is rolled back", async () => {
  const announced: Announced[] = [];
  const emit = createEmit([], async (_ctx, events) => void announced.push(events));
  const ctx = app.systemCtx();
  const change = inTransaction(ctx, async (ctx) => {
    await emit(ctx, opened, [{ name: "a" }], "org_2");
    throw new Error("refused");
  });
  await expect(change).rejects.toThrow("refused");
  await emit(ctx, opened, [{ name: "b" }], "org_2");
  expect(announced).toHaveLength(1);
  expect(await written(ctx, "org_2")).toEqual(["thing.opened b"]);
});

test("of a large change are written on the way", async () => {
  const emit = createEmit([]);
  await inTransaction(app.systemCtx(), async (ctx) => {
    await emit(ctx, opened, things(600), "org_3");
    expect(await written(ctx, "org_3")).toHaveLength(0);
    await emit(ctx, opened, things(600), "org_3");
    expect(await written(ctx, "org_3")).toHaveLength(1_200);
    await emit(ctx, opened, [{ name: "last" }], "org_3");
  });
  const all = await written(app.systemCtx(), "org_3");
  expect([all.length, all.at(-1)]).toEqual([1_201, "thing.opened last"]);
});
