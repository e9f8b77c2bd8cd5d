/** Whatever an identity provider sends: an answer of SCIM, never a failure of ours, and never half a change. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient, type ScimClient } from "../../testing/scim.ts";

let app: TestApp;
let idp: ScimClient;
let userId: string;
let groupId: string;
beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
  [userId = ""] = await idp.users("target@acme.test");
  groupId = await idp.group("Target", [userId]);
});
afterAll(() => app.stop());

/** The same requests in each run (mulberry32). */
let state = 7_643_7644;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const names = [
  ...[
    "userName",
    "active",
    "emails",
    "name",
    "members",
    "displayName",
    "externalId",
    "id",
    "meta",
    "groups",
    "schemas",
  ],
  ...[
    enterprise,
    "password",
    "roles",
    "constructor",
    "toString",
    "hasOwnProperty",
    "a.b",
    "",
    " ",
    "é",
    "x[y]",
    "$ref",
  ],
];
const paths = [
  ...names,
  ...[
    'emails[type eq "work"].value',
    "emails[value pr]",
    "name.familyName",
    'members[value eq "x"]',
    "members[]",
  ],
  ...[
    `${enterprise}:manager`,
    `${enterprise}:manager.value`,
    "urn:x:User:y",
    "urn:",
    ":",
    ".",
    "a.b.c",
    "emails.value",
  ],
  ...[
    "emails[primary eq true].primary",
    'members[value eq "x" or value eq "y"]',
    "meta.created",
    "schemas[0]",
  ],
];
const scalars = [
  "",
  "x",
  "True",
  "null",
  0,
  -1,
  1.5,
  1e308,
  true,
  false,
  null,
  "\u0001",
  "😀",
  "' or 1=1 --",
  "%",
  "\\",
];

function value(depth: number): unknown {
  const roll = random();
  if (depth === 0 || roll < 0.5) return pick([...scalars, userId, groupId]);
  if (roll < 0.7) return Array.from({ length: Math.floor(random() * 3) }, () => value(depth - 1));
  return Object.fromEntries(
    Array.from({ length: Math.floor(random() * 4) }, () => [
      pick([...names, "value", "type", "primary"]),
      value(depth - 1),
    ]),
  );
}

function operation(): unknown {
  return {
    op: pick(["add", "Replace", "remove", "REMOVE", "move", 1]),
    path: pick([...paths, undefined]),
    value: value(3),
  };
}

function request(): [method: string, path: string, body?: unknown] {
  const operations = { Operations: Array.from({ length: 1 + Math.floor(random() * 3) }, operation) };
  const text = JSON.stringify(value(3));
  return pick<() => [string, string, unknown?]>([
    () => ["POST", "/Users", { userName: `fuzz-${Math.floor(random() * 50)}`, ...(value(3) as object) }],
    () => ["PUT", `/Users/${userId}`, { userName: "target@acme.test", ...(value(3) as object) }],
    () => ["PATCH", `/Users/${userId}`, operations],
    () => ["PATCH", `/Groups/${groupId}`, operations],
    () => ["PUT", `/Groups/${groupId}`, { displayName: "Target", ...(value(3) as object) }],
    () => ["POST", "/Groups", { displayName: `fuzz-${Math.floor(random() * 50)}`, ...(value(3) as object) }],
    () => [
      "POST",
      "/.search",
      { filter: `${pick(paths)} ${pick(["eq", "pr", "co", "gt"])} ${text}`, count: value(0) },
    ],
    () => [
      "POST",
      "/Bulk",
      { Operations: [{ method: "PATCH", path: `/Users/${userId}`, data: operations }, value(2)] },
    ],
    () => [
      "GET",
      `/Users?${new URLSearchParams({ filter: `${pick(paths)} eq ${text}`, sortBy: pick(paths) })}`,
    ],
    () => [
      "GET",
      `/Groups?${new URLSearchParams({ attributes: pick(paths), cursor: pick(["", "x", "%"]) })}`,
    ],
    () => ["PATCH", `/Users/${userId}`, text.slice(0, Math.floor(random() * text.length))],
  ])();
}

test("of 600 requests that were made up none fails", { timeout: 60_000 }, async () => {
  const seen = new Map<number, number>();
  for (let at = 0; at < 600; at++) {
    const [method, path, body] = request();
    const answer = await idp.send(method, path, body);
    const sent = `${method} ${path} ${JSON.stringify(body)?.slice(0, 500)}`;
    expect(answer.status, `${sent} answered ${answer.text}`).toBeLessThan(500);
    if (answer.status >= 400) expect(answer.body, sent).toMatchObject({ status: String(answer.status) });
    for (const one of answer.body?.Operations ?? []) expect(Number(one.status), sent).toBeLessThan(500);
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
  }
  for (const status of [200, 201, 400]) expect(seen.get(status) ?? 0, `${status}`).toBeGreaterThan(5);
});

test("what they left can be read, and the counts are right", async () => {
  for (const path of ["/Users", "/Groups"]) {
    const { status, body } = await idp.send("GET", `${path}?count=200`);
    expect([status, body.itemsPerPage]).toEqual([200, body.totalResults]);
    expect((await idp.send("GET", `${path}?count=0`)).body.totalResults).toBe(body.totalResults);
  }
  const members = await app.app.db
    .selectFrom("directory_group_members")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("directory_id", "=", idp.directory.id)
    .executeTakeFirst();
  const totals = await app.app.db
    .selectFrom("directory_groups")
    .select((eb) => eb.fn.sum<string>("total_members").as("count"))
    .where("directory_id", "=", idp.directory.id)
    .executeTakeFirst();
  expect(Number(members?.count)).toBe(Number(totals?.count));
});
