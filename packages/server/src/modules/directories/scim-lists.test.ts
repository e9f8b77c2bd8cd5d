import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addToCount } from "../../db/counters.ts";
import { newId } from "../../lib/ids.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient, insertPeople, type ScimClient } from "../../testing/scim.ts";

let app: TestApp;
let idp: ScimClient;
/** Names in the order in which they were made. */
const names = ["delta", "Alpha", "charlie", "Bravo", "echo"];

beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
  for (const [at, name] of names.entries()) {
    const more =
      at < 3 ? { title: `title ${5 - at}`, emails: [{ value: `${name}@acme.test`, type: "work" }] } : {};
    await idp.send("POST", "/Users", { userName: name, externalId: `x${at}`, active: at !== 1, ...more });
  }
  for (const name of ["Sales", "admins"]) await idp.group(name);
});
afterAll(() => app.stop());

const get = async (path: string, query: Record<string, string>) =>
  (await idp.send("GET", `${path}?${new URLSearchParams(query)}`)).body;
const users = (query: Record<string, string> = {}) => get("/Users", query);
const namesOf = (list: { Resources: { userName?: string; displayName?: string }[] }) =>
  list.Resources.map(({ userName, displayName }) => userName ?? displayName);

describe("a list", () => {
  test("has whole numbers, a list, and everybody, oldest first", async () => {
    const body = await users();
    expect(body).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 5,
      startIndex: 1,
      itemsPerPage: 5,
    });
    expect(namesOf(body)).toEqual(names);
  });

  test.each([
    [{ startIndex: "2", count: "2" }, 2, ["Alpha", "charlie"]],
    [{ startIndex: "5", count: "2" }, 5, ["echo"]],
    [{ startIndex: "6" }, 6, []],
    [{ startIndex: "99", count: "2" }, 99, []],
    [{ startIndex: "0", count: "1" }, 1, ["delta"]],
    [{ startIndex: "-5", count: "1" }, 1, ["delta"]],
    [{ count: "0" }, 1, []],
    [{ count: "-1" }, 1, []],
    [{ count: "100000" }, 1, names],
    [{ aadOptscim062020: "", nonsense: "1", count: "1" }, 1, ["delta"]],
  ])("by %o", async (query, startIndex, expected) => {
    const body = await users(query);
    expect(body).toMatchObject({ totalResults: 5, startIndex, itemsPerPage: expected.length });
    expect(namesOf(body)).toEqual(expected);
  });

  test.each([
    ["sortBy=userName", ["Alpha", "Bravo", "charlie", "delta", "echo"]],
    ["sortBy=userName&sortOrder=descending", ["echo", "delta", "charlie", "Bravo", "Alpha"]],
    ["sortBy=title", ["charlie", "Alpha", "delta", "Bravo", "echo"]],
    ["sortBy=title&sortOrder=descending", ["echo", "Bravo", "delta", "Alpha", "charlie"]],
    ["sortBy=emails", ["Alpha", "charlie", "delta", "Bravo", "echo"]],
    ["sortBy=meta.created&sortOrder=descending", names.toReversed()],
    ["sortBy=nothing", names],
  ])("sorted by %s: what has no value last, first when descending", async (query, expected) => {
    expect(namesOf(await users(Object.fromEntries(new URLSearchParams(query))))).toEqual(expected);
  });

  test.each([
    ['userName eq "ALPHA"', ["Alpha"]],
    ['emails[type eq "work"].value eq "CHARLIE@acme.test"', ["charlie"]],
    ['emails eq "delta@acme.test"', ["delta"]],
    ['workEmail eq "delta@acme.test"', []],
    ['email.value eq "delta@acme.test"', []],
    ["externalId eq x4", ["echo"]],
    ["active eq false", ["Alpha"]],
    ['userName eq "nobody"', []],
    ['title pr and not (userName sw "d")', ["Alpha", "charlie"]],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "echo"', ["echo"]],
    ['userName eq "%65cho"', ["echo"]],
  ])("with the filter %s", async (filter, expected) => {
    const body = await users({ filter });
    expect([body.totalResults, namesOf(body)]).toEqual([expected.length, expected]);
    expect(body.Resources).toBeInstanceOf(Array);
  });

  test.each([
    [{ filter: "userName eq" }, "invalidFilter"],
    [{ filter: 'userName eq "a' }, "invalidFilter"],
    [{ filter: "(".repeat(500) }, "invalidFilter"],
    [{ filter: `userName eq "${"a".repeat(9000)}"` }, "invalidFilter"],
    [{ filter: "active gt true" }, "invalidFilter"],
    [{ sortBy: "a.b.c" }, "invalidPath"],
    [{ sortBy: "name" }, "invalidPath"],
    [{ sortOrder: "up", sortBy: "userName" }, "invalidValue"],
    [{ count: "many" }, "invalidValue"],
    [{ startIndex: "1e3" }, "invalidValue"],
    [{ cursor: "nonsense" }, "invalidCursor"],
    [{ cursor: "'; drop" }, "invalidCursor"],
    [{ cursor: "", count: "0" }, "invalidCount"],
  ])("by %o is refused", async (query, scimType) => {
    const answer = await idp.send("GET", `/Users?${new URLSearchParams(query as Record<string, string>)}`);
    expect([answer.status, answer.body.status, answer.body.scimType]).toEqual([400, "400", scimType]);
  });

  test("shows what is asked for only", async () => {
    const { Resources } = await users({ attributes: "userName", count: "1" });
    expect(Resources).toEqual([{ schemas: [expect.any(String)], id: expect.any(String), userName: "delta" }]);
    const groups = await get("/Groups", { excludedAttributes: "members", filter: 'displayName eq "sales"' });
    expect(Object.keys(groups.Resources[0]).sort()).toEqual(["displayName", "id", "meta", "schemas"]);
  });
});

