/** The search for organizations: what it finds, in which order, how many it counts, and what it refuses. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment } from "../../testing/callers.ts";

let app: TestApp;
const ids: Record<string, string> = {};

beforeAll(async () => {
  app = await startTestApp();
  const bodies = [
    { display_name: "Umbrella Corp", external_id: "umb-001" },
    { display_name: "umbra shades" },
    { display_name: "100% Cotton_Mill \\ Sons", external_id: "cotton" },
    { display_name: "株式会社アクメ" },
  ];
  for (const body of bodies) {
    ids[body.display_name] = (await app.api("/organizations", { body })).body.organization.id;
  }
});
afterAll(async () => app.stop());

const search = async (query: string, more = "") =>
  (await app.api(`/organizations:search?query=${encodeURIComponent(query)}${more}`)).body;
const found = async (query: string) =>
  (await search(query)).organizations.map((each: { display_name: string }) => each.display_name);

describe("finds", () => {
  test.each([
    ["a part of the name in any case, newest first", "UMBR", ["umbra shades", "Umbrella Corp"]],
    ["an external id", "mb-00", ["Umbrella Corp"]],
    ["letters beyond ASCII", "式会社", ["株式会社アクメ"]],
    ["a percent sign as itself", "00%", ["100% Cotton_Mill \\ Sons"]],
    ["an underscore as itself", "n_m", ["100% Cotton_Mill \\ Sons"]],
    ["a backslash as itself", "l \\ s", ["100% Cotton_Mill \\ Sons"]],
    ["nothing where a wildcard would", "u%a", []],
    ["nothing across two fields", "corporg_", []],
    ["nothing for nonsense", "' or 1=1 --", []],
  ])("%s", async (_name, query, names) => {
    expect(await found(query)).toEqual(names);
  });

  test("an id, whole and in part", async () => {
    const id = ids["Umbrella Corp"] ?? "";
    expect(await found(id)).toEqual(["Umbrella Corp"]);
    expect(await found(id.slice(-9))).toEqual(["Umbrella Corp"]);
  });

  test("in pages, forwards and back", async () => {
    const first = await search("umbr", "&page_size=1");
    expect(first).toMatchObject({ total_size: 2, prev_page_token: "" });
    const second = await search("umbr", `&page_size=1&page_token=${first.next_page_token}`);
    expect(second.organizations[0].display_name).toBe("Umbrella Corp");
    expect(second.next_page_token).toBe("");
    const back = await search("umbr", `&page_size=1&page_token=${second.prev_page_token}`);
    expect(back.organizations).toEqual(first.organizations);
  });

  test("nothing of another environment", async () => {
    const other = await createEnvironment(app);
    const { body } = await other.api("/organizations:search?query=umbr");
    expect(body).toMatchObject({ organizations: [], total_size: 0 });
  });
});

test("counts exactly to 1,000, and then answers 1,000", async () => {
  const now = app.app.now();
  const rows = Array.from({ length: 1_005 }, (_, number) => ({
    id: `org_1${String(number).padStart(17, "0")}`,
    environment_id: app.environmentId,
    display_name: `Crowd ${number}`,
    created_at: now,
    updated_at: now,
  }));
  await app.app.db.insertInto("organizations").values(rows).execute();
  expect((await search("crowd 7")).total_size).toBe(111);
  expect((await search("crowd")).total_size).toBe(1_000);
});

test.each([
  ["two characters", "query=ab", "query", "string.min_len"],
  ["101 characters", `query=${"a".repeat(101)}`, "query", "string.max_len"],
  ["a page of 31", "query=abc&page_size=31", "page_size", "uint32.lte"],
])("refuses %s", async (_name, query, field, constraint) => {
  const { status, body } = await app.api(`/organizations:search?${query}`);
  expect({ status, violation: body.details[0].validation_error_info.field_violations[0] }).toEqual({
    status: 400,
    violation: expect.objectContaining({ field, constraint }),
  });
});

test.each(["query=umbr&page_token=garbage", "page_size=1", "query=um%00br"])("refuses ?%s", async (query) => {
  expect((await app.api(`/organizations:search?${query}`)).status).toBe(400);
});

test("refuses the token of another search", async () => {
  const { next_page_token: token } = await search("umbr", "&page_size=1");
  const { status, body } = await app.api(`/organizations:search?query=crowd&page_token=${token}`);
  expect({ status, code: body.details[0].error_code }).toEqual({ status: 400, code: "PAGE_TOKEN_INVALID" });
});
