import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient, type ScimClient } from "../../testing/scim.ts";

let app: TestApp;
let idp: ScimClient;
beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
});
afterAll(() => app.stop());

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

/** What Okta sends when somebody is assigned to the app. */
const ada = (userName: string) => ({
  schemas: [USER],
  userName,
  name: { givenName: "Ada", familyName: "King" },
  emails: [{ primary: true, value: userName, type: "work" }],
  displayName: "Ada King",
  locale: "en-US",
  externalId: `00u-${userName}`,
  groups: [],
  password: "never-kept",
  active: true,
});

describe("POST of a user", () => {
  test("answers 201 with the whole resource, its address and its version", async () => {
    const { status, headers, body } = await idp.send("POST", "/Users", ada("post@acme.test"));
    expect(status).toBe(201);
    expect(body).toEqual({
      schemas: [USER],
      id: expect.stringMatching(/^diruser_\d{18}$/),
      userName: "post@acme.test",
      name: { givenName: "Ada", familyName: "King" },
      emails: [{ primary: true, value: "post@acme.test", type: "work" }],
      displayName: "Ada King",
      locale: "en-US",
      externalId: "00u-post@acme.test",
      active: true,
      meta: {
        resourceType: "User",
        created: expect.stringMatching(/Z$/),
        lastModified: body.meta.created,
        location: `${idp.base}/Users/${body.id}`,
        version: 'W/"1"',
      },
    });
    expect(headers.get("location")).toBe(body.meta.location);
    expect(headers.get("etag")).toBe('W/"1"');
    expect(headers.get("content-type")).toBe("application/scim+json; charset=utf-8");
    expect((await idp.send("GET", `/Users/${body.id}`)).body).toEqual(body);
  });

  test("of a name that is taken, in any case, also by somebody inactive, is 409 uniqueness", async () => {
    const { body } = await idp.send("POST", "/Users", { userName: "Taken@acme.test", active: false });
    for (const userName of ["Taken@acme.test", "taken@ACME.test"]) {
      const again = await idp.send("POST", "/Users", { userName });
      expect([again.status, again.body.status, again.body.scimType]).toEqual([409, "409", "uniqueness"]);
      expect(again.body.schemas).toEqual([ERROR]);
    }
    expect((await idp.send("DELETE", `/Users/${body.id}`)).status).toBe(204);
    expect((await idp.send("POST", "/Users", { userName: "taken@acme.test" })).status).toBe(201);
  });

  test("twenty times at once makes one", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        idp.send("POST", "/Users", { userName: at % 2 ? "Race@acme.test" : "race@acme.test" }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
  });

  test("many at once share what they cost, and neither answers nor refusals", async () => {
    await idp.users("joined-7@acme.test");
    await idp.events();
    const names = Array.from({ length: 30 }, (_, at) => `joined-${at}@acme.test`);
    const bodies = names.map((userName, at) => ({
      userName,
      ...(at === 3 && { externalId: "x".repeat(300) }),
    }));
    const answers = await Promise.all(bodies.map((body) => idp.send("POST", "/Users", body)));
    expect(answers.map(({ status }) => status)).toEqual(
      names.map((_, at) => (at === 3 ? 400 : at === 7 ? 409 : 201)),
    );
    expect(answers[7]?.body.detail).toContain("joined-7@acme.test");
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body);
    expect(made.map(({ userName }) => userName)).toEqual(names.filter((_, at) => at !== 3 && at !== 7));
    expect(new Set((await idp.events()).map(({ payload }) => payload.id))).toEqual(
      new Set(made.map(({ id }) => id)),
    );
    for (const { id, userName } of made)
      expect((await idp.send("GET", `/Users/${id}`)).body).toMatchObject({ id, userName });
  });

  test.each([
    ["no userName", {}, "invalidValue"],
    ["an empty userName", { userName: " " }, "invalidValue"],
    ["a userName that no index holds", { userName: "a".repeat(257) }, "invalidValue"],
    ["an externalId that no index holds", { userName: "long1", externalId: "a".repeat(257) }, "invalidValue"],
    [
      "an address that no index holds",
      { userName: "long2", emails: [{ value: "a".repeat(9000) }] },
      "invalidValue",
    ],
    ["active that is no boolean", { userName: "x", active: "perhaps" }, "invalidValue"],
    ["a list", [], "invalidSyntax"],
    ["a text", '"x"', "invalidSyntax"],
    ["broken JSON", '{"userName":', "invalidSyntax"],
    ["nothing", "", "invalidSyntax"],
    ["U+0000", '{"userName":"a\\u0000b"}', "invalidValue"],
    ["half a surrogate pair", '{"userName":"a\\ud800"}', "invalidValue"],
    ["U+0000 in a name", '{"userName":"x","a\\u0000":1}', "invalidValue"],
    ["__proto__", '{"userName":"x","__proto__":{"active":true}}', "invalidValue"],
    ["deep nesting", `{"userName":"x","a":${"[".repeat(5000)}${"]".repeat(5000)}}`, "invalidSyntax"],
  ])("with %s is refused", async (_what, body, scimType) => {
    const answer = await idp.send("POST", "/Users", body);
    expect([answer.status, answer.body.status, answer.body.scimType]).toEqual([400, "400", scimType]);
    expect(answer.body.detail).not.toBe("");
  });

  test("over 1 MiB is refused unread", async () => {
    const answer = await idp.send("POST", "/Users", { userName: "big", note: "a".repeat(5 * 1024 * 1024) });
    expect([answer.status, answer.body.schemas]).toEqual([413, [ERROR]]);
  });

  test("tolerates what identity providers leave over", async () => {
    const { status, body } = await idp.send("POST", "/Users", {
      schemas: [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
      id: null,
      userName: "left@acme.test",
      active: "True",
      addresses: null,
      roles: [],
      groups: [],
      meta: { resourceType: "User" },
      favouriteColour: "green",
      [ENTERPRISE]: { manager: "boss", department: "R&D" },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      schemas: [USER, ENTERPRISE],
      id: expect.stringMatching(/^diruser_/),
      active: true,
      favouriteColour: "green",
      [ENTERPRISE]: { manager: { value: "boss" }, department: "R&D" },
    });
    expect(body).not.toHaveProperty("addresses");
  });
});

