/** Lists and searches of users: pages forwards and backwards, what matches, who is counted. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";

let app: TestApp;
let organizationId: string;
let others: string;
const all: string[] = [];
const own: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  [organizationId, others] = [await createOrganization(), await createOrganization()];
  const before = (await app.api("/users?page_size=100")).body.users;
  all.push(...before.map((user: { id: string }) => user.id));
  for (let number = 0; number < 7; number++) {
    const id = await add(number % 2 === 0 ? organizationId : others, {
      email: `Person.${number}@Search-Me.example`,
      external_id: `EXT_100%-${number}`,
    });
    all.unshift(id);
    if (number % 2 === 0) own.unshift(id);
  }
  // Who joins later takes the place of their id all the same.
  const [late = ""] = all.slice(5, 6);
  const path = `/memberships/organizations/${organizationId}/users/${late}`;
  await app.api(path, { body: {} });
  own.push(late);
  own.sort().reverse();
});
afterAll(async () => app.stop());

async function createOrganization(): Promise<string> {
  return (await app.api("/organizations", { body: { display_name: "Listed" } })).body.organization.id;
}

async function add(to: string, user: object): Promise<string> {
  return (await app.api(`/organizations/${to}/users`, { body: user })).body.user.id;
}

async function page(path: string, query: string) {
  const { status, body } = await app.api(`${path}${path.includes("?") ? "&" : "?"}${query}`);
  return {
    status,
    ids: (body.users ?? []).map((user: { id: string }) => user.id) as string[],
    next: body.next_page_token as string,
    prev: body.prev_page_token as string,
    total: body.total_size as number,
  };
}

async function walk(path: string, size: number): Promise<{ ids: string[]; totals: number[] }> {
  const pages = [await page(path, `page_size=${size}`)];
  while (pages.at(-1)?.next)
    pages.push(await page(path, `page_size=${size}&page_token=${pages.at(-1)?.next}`));
  expect(pages[0]?.prev).toBe("");
  const backwards = [pages.at(-1)];
  while (backwards[0]?.prev)
    backwards.unshift(await page(path, `page_size=${size}&page_token=${backwards[0].prev}`));
  expect(backwards.map((each) => each?.ids)).toEqual(pages.map((each) => each.ids));
  return { ids: pages.flatMap((each) => each.ids), totals: pages.map((each) => each.total) };
}

describe.each([1, 2, 3, 30])("pages of %i", (size) => {
  const cases = {
    "the environment's users": () => ["/users", all] as const,
    "an organization's members": () => [`/organizations/${organizationId}/users`, own] as const,
    "a search": () => ["/users:search?query=search-me", all.slice(0, 7)] as const,
    "a search among members": () =>
      [`/organizations/${organizationId}/users:search?query=search-me`, own] as const,
  };
  test.each(Object.entries(cases))(
    "show every row of %s once, newest first, and back again",
    async (_, input) => {
      const [path, expected] = input();
      const { ids, totals } = await walk(path, size);
      expect(ids).toEqual(expected);
      expect(new Set(totals)).toEqual(new Set([expected.length]));
    },
  );
});

test.each([
  ["person.3@search", 1],
  ["PERSON.3@SEARCH", 1],
  ["ext_100%-4", 1],
  ["_100%", 7],
  ["_10_%", 0],
  ["%%%", 0],
  ["___", 0],
  ["\\\\\\", 0],
  ["search-me.example", 7],
  ["nobody@example.invalid", 0],
  ["'; drop table users; --", 0],
  ["...", 0],
  [" person", 0],
  ["ünï", 0],
  ["漢字漢", 0],
])("a search for %j finds %i", async (text, count) => {
  const { status, total, ids } = await page(`/users:search?query=${encodeURIComponent(text)}`, "");
  expect({ status, total, shown: ids.length }).toEqual({ status: 200, total: count, shown: count });
});

test("a search finds a user by their id, its digits, and the beginning of either", async () => {
  const [id = ""] = all;
  for (const text of [id, id.toUpperCase(), id.slice(4)])
    expect((await page(`/users:search?query=${text}`, "")).ids).toEqual([id]);
  for (const text of ["usr", "usr_", id.slice(0, 6), id.slice(4, 8)])
    expect((await page(`/users:search?query=${text}`, "page_size=30")).ids).toEqual(all);
});

test("a token belongs to its own text and organization", async () => {
  const { next } = await page("/users:search?query=search-me", "page_size=1");
  expect((await page("/users:search?query=search-me.", `page_token=${next}`)).status).toBe(400);
  const among = `/organizations/${organizationId}/users:search?query=search-me`;
  expect((await page(among, `page_token=${next}`)).status).toBe(400);
  const members = await page(`/organizations/${organizationId}/users`, "page_size=1");
  expect((await page(`/organizations/${others}/users`, `page_token=${members.next}`)).status).toBe(400);
});

test("a list goes on behind a user who was deleted meanwhile", async () => {
  const gone = await add(organizationId, { email: "gone-soon@example.com" });
  const first = await page("/users", "page_size=1");
  await app.api(`/users/${gone}`, { method: "DELETE" });
  expect((await page("/users", `page_size=1&page_token=${first.next}`)).ids).toEqual(all.slice(0, 1));
});

test("a search counts exactly up to 1,000 and no further", async () => {
  const environmentId = app.environmentId;
  const now = app.app.now();
  const insert = (from: number, to: number) =>
    app.app.db
      .insertInto("users")
      .values(
        Array.from({ length: to - from }, (_, at) => ({
          id: `usr_1000000000000${String(from + at).padStart(5, "0")}`,
          environment_id: environmentId,
          email: `crowd-${from + at}@example.com`,
          created_at: now,
          updated_at: now,
        })),
      )
      .execute();
  await insert(0, 999);
  expect((await page("/users:search?query=crowd-", "")).total).toBe(999);
  await insert(999, 1_000);
  expect((await page("/users:search?query=crowd-", "")).total).toBe(1_000);
  await insert(1_000, 1_010);
  expect((await page("/users:search?query=crowd-", "")).total).toBe(1_000);
});
