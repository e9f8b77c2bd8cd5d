import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createKeyring, KeyringError, wrapDataKey } from "./keyring.ts";

const master = randomBytes(32);
const first = { id: 1, wrapped: wrapDataKey(master) };
const second = { id: 2, wrapped: wrapDataKey(master) };
const context = "signing_keys.private_key:snk_1";

function changed(sealed: Buffer, at: number): Buffer {
  const copy = Buffer.from(sealed);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

describe("seal and open", () => {
  const keyring = createKeyring(master, [first]);

  test.each([
    ["text", "péché"],
    ["nothing", ""],
    ["bytes", randomBytes(2000)],
  ])("%s comes back", (_, plain) => {
    expect(keyring.open(keyring.seal(plain, context), context)).toEqual(Buffer.from(plain as string));
  });

  test("the same text is sealed differently each time and does not show", () => {
    const sealed = keyring.seal("visible", context);
    expect(sealed.equals(keyring.seal("visible", context))).toBe(false);
    expect(sealed.includes("visible")).toBe(false);
  });

  test("another row's context does not open it", () => {
    const sealed = keyring.seal("x", context);
    expect(() => keyring.open(sealed, "signing_keys.private_key:snk_2")).toThrow(
      "The secret signing_keys.private_key:snk_2 does not open: it was changed, or moved here from another row.",
    );
  });

  test("one changed bit anywhere does not open", () => {
    const sealed = keyring.seal("some plain text", context);
    for (let at = 0; at < sealed.length; at++) {
      expect(() => keyring.open(changed(sealed, at), context), `byte ${at}`).toThrow(KeyringError);
    }
  });

  test.each([0, 4, 20, 32])("%i bytes are no sealed value", (length) => {
    const cut = keyring.seal("x", context).subarray(0, length);
    expect(() => keyring.open(cut, context)).toThrow("not in a format that this version can open");
  });
});

describe("data keys", () => {
  test("the newest seals, all open, whatever their order", () => {
    const old = createKeyring(master, [first]).seal("old", context);
    const both = createKeyring(master, [second, first]);
    expect(both.open(old, context).toString()).toBe("old");
    expect(createKeyring(master, [second]).open(both.seal("new", context), context).toString()).toBe("new");
  });

  test("a key that came later is named", () => {
    const sealed = createKeyring(master, [first, second]).seal("x", context);
    expect(() => createKeyring(master, [first]).open(sealed, context)).toThrow(
      "sealed under data key 2, which was not in the database when this process started",
    );
  });

  test("none at all is refused", () => {
    expect(() => createKeyring(master, [])).toThrow("The database holds no data key");
  });
});

describe("master key", () => {
  test.each([
    ["another master key", randomBytes(32), first],
    ["a damaged row", master, { id: 1, wrapped: changed(first.wrapped, 30) }],
    ["a cut row", master, { id: 1, wrapped: first.wrapped.subarray(0, 10) }],
    ["another version", master, { id: 1, wrapped: changed(first.wrapped, 0) }],
  ])("%s stops the start with a message for the operator", (_, key, row) => {
    expect(() => createKeyring(key, [row])).toThrow(
      /^The master key does not open the keys stored in this database\. Start with the GATEHOUSE_MASTER_KEY/,
    );
  });

  test("a key of the wrong length is refused", () => {
    expect(() => wrapDataKey(randomBytes(16))).toThrow("The master key has 16 bytes: it must have 32.");
  });
});

describe("mac", () => {
  const keyring = createKeyring(master, [first]);

  test("is the same for one value and context, in every process", () => {
    expect(keyring.mac("value", context)).toHaveLength(32);
    expect(createKeyring(master, [first]).mac("value", context)).toEqual(keyring.mac("value", context));
  });

  test("differs by value, context and data key", () => {
    const macs = [
      keyring.mac("value", context),
      keyring.mac("other", context),
      keyring.mac("value", `${context}2`),
      createKeyring(master, [first, second]).mac("value", context),
    ];
    expect(new Set(macs.map((mac) => mac.toString("hex"))).size).toBe(4);
  });
});
