/** The list of organizations: pages forwards and backwards, what is deleted between two of them, and false tokens. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";

let app: TestApp;
const ids: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  const { body } = await app.api("/organizations?page_size=100");
  ids.push(...body.organizations.map((each: { id: string }) => each.id));
  for (let number = 0; number < 7; number++) {
    const created = await app.api("/organizations", {
      body: { display_name: `No. ${number}`, external_id: `no-${number}` },
    });
    ids.unshift(created.body.organization.id);
  }
});
afterAll(async () => app.stop());

const page = async (query: string) => {
  const { status, body } = await app.api(`/organizations?${query}`);
  const shown: string[] = (body.organizations ?? []).map((each: { id: string }) => each.id);
  return {
    status,
    ids: shown,
    next: body.next_page_token,
    prev: body.prev_page_token,
    total: body.total_size,
  };
};

test.each([1, 2, 3, 7, 8, 9, 100])(
  "pages of %i show every row once, newest first, and back again",
  async (size) => {
    const forwards = [await page(`page_size=${size}`)];
    while (forwards.at(-1)?.next)
      forwards.push(await page(`page_size=${size}&page_token=${forwards.at(-1)?.next}`));
    expect(forwards.flatMap((each) => each.ids)).toEqual(ids);
    expect(forwards[0]?.prev).toBe("");
    expect(new Set(forwards.map((each) => each.total))).toEqual(new Set([ids.length]));
    const backwards = [forwards.at(-1)];
    while (backwards[0]?.prev)
      backwards.unshift(await page(`page_size=${size}&page_token=${backwards[0].prev}`));
    expect(backwards.map((each) => each?.ids)).toEqual(forwards.map((each) => each.ids));
  },
);

test("goes on behind a row that was deleted meanwhile", async () => {
  const { body } = await app.api("/organizations", { body: { display_name: "Gone soon" } });
  const first = await page("page_size=1");
  await app.api(`/organizations/${body.organization.id}`, { method: "DELETE" });
  expect((await page(`page_size=1&page_token=${first.next}`)).ids).toEqual(ids.slice(0, 1));
});

test("takes 0 for 10 and more than 100 for 100", async () => {
  expect((await page("page_size=0")).ids.length).toBe(Math.min(10, ids.length));
  expect((await page("page_size=4294967295")).status).toBe(200);
});

test.each([
  "page_size=-1",
  "page_size=4294967296",
  "page_size=x",
  "page_size=1.5",
  "page_size=1&page_size=2",
])("refuses %s", async (query) => {
  expect((await page(query)).status).toBe(400);
});

test("finds one by its external id, exactly", async () => {
  expect(await page("external_id=no-3")).toMatchObject({ ids: [ids[3]], next: "", prev: "", total: 1 });
  expect(await page("external_id=no-")).toMatchObject({ status: 200, ids: [], total: 0 });
});

test("refuses tokens that it did not give out", async () => {
  const { next } = await page("page_size=1");
  const forge = (...parts: string[]) => {
    const [direction, scope] = JSON.parse(Buffer.from(next, "base64url").toString()) as string[];
    return Buffer.from(JSON.stringify([direction, scope, ...parts])).toString("base64url");
  };
  const tokens = {
    garbage: "garbage",
    unicode: "%F0%9F%8F%AF",
    truncated: next.slice(0, -3),
    "another list's": (await page("page_size=1")).next.replace(/^./, "X"),
    "another filter's": next,
    "a forged key": forge("' or 1=1 --"),
    "a forged key with NUL": forge("org_\0"),
    "no key": forge(),
    "two keys": forge("org_100000000000000001", "org_100000000000000001"),
    long: "A".repeat(5_000),
  };
  for (const [kind, token] of Object.entries(tokens)) {
    const filter = kind === "another filter's" ? "&external_id=no-1" : "";
    const { status, body } = await app.api(`/organizations?page_token=${token}${filter}`);
    expect({ kind, status, code: body.details?.[0]?.error_code }).toEqual({
      kind,
      status: 400,
      code: "PAGE_TOKEN_INVALID",
    });
  }
});
