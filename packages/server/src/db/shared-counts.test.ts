/** Counts of several processes on one database: told soon, in messages that fit, and not at all while it is away. */
import { type Logger, pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { RateLimiter } from "../lib/rate-limiter.ts";
import { testDatabaseUrl } from "../testing/database.ts";
import { type Db, openDb } from "./db.ts";
import { decode, encode, shareCounts } from "./shared-counts.ts";

let url: string;
let db: Db;
beforeAll(async () => {
  url = await testDatabaseUrl();
  db = openDb(url, { max: 2 });
});
afterAll(() => db.destroy());

const silent = pino({ level: "silent" });
const now = () => new Date("2026-01-02T03:04:05Z");

async function process(options: { log?: Logger; db?: Db } = {}) {
  const limiter = new RateLimiter({ limits: { calls: 10 }, windowSeconds: 60, maxKeys: 1_000, now });
  onTestFinished(await shareCounts(limiter, { url, db, log: silent, intervalMs: 5, ...options }));
  return limiter;
}

test("what one process counted is used up in all others, and counted once in itself", async () => {
  const [one, two, three] = [await process(), await process(), await process()];
  for (let at = 0; at < 6; at++) one.count("calls", "a");
  for (let at = 0; at < 4; at++) two.count("calls", "a");
  await vi.waitFor(() => {
    for (const limiter of [one, two, three]) expect(limiter.exceeded("calls", "a")).toBeDefined();
  });
  one.count("calls", "b");
  await vi.waitFor(() => expect(one.tell()).toBeUndefined());
  for (let at = 0; at < 8; at++) expect(one.take("calls", "b")).toBeUndefined();
});

test("a database that is away stops nobody: the process goes on with its own counts and says so", async () => {
  const lines: string[] = [];
  const away = openDb("postgres://nobody@127.0.0.1:1/none", { max: 1 });
  onTestFinished(() => away.destroy());
  const limiter = await process({ db: away, log: pino({}, { write: (line) => void lines.push(line) }) });
  for (let at = 0; at < 10; at++) expect(limiter.take("calls", "a")).toBeUndefined();
  await vi.waitFor(() => expect(lines.join()).toContain("could not be told"));
  expect(limiter.take("calls", "a")).toBeDefined();
});

test("messages hold all keys and stay below what PostgreSQL takes", () => {
  const longest = `wrongSecretsPerClient 2001:db8:1234:5678::/64 ${"x".repeat(40)}`;
  const added = new Map(Array.from({ length: 120 }, (_, at) => [`${longest} ${at}`, 1_000_000_000]));
  const messages = encode("0d6ff0a2-5a4f-4f63-9d5e-0f7f0bd3a6f1", { window: now().getTime(), added });
  expect(messages.map((message) => Buffer.byteLength(message) < 8_000)).toEqual([true, true, true]);
  const heard = messages.flatMap((message) => [...(decode(message)?.counted.added ?? [])]);
  expect(heard).toEqual([...added]);
});

test.each(["", "{", "null", "7", '["a",1]', '["a",1,7]', '["a",1,[7]]'])(
  "a message of another form is passed over: %s",
  (payload) => {
    const counted = decode(payload)?.counted.added ?? new Map();
    expect([...counted]).toEqual([]);
  },
);
