/** The way into the dashboard: links that open once, sessions, and what their cookie may do at the API. */
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-node";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeExpired } from "../../jobs/expire.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { toldSoFar } from "../../testing/scenarios.ts";
import { signInMember } from "../../testing/workspace.ts";
import * as invitations from "./invitations.ts";
import * as members from "./members.ts";

let app: TestApp;
let admin: members.Member;
let organizationId: string;

beforeAll(async () => {
  app = await startTestApp();
  admin = await members.create(app.systemCtx(), { email: "ada@acme.com", role: "ADMIN" });
  const { body } = await app.api("/organizations", { body: { display_name: "Acme" } });
  organizationId = body.organization.id;
});
afterAll(async () => app.stop());

const invite = () => invitations.invite(app.systemCtx(), admin);
const post = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", redirect: "manual", headers });

/** Signs the administrator in. @returns the cookie as the browser would send it */
async function signIn(): Promise<string> {
  const answer = await post(await invite());
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

const api = (path: string, headers: Record<string, string>, method = "GET") =>
  fetch(`${app.url}/api/v1${path}`, { method, headers });

describe("a sign-in link", () => {
  test("shows whom it is for, and takes a button to be used", async () => {
    const link = await invite();
    expect(link).toMatch(new RegExp(`^${app.url}/dashboard/invitations/[A-Za-z0-9_-]{43}$`));
    const browser = new TestBrowser(app.url);
    for (let at = 0; at < 2; at++) {
      const page = await browser.visit(link);
      expect(page.status).toBe(200);
      expect(page.body).toContain("ada@acme.com");
    }
    const used = await browser.follow(link, { form: {} });
    expect(used.status).toBe(200);
    expect(used.body).toContain("You are signed in");
    expect(used.body).toContain(admin.id);
  });

  test("sets a cookie that no script and no other site's form can use", async () => {
    const answer = await post(await invite());
    expect({ status: answer.status, location: answer.headers.get("location") }).toEqual({
      status: 303,
      location: "/dashboard",
    });
    expect(answer.headers.get("set-cookie")).toMatch(
      /^gh_workspace=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=2592000; SameSite=Lax; HttpOnly$/,
    );
  });

  test("opens once, of twenty at once too", async () => {
    const link = await invite();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(link)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([303, ...Array(19).fill(404)]);
    const again = await fetch(link);
    expect(again.status).toBe(404);
    expect(await again.text()).toContain("MEMBER_LINK_INVALID");
  });

  test("is not used by a form of another site", async () => {
    const link = await invite();
    const strangers = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of strangers) {
      const answer = await post(link, headers as Record<string, string>);
      expect({ status: answer.status, cookie: answer.headers.get("set-cookie") }).toEqual({
        status: 403,
        cookie: null,
      });
    }
    expect((await post(link, { "sec-fetch-site": "same-origin" })).status).toBe(303);
  });

  test("is written nowhere, nor is the session's secret", async () => {
    const link = await invite();
    const cookie = (await post(link)).headers.get("set-cookie") ?? "";
    const secrets = [link.split("/").at(-1) ?? "", /=([^;]+)/.exec(cookie)?.[1] ?? ""];
    const { db } = app.app;
    const rows = [
      await db.selectFrom("member_invitations").selectAll().execute(),
      await db.selectFrom("member_sessions").selectAll().execute(),
      await toldSoFar(app),
    ];
    for (const secret of secrets) expect(JSON.stringify(rows)).not.toContain(secret);
  });

  test("is made for the first administrator, and for whoever is invited by address", async () => {
    const ctx = app.systemCtx();
    expect(await (await fetch(await invitations.inviteFirst(ctx))).text()).toContain("ada@acme.com");
    const link = await invitations.inviteByEmail(ctx, "New@acme.com");
    expect(await (await fetch(link)).text()).toContain("new@acme.com");
    await invitations.inviteByEmail(ctx, "new@ACME.com");
    const { items } = await members.list(ctx, { pageSize: 100, pageToken: "" });
    expect(items.map(({ email, role }) => [email, role])).toEqual([
      ["new@acme.com", "USER"],
      ["ada@acme.com", "ADMIN"],
    ]);
    await expect(invitations.inviteByEmail(ctx, "nobody")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("is made by many who start at once for one first administrator", async () => {
    const fresh = await startTestApp();
    const ctx = fresh.systemCtx();
    const links = await Promise.all([
      ...Array.from({ length: 8 }, () => invitations.inviteFirst(ctx)),
      ...Array.from({ length: 8 }, () => invitations.inviteByEmail(ctx, "ada@acme.com")),
    ]);
    expect(new Set(links).size).toBe(16);
    const { items } = await members.list(ctx, { pageSize: 100, pageToken: "" });
    expect(items.filter(({ role }) => role === "ADMIN")).toHaveLength(1);
    expect(new Set(items.map(({ email }) => email)).size).toBe(items.length);
    await fresh.stop();
  });
});

describe("a member's cookie at the API", () => {
  test("admits them to what WORKSPACE callers may do, on REST and gRPC-Web", async () => {
    const cookie = await signIn();
    expect((await api("/members:this", { cookie })).status).toBe(200);
    const link = await api(`/organizations/${organizationId}/portal_links`, { cookie }, "PUT");
    expect(((await link.json()) as { link: { location: string } }).link.location).toMatch(/_p$/);
    const listed = await api(`/organizations/${organizationId}/portal_links`, { cookie });
    expect(((await listed.json()) as { links: unknown[] }).links).toHaveLength(1);
    expect((await api(`/organizations/${organizationId}/portal_links`, { cookie }, "DELETE")).status).toBe(
      200,
    );
    const reported = await fetch(`${app.url}/api/v1/events/frontend_events/page_opened`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: '{"page":"organizations"}',
    });
    expect(await reported.json()).toMatchObject({ event_id: expect.stringMatching(/^evt_/) });
    const transport = createGrpcWebTransport({ baseUrl: app.url, httpVersion: "1.1" });
    const client = createClient(OrganizationService, transport);
    const answer = await client.listOrganization({}, { headers: { cookie } });
    expect(answer.organizations.length).toBeGreaterThan(0);
  });

  test("lets them change what is said of themselves, not what they may do", async () => {
    const { api } = await signInMember(app, "carol@acme.com");
    const names = { first_name: "Carol", last_name: "Danvers" };
    const changed = await api("/members:this", { method: "PATCH", body: { ...names, role: "USER" } });
    expect(changed).toMatchObject({ status: 200, body: { member: { email: "carol@acme.com", ...names } } });
    expect((await api("/members:this")).body.member).toMatchObject({ ...names, role: "ADMIN" });
    const tooLong = { first_name: "x".repeat(1_000) };
    expect((await api("/members:this", { method: "PATCH", body: tooLong })).status).toBe(400);
  });

  test("admits them to nothing else", async () => {
    const cookie = await signIn();
    const answer = await api("/events/paginated", { cookie, "content-type": "application/json" }, "POST");
    expect(answer.status).toBe(403);
  });

  test("counts for no page but ours", async () => {
    const cookie = await signIn();
    for (const stranger of [{ "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }]) {
      const headers = { cookie, ...stranger } as Record<string, string>;
      expect((await api(`/organizations/${organizationId}`, headers, "DELETE")).status).toBe(403);
      expect((await api(`/organizations/${organizationId}`, headers)).status).toBe(403);
    }
    expect((await api(`/organizations/${organizationId}`, { cookie, origin: app.url })).status).toBe(200);
  });

  test("counts for less than a token that came along", async () => {
    const cookie = await signIn();
    const answer = await api("/members:this", { cookie, authorization: "Bearer x" });
    expect(answer.status).toBe(401);
  });

  test.each(["gh_workspace=", "gh_workspace=x", "gh_session=x", "__Host-gh_workspace={secret}"])(
    "is no caller as %s",
    async (made) => {
      const secret = (await signIn()).split("=")[1] ?? "";
      const answer = await api("/members:this", { cookie: made.replace("{secret}", secret) });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 16, message: "Token empty" });
    },
  );

  test("notes who did it", async () => {
    const cookie = await signIn();
    const body = JSON.stringify({ display_name: "Renamed" });
    await fetch(`${app.url}/api/v1/organizations/${organizationId}`, {
      method: "PATCH",
      headers: { cookie, "content-type": "application/json" },
      body,
    });
    const row = await app.app.db
      .selectFrom("events")
      .selectAll()
      .where("type", "=", "organization.updated")
      .orderBy("id", "desc")
      .executeTakeFirst();
    expect(row).toMatchObject({ actor_kind: "WORKSPACE", actor_id: admin.id });
  });
});

describe("a session", () => {
  test("ends by signing out, also for the API", async () => {
    const cookie = await signIn();
    expect(
      (await post(`${app.url}/dashboard/sign-out`, { cookie, origin: "https://evil.example" })).status,
    ).toBe(403);
    const out = await post(`${app.url}/dashboard/sign-out`, { cookie });
    expect(out.headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await api("/members:this", { cookie })).status).toBe(401);
    const page = await fetch(`${app.url}/dashboard`, { headers: { cookie } });
    expect(page.status).toBe(401);
    expect(await page.text()).toContain("MEMBER_SIGNED_OUT");
  });

  test("ends with its member", async () => {
    const ctx = app.systemCtx();
    const guest = await members.create(ctx, { email: "guest@acme.com", role: "USER" });
    const link = await invitations.invite(ctx, guest);
    const unused = await invitations.invite(ctx, guest);
    const cookie = ((await post(link)).headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    await members.delete(ctx, guest.id);
    expect((await api("/members:this", { cookie })).status).toBe(401);
    expect((await post(unused)).status).toBe(404);
  });

  // These move the clock.
  test("lives while it is used, dies of a week's idleness, and after 30 days in any case", async () => {
    const day = 86_400;
    const idle = await signIn();
    const busy = await signIn();
    for (let at = 0; at < 4; at++) {
      app.advance(6 * day);
      expect((await api("/members:this", { cookie: busy })).status).toBe(200);
    }
    expect((await api("/members:this", { cookie: idle })).status).toBe(401);
    app.advance(6 * day + 1);
    expect((await api("/members:this", { cookie: busy })).status).toBe(401);
  });

  test("and links leave no rows behind", async () => {
    const link = await invite();
    app.advance(15 * 60 + 1);
    expect((await post(link)).status).toBe(404);
    app.advance(31 * 86_400);
    await removeExpired(app.app);
    const { db } = app.app;
    expect(await db.selectFrom("member_invitations").select("member_id").execute()).toEqual([]);
    expect(await db.selectFrom("member_sessions").select("member_id").execute()).toEqual([]);
  });
});
