import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyDatabaseUrl } from "../testing/database.ts";
import { listen } from "./notify.ts";

let url: string;
let admin: pg.Client;

beforeAll(async () => {
  url = await emptyDatabaseUrl("notify");
  admin = new pg.Client({ connectionString: url });
  await admin.connect();
});
afterAll(() => admin.end());

/** A function and a promise of its next call's argument, renewed after each. */
function mailbox<T>() {
  const waiting: ((value: T) => void)[] = [];
  const arrived: T[] = [];
  return {
    put(value: T) {
      const next = waiting.shift();
      if (next) next(value);
      else arrived.push(value);
    },
    next(): Promise<T> {
      const value = arrived.shift();
      return value === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(value);
    },
    count: () => arrived.length,
  };
}

const notify = (channel: string, payload: string) =>
  admin.query("select pg_notify($1, $2)", [channel, payload]);

const terminateListeners = () =>
  admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'gatehouse listen' and datname = current_database()`,
  );

test("payloads of the channel arrive, of another do not", async () => {
  const heard = mailbox<string>();
  const stop = await listen(url, "Cache:keys", heard.put);
  await notify("other", "no");
  await notify("Cache:keys", "one");
  await notify("Cache:keys", "");
  expect(await heard.next()).toBe("one");
  expect(await heard.next()).toBe("");
  await stop();
});

test("a broken connection comes back, says so, and hears again", async () => {
  const heard = mailbox<string>();
  const back = mailbox<true>();
  const lost = mailbox<Error>();
  const stop = await listen(url, "c", heard.put, { onReconnect: () => back.put(true), onLost: lost.put });
  await terminateListeners();
  expect((await lost.next()).message).toContain("terminating connection");
  await back.next();
  await notify("c", "after");
  expect(await heard.next()).toBe("after");
  await stop();
});

test("after stop nothing is heard and no connection remains", async () => {
  const heard = mailbox<string>();
  const stop = await listen(url, "c", heard.put);
  await stop();
  await stop();
  await notify("c", "late");
  expect(heard.count()).toBe(0);
});

test("a first connection that fails is the caller's to handle", async () => {
  const nowhere = new URL(url);
  nowhere.pathname = "/no_such_database";
  await expect(listen(nowhere.href, "c", () => undefined)).rejects.toThrow("does not exist");
});
