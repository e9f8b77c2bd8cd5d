/** Members through the front door: the table of every operation, who may do it, and what it announces. */
import { Code } from "@connectrpc/connect";
import { MemberRole, MembersService } from "@gatehouse/contract/scalekit/v1/members/members_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ctx } from "../../context.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, rpc, sessionToken } from "../../testing/callers.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import * as members from "./members.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const [name, role] of Object.entries({ ada: "ADMIN", bob: "USER" })) {
    const { body } = await app.api("/members", { body: { email: `${name}@acme.com`, role } });
    places[name] = body.member.id;
  }
  places.user = await sessionToken(app, await createSamlTenant(app), []);
});
afterAll(async () => app.stop());

const as = (memberId: string | undefined): Ctx =>
  Object.assign(app.systemCtx(), { caller: { kind: "WORKSPACE", memberId: memberId ?? "" } });
const unknown = "mem_100000000000000001";
const exists = { code: 6, details: [{ error_code: "MEMBER_EXISTS" }] };

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "answers with the member, in lower case, without authority over others",
      request: "POST /members",
      body: { email: "Carol@Acme.com", first_name: "Carol", metadata: { team: "ops" } },
      status: 200,
      answer: {
        member: {
          id: expect.stringMatching(/^mem_\d{18}$/),
          email: "carol@acme.com",
          role: "USER",
          first_name: "Carol",
          last_name: "",
          metadata: { team: "ops" },
          workspace_id: expect.stringMatching(/^wsp_\d{18}$/),
          user_profile: { given_name: "Carol", first_name: "Carol", name: "Carol" },
        },
      },
      events: ["member.created"],
    },
    {
      name: "refuses an address that is a member's, in other letters too",
      request: "POST /members",
      body: { email: "ADA@acme.com" },
      status: 409,
      answer: exists,
    },
    { name: "refuses what is no address", request: "POST /members", body: { email: "ada" }, status: 400 },
    { name: "refuses no address", request: "POST /members", body: { first_name: "Nobody" }, status: 400 },
    { name: "refuses an empty body", request: "POST /members", body: {}, status: 400 },
    {
      name: "refuses a role that there is not",
      request: "POST /members",
      body: { email: "x@acme.com", role: "OWNER" },
      status: 400,
    },
    {
      name: "refuses the number of a role that there is not",
      request: "POST /members",
      body: { email: "x@acme.com", role: 9 },
      status: 400,
    },
    {
      name: "refuses a name of 201",
      request: "POST /members",
      body: { email: "x@acme.com", first_name: "x".repeat(201) },
      status: 400,
    },
    {
      name: "refuses an address of 255",
      request: "POST /members",
      body: { email: `${"x".repeat(60)}@${"y.".repeat(96)}com` },
      status: 400,
    },
    {
      name: "is none of an end user's business",
      request: "POST /members",
      caller: "user",
      body: { email: "x@acme.com" },
      status: 403,
    },
  ]);

  test("of several at once, one wins", async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => app.api("/members", { body: { email: "race@acme.com" } })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
  });
});