describe("GET of a user", () => {
  test("who is none of this directory is 404 with its schema, whatever the path holds", async () => {
    const other = await createScimClient(app);
    const [id] = await other.users("other@acme.test");
    for (const path of [id, "diruser_1", "x%27%20or%201=1", "..%2fGroups", "a%00b", "é", "a".repeat(1000)]) {
      const answer = await idp.send("GET", `/Users/${path}`);
      expect(answer.body.schemas, path).toEqual([ERROR]);
      expect([400, 404], path).toContain(answer.status);
    }
  });

  test("shows the groups, and only what is asked for", async () => {
    const [id = ""] = await idp.users("shown@acme.test");
    const group = await idp.group("Shown", [id]);
    const whole = await idp.send("GET", `/Users/${id}`);
    expect(whole.body.groups).toEqual([
      { value: group, display: "Shown", $ref: `${idp.base}/Groups/${group}`, type: "direct" },
    ]);
    const named = await idp.send("GET", `/Users/${id}?attributes=userName,meta.version`);
    expect(named.body).toEqual({
      schemas: [USER],
      id,
      userName: "shown@acme.test",
      meta: { version: 'W/"1"' },
    });
    const without = await idp.send("GET", `/Users/${id}?excludedAttributes=groups,meta`);
    expect(without.body).toEqual({ schemas: [USER], id, userName: "shown@acme.test", active: true });
  });

  test("with the version that one has is 304", async () => {
    const [id] = await idp.users("etag@acme.test");
    const same = await idp.send("GET", `/Users/${id}`, undefined, { "if-none-match": 'W/"1"' });
    expect([same.status, same.text, same.headers.get("etag")]).toEqual([304, "", 'W/"1"']);
    expect((await idp.send("GET", `/Users/${id}`, undefined, { "if-none-match": 'W/"2"' })).status).toBe(200);
  });
});

