import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { identify, readPostmaster } from "./embedded/postmaster.ts";
import { type Embedded, startEmbedded } from "./embedded.ts";

const root = mkdtempSync(join(tmpdir(), "gatehouse-embedded-"));
// The account that runs PostgreSQL in place of root must be able to pass through.
chmodSync(root, 0o755);
const dataDir = join(root, "data");
const cluster = join(dataDir, "postgres");
const warnings: string[] = [];
const options = {
  dataDir,
  log: { info: () => undefined, warn: (message: string) => warnings.push(message) },
  settings: { fsync: "off" },
};

const started: Embedded[] = [];
const children: ChildProcess[] = [];

async function start(): Promise<Embedded> {
  const database = await startEmbedded(options);
  started.push(database);
  return database;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another Gatehouse process: starts the database, says its URL, stops it when asked. */
async function startInChild(): Promise<{ child: ChildProcess; url: string }> {
  const program = `
    import { startEmbedded } from ${JSON.stringify(new URL("embedded.ts", import.meta.url).href)};
    const log = { info() {}, warn() {} };
    const settings = { fsync: "off" };
    const database = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log, settings });
    process.on("message", () => database.stop().then(() => process.disconnect()));
    process.send(database.url);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: true,
  });
  children.push(child);
  const [url] = (await once(child, "message")) as [string];
  return { child, url };
}

/** Kills a process and all of its group without a chance to clean up, as a closed terminal or a crash would. */
async function kill(child: ChildProcess): Promise<void> {
  process.kill(-(child.pid as number), "SIGKILL");
  await once(child, "exit");
}

const isRunning = () => identifyNow() === "ours";

function identifyNow() {
  const found = readPostmaster(cluster);
  return found ? identify(cluster, found.pid) : "dead";
}

beforeAll(async () => {
  // On a fresh folder at once: each makes a cluster, one of which is kept.
  const [first, second] = await Promise.all([start(), start()]);
  expect(second.url).toBe(first.url);
  await query(first.url, "create table kept (note text)");
  await first.stop();
  expect(isRunning()).toBe(true);
  await second.stop();
  expect(isRunning()).toBe(false);
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) await kill(child);
  for (const database of started.splice(0)) await database.stop();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("the embedded PostgreSQL", () => {
  test("keeps rows from start to start, on 127.0.0.1 alone, with a password that only we can read", async () => {
    const first = await start();
    await query(first.url, "insert into kept values ('restart')");
    await first.stop();
    const again = await start();
    expect(again.adopted).toBe(false);
    expect(await query(again.url, "select * from kept where note = 'restart'")).toHaveLength(1);
    const { hostname, port, password } = new URL(again.url);
    expect(hostname).toBe("127.0.0.1");
    expect(readPostmaster(cluster)?.port).toBe(Number(port));
    await expect(query(again.url.replace(password, "wrong"), "select 1")).rejects.toThrow(
      "authentication failed",
    );
    expect(statSync(join(cluster, "gatehouse-password")).mode & 0o777).toBe(0o600);
  });

  test("sorts and folds case by Unicode, in UTF-8 and UTC, with durable commits by default", async () => {
    const { url } = await start();
    const [row] = await query(
      url,
      `select lower('ÄÖÉ') as lower, current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
              current_setting('synchronous_commit') as sync, current_setting('listen_addresses') as address,
              current_setting('max_connections') as max, current_setting('jit') as jit`,
    );
    expect(row).toEqual({
      lower: "äöé",
      encoding: "UTF8",
      zone: "UTC",
      sync: "on",
      address: "127.0.0.1",
      max: "100",
      jit: "off",
    });
  });

  test("outlives a killed process and is adopted by the next, with its rows", async () => {
    const { child, url } = await startInChild();
    await query(url, "insert into kept values ('killed')");
    await kill(child);
    expect(isRunning()).toBe(true);
    const next = await start();
    expect(next).toMatchObject({ adopted: true, url });
    expect(await query(next.url, "select * from kept where note = 'killed'")).toHaveLength(1);
    await next.stop();
    expect(isRunning()).toBe(false);
  });

  test("serves two processes, and only the last to leave stops it", async () => {
    const { child, url } = await startInChild();
    const second = await start();
    expect(second.url).toBe(url);
    child.send("stop");
    await once(child, "exit");
    expect(isRunning()).toBe(true);
    expect(await query(url, "select 1 as one")).toEqual([{ one: 1 }]);
    await second.stop();
    expect(isRunning()).toBe(false);
  });

  test("one that joins while the last one leaves gets a running server", async () => {
    for (let round = 0; round < 3; round += 1) {
      const leaving = await start();
      const [, joined] = await Promise.all([leaving.stop(), start()]);
      expect(await query(joined.url, "select 1 as one")).toEqual([{ one: 1 }]);
      await joined.stop();
    }
    expect(isRunning()).toBe(false);
  });

  test("recovers after the server itself was killed", async () => {
    const database = await start();
    await query(database.url, "insert into kept values ('crash')");
    process.kill(readPostmaster(cluster)?.pid as number, "SIGKILL");
    const next = await start();
    expect(await query(next.url, "select * from kept where note = 'crash'")).toHaveLength(1);
  });
});

describe("a stale postmaster.pid", () => {
  test("whose number another program has now is removed, with a warning", async () => {
    const lines = [process.pid, cluster, 1, 5432, "", "127.0.0.1", "", "ready"];
    writeFileSync(join(cluster, "postmaster.pid"), `${lines.join("\n")}\n`);
    expect(identifyNow()).toBe("other");
    const database = await start();
    expect(database.adopted).toBe(false);
    expect(warnings.at(-1)).toContain(`names process ${process.pid}, which is another program`);
  });

  test("of a process that is gone does not hinder the start", async () => {
    const child = spawn(process.execPath, ["--eval", ""]);
    await once(child, "exit");
    writeFileSync(
      join(cluster, "postmaster.pid"),
      `${child.pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n\nready\n`,
    );
    expect(identifyNow()).toBe("dead");
    await start();
  });
});

describe("refusals", () => {
  test("a server that cannot start shows the end of its log", async () => {
    const wrong = { ...options, settings: { shared_buffers: "much" } };
    await expect(startEmbedded(wrong)).rejects.toThrow(/does not start .*postgres\.log.*shared_buffers/s);
  });

  test("files of another major version are left alone", async () => {
    const file = join(cluster, "PG_VERSION");
    const version = readFileSync(file, "utf8");
    writeFileSync(file, "17\n");
    await expect(start()).rejects.toThrow(/are of PostgreSQL 17, the installed one is 18/);
    writeFileSync(file, version);
    expect(existsSync(join(cluster, "postmaster.pid"))).toBe(false);
  });
});
