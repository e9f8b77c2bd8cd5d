import { describe, expect, test } from "vitest";
import { decodePageToken, encodePageToken, type Page, type PageCursor, paginate } from "./page-tokens.ts";

const scope = "organizations:env_1";
const cursor: PageCursor = { direction: "next", key: ["2026-01-02T03:04:05.123456Z", "org_1"] };
const raw = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const hash = JSON.parse(Buffer.from(encodePageToken(cursor, scope), "base64url").toString())[1] as string;

describe("decodePageToken", () => {
  test("gives back what was encoded", () => {
    expect(decodePageToken(encodePageToken(cursor, scope), scope)).toEqual(cursor);
    expect(decodePageToken(encodePageToken(cursor, scope), scope, ["time", "text"])).toEqual(cursor);
  });

  test.each([
    ["empty", ""],
    ["not base64url", "a b"],
    ["padded", `${raw(["next", hash, "a"])}=`],
    ["no JSON", Buffer.from("next").toString("base64url")],
    ["no list", raw({ direction: "next", key: ["a"] })],
    ["no key", raw(["next", hash])],
    ["five parts", raw(["next", hash, "a", "b", "c", "d", "e"])],
    ["a number", raw(["next", hash, 1])],
    ["a nested list", raw(["next", hash, ["a"]])],
    ["another direction", raw(["both", hash, "a"])],
    ["no scope", raw(["next", "", "a"])],
    ["NUL, which PostgreSQL refuses", raw(["next", hash, "a\0"])],
    ["a lone surrogate", Buffer.from(`["next","${hash}","\\ud800"]`).toString("base64url")],
    ["longer than any token of ours", raw(["next", hash, "a".repeat(3000)])],
  ])("refuses %s", (_, token) => {
    expect(decodePageToken(token, scope)).toBeUndefined();
  });

  test("refuses the token of another list", () => {
    expect(decodePageToken(encodePageToken(cursor, "organizations:env_2"), scope)).toBeUndefined();
  });

  test.each([
    "2026-02-31T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-01-01",
    "now",
    "2026-01-01T25:00:00Z",
    "",
  ])("refuses %j as a time", (time) => {
    const token = encodePageToken({ direction: "next", key: [time, "org_1"] }, scope);
    expect(decodePageToken(token, scope, ["time", "text"])).toBeUndefined();
  });

  test.each(["1.5", "", "1e3", "99999999999999999999", "0x10", "-0"])(
    "refuses %j as a whole number",
    (text) => {
      expect(decodePageToken(raw(["next", hash, text]), scope, ["whole"])).toBeUndefined();
    },
  );

  test("refuses more or fewer parts than the list's order has", () => {
    expect(decodePageToken(raw(["next", hash, "12"]), scope, ["whole"])?.key).toEqual(["12"]);
    expect(decodePageToken(raw(["next", hash, "12"]), scope, ["whole", "text"])).toBeUndefined();
  });
});

describe("paginate", () => {
  const all = Array.from({ length: 7 }, (_, at) => `row_${at}`);

  /** What a store does: `pageSize + 1` rows beyond the cursor, nearest first. */
  function fetchRows(at: PageCursor | undefined, pageSize: number): string[] {
    const edge = at?.key[0] ?? "";
    if (at?.direction === "prev")
      return all
        .filter((row) => row < edge)
        .toReversed()
        .slice(0, pageSize + 1);
    return all.filter((row) => row > edge).slice(0, pageSize + 1);
  }

  function page(token: string, pageSize = 3): Page<string> {
    const at = token === "" ? undefined : decodePageToken(token, scope);
    return paginate(fetchRows(at, pageSize), { pageSize, cursor: at, scope, key: (row) => [row] });
  }

  test("walks forwards to the end and back to the start", () => {
    const first = page("");
    const second = page(first.nextPageToken);
    const third = page(second.nextPageToken);
    expect([first.items, second.items, third.items]).toEqual([
      all.slice(0, 3),
      all.slice(3, 6),
      all.slice(6),
    ]);
    expect([first.prevPageToken, third.nextPageToken]).toEqual(["", ""]);
    const back = page(third.prevPageToken);
    const start = page(back.prevPageToken);
    expect([back.items, start.items]).toEqual([second.items, first.items]);
    expect(start.prevPageToken).toBe("");
    expect(page(start.nextPageToken).items).toEqual(second.items);
  });

  test("a list that fits has no tokens, nor has an empty one", () => {
    expect(page("", 7)).toEqual({ items: all, nextPageToken: "", prevPageToken: "" });
    const empty = paginate([], { pageSize: 3, cursor: undefined, scope, key: () => [] });
    expect(empty).toEqual({ items: [], nextPageToken: "", prevPageToken: "" });
  });
});