describe("get, list and update", () => {
  testScenarios(() => app, places, [
    {
      name: "get answers",
      request: "GET /members/{ada}",
      status: 200,
      answer: { member: { id: "{ada}", role: "ADMIN" } },
    },
    { name: "get finds no unknown one", request: `GET /members/${unknown}`, status: 404 },
    { name: "get refuses an id that is too short", request: "GET /members/mem_1", status: 400 },
    {
      name: "an application is no member",
      request: "GET /members:this",
      status: 404,
      answer: { details: [{ error_code: "MEMBER_IS_CALLER" }] },
    },
    {
      name: "nor can it change itself",
      request: "PATCH /members:this",
      body: { first_name: "X" },
      status: 404,
    },
    {
      name: "update changes what is given and leaves the rest",
      request: "PATCH /members/{bob}",
      body: {
        last_name: "Builder",
        user_profile: { given_name: "Bob", locale: "en-GB", metadata: { desk: "17" } },
      },
      status: 200,
      answer: {
        member: {
          first_name: "Bob",
          last_name: "Builder",
          email: "bob@acme.com",
          user_profile: { name: "Bob Builder", locale: "en-GB", metadata: { desk: "17" } },
        },
      },
      events: ["member.updated"],
    },
    {
      name: "update keeps a profile that is not named",
      request: "PATCH /members/{bob}",
      body: { metadata: { team: "ops" } },
      status: 200,
      answer: { member: { metadata: { team: "ops" }, user_profile: { locale: "en-GB" } } },
      events: ["member.updated"],
    },
    {
      name: "update refuses attributes that nobody declared",
      request: "PATCH /members/{bob}",
      body: { user_profile: { custom_attributes: { shoe: "44" } } },
      status: 400,
    },
    {
      name: "update refuses groups",
      request: "PATCH /members/{bob}",
      body: { user_profile: { groups: ["admins"] } },
      status: 400,
    },
    {
      name: "update refuses an empty name",
      request: "PATCH /members/{bob}",
      body: { first_name: "" },
      status: 400,
    },
    {
      name: "update finds no unknown one",
      request: `PATCH /members/${unknown}`,
      body: { first_name: "X" },
      status: 404,
    },
    { name: "a list is no end user's business", request: "GET /members", caller: "user", status: 403 },
    {
      name: "a list refuses a token that it did not give out",
      request: "GET /members?page_token=x",
      status: 400,
    },
  ]);

  test("a list goes in pages, newest first, with the count", async () => {
    const all = (await app.api("/members?page_size=100")).body;
    expect(all.total_size).toBe(all.members.length);
    const first = (await app.api("/members?page_size=2")).body;
    const second = (await app.api(`/members?page_size=2&page_token=${first.next_page_token}`)).body;
    const ids = [...first.members, ...second.members].map((each: { id: string }) => each.id);
    expect(ids).toEqual(all.members.slice(0, 4).map((each: { id: string }) => each.id));
    expect(all.next_page_token).toBe("");
  });

  test("all of it works on gRPC", async () => {
    const client = rpc(app, MembersService);
    const { member } = await client.createMember({
      member: { email: "grpc@acme.com", role: MemberRole.ADMIN },
    });
    const id = member?.id ?? "";
    expect((await client.getMember({ id })).member?.role).toBe(MemberRole.ADMIN);
    expect((await client.listMembers({})).members.map((each) => each.id)).toContain(id);
    await client.updateMember({ id, member: { firstName: "G" } });
    await client.deleteMember({ id });
    await expect(client.getMember({ id })).rejects.toMatchObject({ code: Code.NotFound });
    await expect(client.createMember({})).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("a member without the role ADMIN", () => {
  test("reads all, and changes nobody but themselves", async () => {
    const bob = as(places.bob);
    expect((await members.get(bob, places.ada ?? "")).email).toBe("ada@acme.com");
    expect((await members.current(bob)).email).toBe("bob@acme.com");
    expect((await members.updateCurrent(bob, { firstName: "Robert" })).first_name).toBe("Robert");
    const refused = { code: "MEMBER_NOT_ADMIN", status: "PERMISSION_DENIED" };
    await expect(members.update(bob, places.ada ?? "", { firstName: "X" })).rejects.toMatchObject(refused);
    await expect(members.create(bob, { email: "x@acme.com", role: "ADMIN" })).rejects.toMatchObject(refused);
    await expect(members.delete(bob, places.bob ?? "")).rejects.toMatchObject(refused);
    await expect(members.create(as(unknown), { email: "x@acme.com", role: "USER" })).rejects.toMatchObject(
      refused,
    );
  });
});

describe("delete", () => {
  test("keeps the last administrator, also when two go for each other at once", async () => {
    const { body } = await app.api("/members", { body: { email: "eve@acme.com", role: "ADMIN" } });
    const eve = body.member.id as string;
    const ada = places.ada ?? "";
    const gone = await Promise.all([eve, ada].map((id) => app.api(`/members/${id}`, { method: "DELETE" })));
    expect(gone.map((answer) => answer.status).sort()).toEqual([200, 400]);
    const refused = gone.find((answer) => answer.status === 400);
    expect(refused?.body).toMatchObject({ code: 9, details: [{ error_code: "MEMBER_LAST_ADMIN" }] });
  });

  testScenarios(() => app, places, [
    {
      name: "ends a member",
      request: "DELETE /members/{bob}",
      status: 200,
      answer: {},
      events: ["member.deleted"],
    },
    { name: "finds them no more", request: "DELETE /members/{bob}", status: 404 },
    {
      name: "is none of an end user's business",
      request: "DELETE /members/{ada}",
      caller: "user",
      status: 403,
    },
  ]);
});

test("an application of another environment manages no members", async () => {
  const other = await createEnvironment(app);
  const requests = [
    ["GET", "/members"],
    ["GET", `/members/${places.ada}`],
    ["GET", "/members:this"],
    ["DELETE", `/members/${places.ada}`],
  ] as const;
  for (const [method, path] of requests) {
    const { status, body } = await other.api(path, { method });
    expect({ path, status, body }).toMatchObject({
      path,
      status: 403,
      body: { details: [{ error_code: "MEMBER_WRONG_ENVIRONMENT" }] },
    });
  }
  const created = await other.api("/members", { body: { email: "spy@acme.com" } });
  expect(created.status).toBe(403);
});
