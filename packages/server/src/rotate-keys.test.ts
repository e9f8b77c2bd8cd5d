/** The command `keys:rotate`, as a process beside a running server. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./testing/app.ts";
import { freshDatabaseUrl } from "./testing/database.ts";
import { bodyOf, publishedKeys } from "./testing/oauth.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const command = new URL("rotate-keys.ts", import.meta.url).pathname;

function rotateKeys(databaseUrl: string) {
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl, GATEHOUSE_DATA: app.app.config.dataDir };
  return promisify(execFile)(process.execPath, [command], { env });
}

test("says which key signs now and which is next, and the server takes both at once", async () => {
  const before = decodeProtectedHeader(await app.token()).kid;
  const { stdout } = await rotateKeys(app.databaseUrl);
  const [, current, next] = /signed with (snk_\d+) now\..* is (snk_\d+)\.\n$/.exec(stdout) ?? [];
  expect(current).not.toBe(before);
  const signer = async () => decodeProtectedHeader(await app.token()).kid;
  await expect.poll(signer, { interval: 2, timeout: 2000 }).toBe(current);
  expect(await publishedKeys(app)).toEqual(expect.arrayContaining([before, current, next]));
  // The command runs with settings of its own and leaves the environment's alone.
  expect((await bodyOf(fetch(`${app.url}/.well-known/openid-configuration`))).issuer).toBe(app.url);
}, 20_000);

test("says so when there is nothing to rotate yet", async () => {
  const failed = rotateKeys(await freshDatabaseUrl());
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("start Gatehouse once"),
  });
}, 20_000);