describe("PUT of a user", () => {
  test("replaces everything but what is the server's", async () => {
    const { body } = await idp.send("POST", "/Users", ada("put@acme.test"));
    const sent = {
      ...body,
      userName: "Put2@acme.test",
      id: "diruser_1",
      groups: [{ value: "x" }],
      meta: { version: "9" },
    };
    delete sent.locale;
    const answer = await idp.send("PUT", `/Users/${body.id}`, sent);
    expect([answer.status, answer.body.id, answer.body.userName]).toEqual([200, body.id, "Put2@acme.test"]);
    expect(answer.body).not.toHaveProperty("locale");
    expect(answer.body).not.toHaveProperty("groups");
    expect(answer.body.meta).toMatchObject({ version: 'W/"2"', created: body.meta.created });
  });

  test("that changes nothing keeps the version and tells nobody", async () => {
    const { body } = await idp.send("POST", "/Users", ada("same@acme.test"));
    await idp.events();
    const answer = await idp.send("PUT", `/Users/${body.id}`, ada("same@acme.test"));
    expect(answer.body).toEqual(body);
    expect(await idp.events()).toEqual([]);
  });

  test("never makes anybody, and never takes another's name", async () => {
    expect((await idp.send("PUT", "/Users/diruser_1", { userName: "nobody" })).status).toBe(404);
    const [first] = await idp.users("first@acme.test", "second@acme.test");
    const answer = await idp.send("PUT", `/Users/${first}`, { userName: "SECOND@acme.test" });
    expect([answer.status, answer.body.scimType]).toEqual([409, "uniqueness"]);
    expect((await idp.send("GET", `/Users/${first}`)).body.userName).toBe("first@acme.test");
  });
});

describe("PATCH of a user", () => {
  test("answers 200 with the resource, in one new version", async () => {
    const { body } = await idp.send("POST", "/Users", ada("patch@acme.test"));
    const answer = await idp.patch(
      `/Users/${body.id}`,
      { op: "Replace", path: 'emails[type eq "work"].value', value: "new@acme.test" },
      { op: "Add", path: `${ENTERPRISE}:department`, value: "Sales" },
      { op: "replace", value: { "name.familyName": "Lovelace" } },
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      emails: [{ value: "new@acme.test", type: "work" }],
      name: { givenName: "Ada", familyName: "Lovelace" },
      [ENTERPRISE]: { department: "Sales" },
      meta: { version: 'W/"2"' },
    });
  });

  test("that removes active leaves an active person", async () => {
    const { body } = await idp.send("POST", "/Users", ada("default@acme.test"));
    const answer = await idp.patch(`/Users/${body.id}`, { op: "remove", path: "active" });
    expect([answer.status, answer.body.active]).toEqual([200, undefined]);
    expect(
      (await idp.send("GET", `/Users?filter=userName%20eq%20"default@acme.test"`)).body.totalResults,
    ).toBe(1);
  });

  test("never makes more than a list can hold", async () => {
    const { body } = await idp.send("POST", "/Users", ada("growing@acme.test"));
    const grow = (path: string) =>
      idp.patch(`/Users/${body.id}`, { op: "add", path, value: "a".repeat(80 * 1024) });
    expect((await grow("first")).status).toBe(200);
    const answer = await grow("second");
    expect([answer.status, answer.body.scimType]).toEqual([400, "invalidValue"]);
  });

  test("changes all or nothing", async () => {
    const { body } = await idp.send("POST", "/Users", ada("atomic@acme.test"));
    const answer = await idp.patch(
      `/Users/${body.id}`,
      { op: "replace", path: "displayName", value: "Changed" },
      { op: "replace", path: "emails[nonsense", value: "x" },
    );
    expect(answer.status).toBe(400);
    expect((await idp.send("GET", `/Users/${body.id}`)).body).toEqual(body);
  });

  test("keeps the same person's changes apart: twenty at once are twenty versions", async () => {
    const [id] = await idp.users("busy@acme.test");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        idp.patch(`/Users/${id}`, { op: "add", path: `attribute${at}`, value: at }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { body } = await idp.send("GET", `/Users/${id}`);
    expect(Object.keys(body).filter((name) => name.startsWith("attribute"))).toHaveLength(20);
    expect(body.meta.version).toBe('W/"21"');
  });

  test("with the expected version is made once", async () => {
    const [id] = await idp.users("once@acme.test");
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        idp.send(
          "PATCH",
          `/Users/${id}`,
          { Operations: [{ op: "replace", path: "title", value: `title ${at}` }] },
          { "if-match": 'W/"1"' },
        ),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)]);
  });
});

