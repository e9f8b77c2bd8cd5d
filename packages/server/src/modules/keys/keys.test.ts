/** Signing keys: published before they sign, believed after they retired, and never half rotated. */
import { decodeProtectedHeader } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { bodyOf, publishedKeys } from "../../testing/oauth.ts";
import { rotate, verify } from "./keys.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const published = () => publishedKeys(app);

const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? "";
const isBelieved = async (token: string) => (await app.api("/organizations", { token })).status === 200;

async function states() {
  const rows = await app.app.db.selectFrom("signing_keys").select("state").execute();
  const count = (state: string) => rows.filter((row) => row.state === state).length;
  return { current: count("current"), next: count("next"), retired: count("retired") };
}

describe("a token that was believed a moment ago", () => {
  test("is refused once it has ended", async () => {
    const token = await app.token();
    expect(await isBelieved(token)).toBe(true);
    app.advance(86_401);
    expect(await isBelieved(token)).toBe(false);
    expect(await isBelieved(await app.token())).toBe(true);
  });

  test("is refused with another signature, and with other claims under its own", async () => {
    const token = await app.token();
    expect(await isBelieved(token)).toBe(true);
    const [header = "", claims = "", signature = ""] = token.split(".");
    const other = Buffer.from(Buffer.from(claims, "base64url").toString().replace('"jti":"', '"jti":"x'));
    for (const forged of [
      [header, claims, signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))],
      [header, other.toString("base64url"), signature],
      [header, claims, ""],
    ]) {
      expect(await isBelieved(forged.join("."))).toBe(false);
    }
    expect(await isBelieved(token)).toBe(true);
  });

  test("is refused for another issuer, and ended for all but a hint", async () => {
    const [ctx, token] = [app.systemCtx(), await app.token()];
    const claims = await verify(ctx, token, { issuer: app.url });
    expect(claims?.iss).toBe(app.url);
    expect(await verify(ctx, token, { issuer: "https://elsewhere.example" })).toBeUndefined();
    app.advance(86_401);
    expect(await verify(ctx, token, { issuer: app.url })).toBeUndefined();
    expect(await verify(ctx, token, { issuer: app.url, allowExpired: true })).toEqual(claims);
  });
});

describe("a rotation", () => {
  test("signs with the key that was published before, and still believes the former one's tokens", async () => {
    const [old, before] = [await app.token(), await published()];
    const { current, next } = await rotate(app.systemCtx());
    const fresh = await app.token();
    expect(kidOf(fresh)).toBe(current);
    expect(before).toContain(current);
    expect(kidOf(fresh)).not.toBe(kidOf(old));
    expect(before).not.toContain(next);
    expect(await published()).toEqual(expect.arrayContaining([kidOf(old), current, next]));
    expect(await isBelieved(old)).toBe(true);
    expect(await isBelieved(fresh)).toBe(true);
  });

  test("waits for another one: of five at once each moves the keys on by one", async () => {
    const { retired } = await states();
    const all = await Promise.all(Array.from({ length: 5 }, () => rotate(app.systemCtx())));
    expect(new Set(all.map(({ current }) => current)).size).toBe(5);
    expect(await states()).toEqual({ current: 1, next: 1, retired: retired + 5 });
  });

  test("without a next key still leaves one to sign with", async () => {
    await app.app.db.deleteFrom("signing_keys").where("state", "=", "next").execute();
    await rotate(app.systemCtx());
    expect(await states()).toMatchObject({ current: 1, next: 1 });
    expect(await isBelieved(await app.token())).toBe(true);
  });

  test("drops keys that retired thirty days ago", async () => {
    const old = kidOf(await app.token());
    await rotate(app.systemCtx());
    expect(await published()).toContain(old);
    app.advance(31 * 86_400);
    await rotate(app.systemCtx());
    expect(await published()).not.toContain(old);
    expect(await states()).toEqual({ current: 1, next: 1, retired: 1 });
  });
});

describe("a key that cannot be read", () => {
  let sealed: Buffer;
  const write = async (value: Buffer) => {
    await app.app.db
      .updateTable("signing_keys")
      .set({ private_sealed: value })
      .where("state", "=", "current")
      .execute();
    app.app.cache.dropAll();
  };
  afterEach(async () => write(sealed));

  test.each([
    ["was changed", () => Buffer.from(sealed).fill(0, 20, 24)],
    ["is empty", () => Buffer.alloc(0)],
  ])("because it %s makes an error of ours, and nobody is let in", async (_, broken) => {
    const good = await app.token();
    const row = app.app.db.selectFrom("signing_keys").select("private_sealed").where("state", "=", "current");
    sealed = (await row.executeTakeFirstOrThrow()).private_sealed;
    await write(broken());
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: app.clientId,
      client_secret: app.clientSecret,
    });
    const answer = await fetch(`${app.url}/oauth/token`, { method: "POST", body });
    expect([answer.status, (await bodyOf(answer)).error]).toEqual([500, "server_error"]);
    expect((await app.api("/organizations", { token: good })).status).toBe(500);
    await write(sealed);
    expect(await isBelieved(good)).toBe(true);
  });
});