describe("a cursor", () => {
  const walk = async (
    query: Record<string, string>,
    which: "nextCursor" | "previousCursor" = "nextCursor",
  ) => {
    const pages: unknown[] = [];
    let body = await users({ ...query, count: "2" });
    for (;;) {
      expect(body.totalResults).toBe(5);
      pages.push(namesOf(body));
      const cursor = body[which];
      if (cursor === undefined) return { pages, body };
      body = await users({ ...query, cursor, count: "2" });
    }
  };

  test("leads through all and back, in any order", async () => {
    const plain = await walk({ cursor: "" });
    expect(plain.pages).toEqual([["delta", "Alpha"], ["charlie", "Bravo"], ["echo"]]);
    const back = await walk({ cursor: plain.body.previousCursor }, "previousCursor");
    expect(back.pages).toEqual([
      ["charlie", "Bravo"],
      ["delta", "Alpha"],
    ]);
    expect((await walk({ cursor: "", sortBy: "userName" })).pages).toEqual([
      ["Alpha", "Bravo"],
      ["charlie", "delta"],
      ["echo"],
    ]);
    expect((await walk({ cursor: "", sortBy: "title", sortOrder: "descending" })).pages).toEqual([
      ["echo", "Bravo"],
      ["delta", "Alpha"],
      ["charlie"],
    ]);
  });

  test("of one list is void in another", async () => {
    const { nextCursor } = await users({ cursor: "", count: "2" });
    for (const query of [{ sortBy: "userName" }, { filter: "active eq true" }]) {
      const body = await users({ ...query, cursor: nextCursor } as Record<string, string>);
      expect(body.scimType).toBe("invalidCursor");
    }
    const other = await createScimClient(app);
    expect((await other.send("GET", `/Users?cursor=${nextCursor}`)).body.scimType).toBe("invalidCursor");
  });
});

describe(".search", () => {
  const search = (path: string, body: object) => idp.send("POST", `${path}/.search`, body);

  test("asks for a list by POST", async () => {
    const { status, body } = await search("/Users", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
      filter: 'userName co "a"',
      sortBy: "userName",
      attributes: ["userName"],
      count: 2,
    });
    expect([status, body.totalResults, namesOf(body)]).toEqual([200, 4, ["Alpha", "Bravo"]]);
    expect(namesOf((await search("/Groups", { sortBy: "displayName" })).body)).toEqual(["admins", "Sales"]);
  });

  test("at the root finds people and then groups, page by page", async () => {
    const pages = await Promise.all([1, 4, 7].map((startIndex) => search("", { startIndex, count: 3 })));
    expect(pages.map(({ body }) => namesOf(body))).toEqual([
      ["delta", "Alpha", "charlie"],
      ["Bravo", "echo", "Sales"],
      ["admins"],
    ]);
    expect(pages.map(({ body }) => body.totalResults)).toEqual([7, 7, 7]);
    expect(namesOf((await search("", { filter: 'meta.resourceType eq "Group"' })).body)).toEqual([
      "Sales",
      "admins",
    ]);
  });

  test.each([
    ["a list", "[]", "invalidSyntax"],
    ["a filter that is no text", '{"filter":1}', "invalidValue"],
    ["nothing", "", "invalidSyntax"],
  ])("with %s is refused", async (_what, body, scimType) => {
    for (const path of ["", "/Users", "/Groups"]) {
      const answer = await idp.send("POST", `${path}/.search`, body);
      expect([answer.status, answer.body.scimType]).toEqual([400, scimType]);
    }
  });
});

describe("totalResults", () => {
  test("leads through more than are counted", { timeout: 30_000 }, async () => {
    const many = await createScimClient(app);
    const ids = Array.from({ length: 1_250 }, () => newId("diruser"));
    await insertPeople(app, many.directory, ids);
    await addToCount(app.systemCtx(), "directory_users", many.directory.id, ids.length);
    const list = async (query: Record<string, string>) =>
      (await many.send("GET", `/Users?${new URLSearchParams({ attributes: "id", ...query })}`)).body;
    expect((await list({})).totalResults).toBe(1_250);
    const found: string[] = [];
    for (let at = 1, total = 1; at <= total; ) {
      const body = await list({ filter: "active eq true", startIndex: String(at), count: "200" });
      found.push(...body.Resources.map(({ id }: { id: string }) => id));
      total = body.totalResults;
      at += body.itemsPerPage;
    }
    expect(found).toEqual(ids);
    expect((await list({ filter: "active eq true", count: "0" })).totalResults).toBe(1_000);
  });
});