describe("DELETE of a user", () => {
  test("is 204, then 404, and takes them out of all groups", async () => {
    const [id = "", other = ""] = await idp.users("gone@acme.test", "stays@acme.test");
    const groups = [await idp.group("Left 1", [id, other]), await idp.group("Left 2", [id])];
    await idp.events();
    const answer = await idp.send("DELETE", `/Users/${id}`);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    for (const method of ["GET", "DELETE"]) expect((await idp.send(method, `/Users/${id}`)).status).toBe(404);
    const left = await Promise.all(groups.map((group) => idp.send("GET", `/Groups/${group}`)));
    expect(left.map(({ body }) => body.members.map(({ value }: { value: string }) => value))).toEqual([
      [other],
      [],
    ]);
    expect(left.map(({ body }) => body.meta.version)).toEqual(['W/"2"', 'W/"2"']);
    expect((await idp.events()).map(({ type }) => type).sort()).toEqual([
      "organization.directory.group_updated",
      "organization.directory.group_updated",
      "organization.directory.user_deleted",
    ]);
  });

  test("of another version is 412", async () => {
    const [id] = await idp.users("kept@acme.test");
    expect((await idp.send("DELETE", `/Users/${id}`, undefined, { "if-match": 'W/"7"' })).status).toBe(412);
    expect((await idp.send("DELETE", `/Users/${id}`, undefined, { "if-match": 'W/"1"' })).status).toBe(204);
  });
});

describe("events", () => {
  const types = async () =>
    (await idp.events()).map(({ type }) => type.replace("organization.directory.", ""));

  test("follow what happened to a person", async () => {
    await types();
    const [id] = await idp.users("events@acme.test");
    expect(await types()).toEqual(["user_created"]);
    await idp.patch(`/Users/${id}`, { op: "replace", path: "title", value: "Engineer" });
    expect(await types()).toEqual(["user_updated"]);
    await idp.patch(`/Users/${id}`, { op: "replace", value: { active: false } });
    expect(await types()).toEqual(["user_updated", "user_deleted"]);
    await idp.patch(`/Users/${id}`, { op: "replace", value: { active: false } });
    expect(await types()).toEqual([]);
    await idp.patch(`/Users/${id}`, { op: "Replace", path: "active", value: "True" });
    expect(await types()).toEqual(["user_created"]);
    await idp.send("DELETE", `/Users/${id}`);
    expect(await types()).toEqual(["user_deleted"]);
  });

  test("name the directory as the one who did it", async () => {
    await idp.users("actor@acme.test");
    const row = await app.app.db
      .selectFrom("events")
      .select(["actor_kind", "actor_id"])
      .where("organization_id", "=", idp.organizationId)
      .orderBy("id", "desc")
      .executeTakeFirst();
    expect(row).toEqual({ actor_kind: "DIRECTORY", actor_id: idp.directory.id });
  });
});
