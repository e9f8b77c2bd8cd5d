import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../lib/ids.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient, insertPeople, type ScimClient } from "../../testing/scim.ts";

let app: TestApp;
let idp: ScimClient;
beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
});
afterAll(() => app.stop());

const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

let people = 0;
const newUsers = (count: number) =>
  idp.users(...Array.from({ length: count }, () => `person${++people}@acme.test`));

async function membersOf(id: string): Promise<string[]> {
  const { body } = await idp.send("GET", `/Groups/${id}`);
  return body.members.map(({ value }: { value: string }) => value).sort();
}

const add = (...ids: string[]) => ({ op: "add", path: "members", value: ids.map((value) => ({ value })) });
const types = async () =>
  (await idp.events()).map(({ type }) => type.replace("organization.directory.", "")).sort();

describe("POST of a group", () => {
  test("answers 201 with the members, their addresses, and its own", async () => {
    const [one = "", two = ""] = (await newUsers(2)).sort();
    const sent = {
      displayName: "Engineers",
      externalId: "g1",
      members: [{ value: two, display: "Two" }, { value: one }],
    };
    const { status, headers, body } = await idp.send("POST", "/Groups", sent);
    expect(status).toBe(201);
    expect(body).toEqual({
      schemas: [GROUP],
      id: expect.stringMatching(/^dirgroup_\d{18}$/),
      displayName: "Engineers",
      externalId: "g1",
      members: [one, two].map((value) => ({ value, $ref: `${idp.base}/Users/${value}`, type: "User" })),
      meta: {
        resourceType: "Group",
        created: expect.stringMatching(/Z$/),
        lastModified: body.meta.created,
        location: `${idp.base}/Groups/${body.id}`,
        version: 'W/"1"',
      },
    });
    expect([headers.get("location"), headers.get("etag")]).toEqual([body.meta.location, 'W/"1"']);
    expect((await idp.send("GET", `/Groups/${body.id}`)).body).toEqual(body);
  });

  test.each([
    ["no members", {}],
    ["null", { members: null }],
    ["an empty list", { members: [] }],
    [
      "Entra's schema",
      { schemas: [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"] },
    ],
  ])("with %s makes an empty group", async (what, more) => {
    const { status, body } = await idp.send("POST", "/Groups", { displayName: `Empty: ${what}`, ...more });
    expect([status, body.members]).toEqual([201, []]);
  });

  test("of a name that is taken, in any case, is 409 uniqueness", async () => {
    await idp.group("Taken");
    const { status, body } = await idp.send("POST", "/Groups", { displayName: "TAKEN" });
    expect([status, body.status, body.scimType]).toEqual([409, "409", "uniqueness"]);
  });

  test.each([
    ["no name", {}, "invalidValue"],
    ["a name that no index holds", { displayName: "a".repeat(257) }, "invalidValue"],
    ["an unknown member", { displayName: "Unknown", members: [{ value: "diruser_1" }] }, "invalidValue"],
    ["a member without value", { displayName: "Unknown", members: [{ display: "x" }] }, "invalidValue"],
    ["broken JSON", "{", "invalidSyntax"],
  ])("with %s is refused, and leaves nothing", async (_what, body, scimType) => {
    const answer = await idp.send("POST", "/Groups", body);
    expect([answer.status, answer.body.status, answer.body.scimType]).toEqual([400, "400", scimType]);
    const { body: found } = await idp.send("GET", '/Groups?filter=displayName%20eq%20"Unknown"');
    expect(found.totalResults).toBe(0);
  });

  test("with a person of another directory is refused as with nobody", async () => {
    const other = await createScimClient(app);
    const [foreign] = await other.users("foreign@acme.test");
    const refused = await idp.send("POST", "/Groups", {
      displayName: "Foreign",
      members: [{ value: foreign }],
    });
    const unknown = await idp.send("POST", "/Groups", {
      displayName: "Foreign",
      members: [{ value: "diruser_1" }],
    });
    expect([refused.status, refused.body]).toEqual([400, unknown.body]);
  });
});

describe("PATCH of members", () => {
  test("in every dialect", async () => {
    const [a = "", b = "", c = ""] = (await newUsers(3)).sort();
    const id = await idp.group("Dialects", [a]);
    const steps: [object | object[], string[]][] = [
      [add(b), [a, b]],
      [{ op: "Add", path: "members", value: [{ $ref: null, value: c }] }, [a, b, c]],
      [{ op: "remove", path: `members[value eq "${a}"]` }, [b, c]],
      [{ op: "Remove", path: "members", value: [{ $ref: null, value: b }] }, [c]],
      [{ op: "replace", path: "members", value: [{ value: a }, { value: b }] }, [a, b]],
      [{ op: "add", path: "members", value: { value: c } }, [a, b, c]],
      [{ op: "remove", path: "members" }, []],
      [{ op: "add", value: { members: [{ value: a }] } }, [a]],
      [{ op: "replace", value: { members: [{ value: b }] } }, [b]],
      [
        [{ op: "replace", value: { id, displayName: "Dialects 2" } }, add(c)],
        [b, c],
      ],
      [
        [add(a), { op: "remove", path: `members[value eq "${a}"]` }],
        [b, c],
      ],
      [{ op: "replace", path: "members", value: [] }, []],
    ];
    for (const [operations, expected] of steps) {
      const answer = await idp.patch(`/Groups/${id}`, ...[operations].flat());
      expect(answer.status, JSON.stringify(operations)).toBe(200);
      expect(await membersOf(id), JSON.stringify(operations)).toEqual(expected);
    }
    const { body } = await idp.send("GET", `/Groups/${id}`);
    expect(body.displayName).toBe("Dialects 2");
  });

  test("doubles nobody: what is there already changes no version and tells nobody", async () => {
    const [a = ""] = await newUsers(1);
    const id = await idp.group("Doubled", [a, a]);
    await idp.events();
    const answer = await idp.patch(`/Groups/${id}`, add(a, a), {
      op: "remove",
      path: 'members[value eq "diruser_1"]',
    });
    expect([answer.status, answer.headers.get("etag")]).toEqual([200, 'W/"1"']);
    expect([await membersOf(id), await types()]).toEqual([[a], []]);
  });

  test("with somebody unknown changes nothing at all", async () => {
    const [a = "", b = ""] = await newUsers(2);
    const id = await idp.group("Atomic", [a]);
    const other = await createScimClient(app);
    const [foreign = ""] = await other.users("foreign2@acme.test");
    for (const stranger of ["diruser_1", foreign, "diruser_'; drop table directory_users; --"]) {
      const answer = await idp.patch(
        `/Groups/${id}`,
        { op: "replace", path: "displayName", value: "Changed" },
        add(b, stranger),
      );
      expect([answer.status, answer.body.scimType]).toEqual([400, "invalidValue"]);
    }
    const { body } = await idp.send("GET", `/Groups/${id}`);
    expect([body.displayName, await membersOf(id), body.meta.version]).toEqual(["Atomic", [a], 'W/"1"']);
  });

  test("passes over what is no person of a directory: a nested group, an id of the provider's own", async () => {
    const [a = ""] = await newUsers(1);
    const nested = await idp.group("Nested");
    const id = await idp.group("Of many kinds", [a, nested]);
    const answer = await idp.patch(`/Groups/${id}`, add(nested, "4711"));
    expect([answer.status, await membersOf(id), await totalOf(id)]).toEqual([200, [a], 1]);
  });

  test("twice at once keeps both, and counts right", async () => {
    const users = await newUsers(20);
    const id = await idp.group("At once");
    const answers = await Promise.all(users.map((user) => idp.patch(`/Groups/${id}`, add(user))));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await membersOf(id)).toEqual(users.sort());
    expect(await totalOf(id)).toBe(20);
  });

  test("while its members are deleted never fails, and counts right", async () => {
    const users = await newUsers(12);
    const groups = await Promise.all([1, 2, 3].map((at) => idp.group(`Deleted ${at}`, users)));
    const [late = ""] = await newUsers(1);
    const answers = await Promise.all([
      ...users.map((user) => idp.send("DELETE", `/Users/${user}`)),
      ...groups.map((id) => idp.patch(`/Groups/${id}`, add(late))),
      ...groups.map((id) =>
        idp.patch(`/Groups/${id}`, { op: "remove", path: `members[value eq "${users[0]}"]` }),
      ),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...Array(12).fill(204), ...Array(6).fill(200)]);
    for (const id of groups) expect([await membersOf(id), await totalOf(id)]).toEqual([[late], 1]);
  });

  test("answers the resource to whom names attributes", async () => {
    const id = await idp.group("Named");
    const answer = await idp.send("PATCH", `/Groups/${id}?attributes=displayName`, {
      Operations: [{ op: "Replace", path: "displayName", value: "Renamed" }],
    });
    expect([answer.status, answer.body]).toEqual([200, { schemas: [GROUP], id, displayName: "Renamed" }]);
  });

  test.each([
    ["no operations", { Operations: [] }, "invalidSyntax"],
    ["an unknown op", { Operations: [{ op: "move", path: "members" }] }, "invalidSyntax"],
    ["a broken path", { Operations: [{ op: "remove", path: "members[" }] }, "invalidPath"],
    ["a remove without path", { Operations: [{ op: "remove" }] }, "noTarget"],
    ["no name left", { Operations: [{ op: "remove", path: "displayName" }] }, "mutability"],
    ["another id", { Operations: [{ op: "replace", path: "id", value: "dirgroup_1" }] }, "mutability"],
  ])("with %s is refused", async (what, body, scimType) => {
    const id = await idp.group(`Refused: ${what}`);
    const answer = await idp.send("PATCH", `/Groups/${id}`, body);
    expect([answer.status, answer.body.scimType]).toEqual([400, scimType]);
  });
});

async function totalOf(id: string): Promise<number | undefined> {
  const row = await app.app.db
    .selectFrom("directory_groups")
    .select("total_members")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.total_members;
}

describe("PUT of a group", () => {
  test("sets exactly these members, or leaves them when it names none", async () => {
    const [a = "", b = ""] = (await newUsers(2)).sort();
    const id = await idp.group("Put", [a]);
    const set = await idp.send("PUT", `/Groups/${id}`, { displayName: "Put", members: [{ value: b }] });
    expect([set.status, set.body.members.map(({ value }: { value: string }) => value)]).toEqual([200, [b]]);
    await idp.send("PUT", `/Groups/${id}`, { displayName: "Put renamed" });
    expect(await membersOf(id)).toEqual([b]);
    const emptied = await idp.send("PUT", `/Groups/${id}`, { displayName: "Put renamed", members: null });
    expect(emptied.body.members).toEqual([]);
  });

  test("of another version is 412, and never makes a group", async () => {
    const id = await idp.group("Versions");
    const put = (headers: Record<string, string>) =>
      idp.send("PUT", `/Groups/${id}`, { displayName: "Versions 2" }, headers);
    expect((await put({ "if-match": 'W/"2"' })).status).toBe(412);
    expect((await put({ "if-match": 'W/"1"' })).status).toBe(200);
    expect((await put({ "if-match": 'W/"1"' })).status).toBe(412);
    const missing = await idp.send("PUT", "/Groups/dirgroup_1", { displayName: "x" });
    expect([missing.status, missing.body.schemas]).toEqual([404, [ERROR]]);
  });
});

describe("DELETE of a group", () => {
  test("is 204, then 404, and leaves its people without it", async () => {
    const [a = ""] = await newUsers(1);
    const id = await idp.group("Short", [a]);
    await idp.events();
    expect((await idp.send("DELETE", `/Groups/${id}`)).status).toBe(204);
    expect(await types()).toEqual(["group_deleted", "user_updated"]);
    for (const method of ["GET", "DELETE"])
      expect((await idp.send(method, `/Groups/${id}`)).status).toBe(404);
    expect((await idp.send("GET", `/Users/${a}`)).body).not.toHaveProperty("groups");
  });
});

describe("events", () => {
  test("tell of the group and of each person whose groups changed", async () => {
    const [a = "", b = ""] = await newUsers(2);
    await idp.events();
    const id = await idp.group("Told", [a]);
    expect(await types()).toEqual(["group_created", "user_updated"]);
    await idp.patch(`/Groups/${id}`, { op: "replace", path: "members", value: [{ value: b }] });
    expect(await types()).toEqual(["group_updated", "user_updated", "user_updated"]);
    await idp.patch(`/Groups/${id}`, { op: "replace", path: "displayName", value: "Told again" });
    expect(await types()).toEqual(["group_updated"]);
  });
});

describe("a large group", () => {
  test("is changed by what changes, and read in parts", { timeout: 60_000 }, async () => {
    const ids = Array.from({ length: 2_501 }, () => newId("diruser"));
    await insertPeople(app, idp.directory, ids);
    const [last = "", ...most] = ids.toReversed();
    const id = await idp.group("Large", most);
    expect((await idp.patch(`/Groups/${id}`, add(last))).status).toBe(204);
    const whole = await idp.send("GET", `/Groups/${id}`);
    expect(whole.headers.get("content-length")).toBeNull();
    expect(whole.body.members.map(({ value }: { value: string }) => value)).toEqual(ids);
    const listed = await idp.send("GET", `/Groups?filter=displayName%20eq%20"Large"`);
    expect(listed.body.Resources[0].members).toHaveLength(2_501);
    const bare = await idp.send("GET", `/Groups/${id}?excludedAttributes=members`);
    expect(bare.body).not.toHaveProperty("members");
    await idp.patch(`/Groups/${id}`, { op: "remove", path: "members" });
    expect([await membersOf(id), await totalOf(id)]).toEqual([[], 0]);
  });
});
