/** Sessions through the management API: shown, listed, ended; and how long they last. */
import { Code } from "@connectrpc/connect";
import { SessionService } from "@gatehouse/contract/scalekit/v1/sessions/sessions_pb";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createEnvironment, rpc } from "../../testing/callers.ts";
import { eventTypesSince, lastEventId, type Places, testScenarios } from "../../testing/scenarios.ts";
import { callback, createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
const places: Places = {};

interface SignedIn {
  access: string;
  refresh: string;
  session: string;
  user: string;
}

async function signIn(email = `ada@${tenant.domain}`, browser = new TestBrowser(app.url)): Promise<SignedIn> {
  // A session that is there already would be used in silence.
  const asked = { connection_id: tenant.connectionId, prompt: "login" };
  const { answer } = await samlSignIn(app, tenant, { email, browser, authorize: asked });
  const code = answer.get("code") ?? "";
  const { body } = await postToken(app, { grant_type: "authorization_code", code, redirect_uri: callback });
  const { sid, sub } = decodeJwt(body.access_token ?? "");
  return {
    access: body.access_token ?? "",
    refresh: body.refresh_token ?? "",
    session: String(sid),
    user: sub ?? "",
  };
}

const refresh = (token: string) => postToken(app, { grant_type: "refresh_token", refresh_token: token });

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  const ada = await signIn();
  const ben = await signIn(`ben@${tenant.domain}`);
  Object.assign(places, {
    ada: ada.user,
    session: ada.session,
    adaToken: ada.access,
    ben: ben.user,
    benSession: ben.session,
  });
});
afterAll(async () => app.stop());

const noSession = { code: 5, details: [{ error_code: "SESSION_NOT_FOUND" }] };
const noUser = { code: 5, details: [{ error_code: "SESSION_USER_NOT_FOUND" }] };

describe("reading", () => {
  testScenarios(() => app, places, [
    {
      name: "a session, with the organization and the app that share it",
      request: "GET /sessions/{session}",
      status: 200,
      answer: {
        session_id: "{session}",
        user_id: "{ada}",
        status: "active",
        device: { ip: "127.0.0.1", device_type: "other", user_agent: expect.any(String) },
        authenticated_organizations: [expect.stringMatching(/^org_/)],
        organization_id: expect.stringMatching(/^org_/),
        authenticated_clients: [
          { client_id: expect.stringMatching(/^skc_/), organization_id: expect.stringMatching(/^org_/) },
        ],
        created_at: expect.stringMatching(/Z$/),
        idle_expires_at: expect.stringMatching(/Z$/),
        absolute_expires_at: expect.stringMatching(/Z$/),
        last_active_at: expect.stringMatching(/Z$/),
      },
    },
    {
      name: "an unknown session",
      request: "GET /sessions/ses_100000000000000001",
      status: 404,
      answer: noSession,
    },
    { name: "an id of another kind", request: "GET /sessions/usr_1", status: 400 },
    { name: "an id with letters", request: "GET /sessions/ses_1a", status: 400 },
    {
      name: "a user's list",
      request: "GET /users/{ada}/sessions",
      status: 200,
      answer: {
        sessions: [{ session_id: "{session}" }],
        total_size: 1,
        next_page_token: "",
        prev_page_token: "",
      },
    },
    {
      name: "a user's list by status, in any case",
      request: "GET /users/{ada}/sessions?filter.status=ACTIVE&filter.status=revoked",
      status: 200,
      answer: { total_size: 1 },
    },
    {
      name: "a list in which nothing has the status",
      request: "GET /users/{ada}/sessions?filter.status=logout",
      status: 200,
      answer: { sessions: [], total_size: 0 },
    },
    {
      name: "a list of the past",
      request: "GET /users/{ada}/sessions?filter.end_time=2020-01-01T00:00:00Z",
      status: 200,
      answer: { sessions: [] },
    },
    {
      name: "a list from the past on",
      request: "GET /users/{ada}/sessions?filter.start_time=2020-01-01T00:00:00Z",
      status: 200,
      answer: { total_size: 1 },
    },
    {
      name: "a status that there is not",
      request: "GET /users/{ada}/sessions?filter.status=paused",
      status: 400,
      answer: { details: [{ validation_error_info: { field_violations: [{ field: "filter.status" }] } }] },
    },
    {
      name: "an end before the start",
      request:
        "GET /users/{ada}/sessions?filter.start_time=2024-01-01T00:00:00Z&filter.end_time=2023-01-01T00:00:00Z",
      status: 400,
    },
    {
      name: "a token of somebody else's list",
      request: "GET /users/{ada}/sessions?page_token=abc",
      status: 400,
    },
    {
      name: "an unknown user",
      request: "GET /users/usr_100000000000000001/sessions",
      status: 404,
      answer: noUser,
    },
    { name: "an id that is none of a user", request: "GET /users/ses_1/sessions", status: 400 },
    {
      name: "one's own list",
      request: "GET /users/{ada}/sessions",
      caller: "adaToken",
      status: 200,
      answer: { total_size: 1 },
    },
    {
      name: "a colleague's list",
      request: "GET /users/{ben}/sessions",
      caller: "adaToken",
      status: 404,
      answer: noUser,
    },
    {
      name: "a session as its user",
      request: "GET /sessions/{session}",
      caller: "adaToken",
      status: 403,
    },
    {
      name: "a colleague's session to be ended",
      request: "POST /sessions/{benSession}/revoke",
      caller: "adaToken",
      status: 404,
      answer: noSession,
    },
  ]);

  test("pages, newest first", async () => {
    const email = `cleo@${tenant.domain}`;
    const made = [await signIn(email), await signIn(email), await signIn(email)];
    const path = `/users/${made[0]?.user}/sessions?page_size=2`;
    const first = (await app.api(path)).body;
    const second = (await app.api(`${path}&page_token=${first.next_page_token}`)).body;
    const ids = [...first.sessions, ...second.sessions].map(
      (each: { session_id: string }) => each.session_id,
    );
    expect(ids).toEqual(made.map(({ session }) => session).reverse());
    expect([first.total_size, second.total_size, second.next_page_token]).toEqual([3, 3, ""]);
    const filtered = await app.api(`${path}&page_token=${first.next_page_token}&filter.status=active`);
    expect(filtered.status).toBe(400);
  });
});

describe("the caller's own session", () => {
  test.each([["/sessions:me"], ["/environments/-/sessions:me"], ["/environments/{env}/sessions:me"]])(
    "GET %s says whose it is and when it ends",
    async (path) => {
      const { status, body } = await app.api(path.replace("{env}", app.environmentId), {
        token: places.adaToken ?? "",
      });
      const { absolute_expires_at, idle_expires_at } = (await app.api(`/sessions/${places.session}`)).body;
      const { exp = 0 } = decodeJwt(places.adaToken ?? "");
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          subject: places.ada,
          email: `ada@${tenant.domain}`,
          organization_id: tenant.organizationId,
          session_expiry: [idle_expires_at, absolute_expires_at].sort()[0],
          access_token_expiry: new Date(exp * 1000).toISOString().replace(".000", ""),
        },
      });
    },
  );

  test("is none for an application, and not to be had of another environment", async () => {
    expect((await app.api("/sessions:me")).status).toBe(403);
    const elsewhere = await app.api("/environments/env_1/sessions:me", { token: places.adaToken ?? "" });
    expect(elsewhere.status).toBe(404);
  });
});

describe("ending", () => {
  test("one session ends its refresh tokens, and is told once", async () => {
    const dora = await signIn(`dora@${tenant.domain}`);
    const since = await lastEventId(app);
    const [once, twice] = [
      await app.api(`/sessions/${dora.session}/revoke`, { method: "POST" }),
      await app.api(`/sessions/${dora.session}/revoke`, { method: "POST" }),
    ];
    expect(once).toMatchObject({
      status: 200,
      body: { revoked_session: { session_id: dora.session, user_id: dora.user, status: "revoked" } },
    });
    expect(twice).toEqual(once);
    expect(once.body.revoked_session.expired_at).toBeDefined();
    expect(await eventTypesSince(app, since)).toEqual(["user.logout"]);
    expect((await refresh(dora.refresh)).status).toBe(400);
    expect((await app.api(`/users/${dora.user}/sessions`, { token: dora.access })).status).toBe(401);
  });

  test("of many at once, one does, and all see the same", async () => {
    const dora = await signIn(`dora@${tenant.domain}`);
    const since = await lastEventId(app);
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => app.api(`/sessions/${dora.session}/revoke`, { method: "POST" })),
    );
    expect(all.map(({ body }) => body.revoked_session.status)).toEqual(Array(4).fill("revoked"));
    expect(await eventTypesSince(app, since)).toEqual(["user.logout"]);
  });

  test("one's own session", async () => {
    const dora = await signIn(`dora@${tenant.domain}`);
    const answer = await app.api(`/sessions/${dora.session}/revoke`, { method: "POST", token: dora.access });
    expect(answer).toMatchObject({ status: 200, body: { revoked_session: { status: "revoked" } } });
  });

  test("all sessions of a user, and nobody else's", async () => {
    const email = `emil@${tenant.domain}`;
    const [one, two] = [await signIn(email), await signIn(email)];
    const path = `/users/${one.user}/sessions/revoke`;
    const { status, body } = await app.api(path, { method: "POST" });
    expect({ status, total: body.total_revoked }).toEqual({ status: 200, total: 2 });
    expect(body.revoked_sessions.map((each: { session_id: string }) => each.session_id).sort()).toEqual(
      [one.session, two.session].sort(),
    );
    expect((await refresh(one.refresh)).status).toBe(400);
    expect((await app.api(path, { method: "POST" })).body).toEqual({
      revoked_sessions: [],
      total_revoked: 0,
    });
    expect((await app.api(`/sessions/${places.session}`)).body.status).toBe("active");
    const unknown = await app.api("/users/usr_1/sessions/revoke", { method: "POST" });
    expect(unknown).toMatchObject({ status: 404, body: noUser });
    const asUser = await app.api(path, { method: "POST", token: places.adaToken ?? "" });
    expect(asUser.status).toBe(403);
  });

  test("works on gRPC", async () => {
    const client = rpc(app, SessionService);
    const fred = await signIn(`fred@${tenant.domain}`);
    expect((await client.getSession({ sessionId: fred.session })).device?.ip).toBe("127.0.0.1");
    const listed = await client.getUserSessions({ userId: fred.user, filter: { status: ["active"] } });
    expect(listed.totalSize).toBe(1);
    expect((await client.revokeAllUserSessions({ userId: fred.user })).totalRevoked).toBe(1);
    await expect(client.getSession({ sessionId: "" })).rejects.toMatchObject({ code: Code.InvalidArgument });
    const far = { seconds: 10n ** 14n, nanos: 0 };
    const beyond = client.getUserSessions({ userId: fred.user, filter: { startTime: far } });
    await expect(beyond).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

test("a session of another environment is not there", async () => {
  const other = await createEnvironment(app);
  const answers = [
    await other.api(`/sessions/${places.session}`),
    await other.api(`/sessions/${places.session}/revoke`, { method: "POST" }),
    await other.api(`/users/${places.ada}/sessions`),
    await other.api(`/users/${places.ada}/sessions/revoke`, { method: "POST" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect((await app.api(`/sessions/${places.session}`)).body.status).toBe("active");
});

describe("time", () => {
  const settings = (body: object) =>
    app.api(`/environments/${app.environmentId}/session-settings`, { method: "PATCH", body });
  const seconds = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;

  test("a session lasts as its environment says when it begins, and goes on so", async () => {
    const before = await signIn(`gina@${tenant.domain}`);
    expect((await settings({ absolute_session_timeout: 60, idle_session_timeout: 10 })).status).toBe(200);
    const after = await signIn(`gina@${tenant.domain}`);
    const [old, young] = [
      (await app.api(`/sessions/${before.session}`)).body,
      (await app.api(`/sessions/${after.session}`)).body,
    ];
    expect(seconds(young.created_at, young.absolute_expires_at)).toBe(3_600);
    expect(seconds(young.last_active_at, young.idle_expires_at)).toBe(600);
    expect(seconds(old.created_at, old.absolute_expires_at)).toBe(30 * 86_400);
    const rotated = await refresh(before.refresh);
    expect(rotated.status).toBe(200);
    const touched = (await app.api(`/sessions/${before.session}`)).body;
    expect(seconds(touched.last_active_at, touched.idle_expires_at)).toBe(7 * 86_400);
  });

  test("signing in again under stricter settings tightens the session, and never loosens it", async () => {
    const browser = new TestBrowser(app.url);
    await settings({ absolute_session_timeout: 600, idle_session_enabled: false });
    const first = await signIn(`hugo@${tenant.domain}`, browser);
    expect((await app.api(`/sessions/${first.session}`)).body).not.toHaveProperty("idle_expires_at");
    await settings({ absolute_session_timeout: 60, idle_session_timeout: 10, idle_session_enabled: true });
    const again = await signIn(`hugo@${tenant.domain}`, browser);
    expect(again.session).toBe(first.session);
    const tightened = (await app.api(`/sessions/${first.session}`)).body;
    expect(seconds(tightened.last_active_at, tightened.idle_expires_at)).toBe(600);
    expect(seconds(tightened.last_active_at, tightened.absolute_expires_at)).toBeLessThanOrEqual(3_600);
    await settings({ absolute_session_timeout: 6_000, idle_session_timeout: 1_000 });
    await signIn(`hugo@${tenant.domain}`, browser);
    const still = (await app.api(`/sessions/${first.session}`)).body;
    expect(still.absolute_expires_at).toBe(tightened.absolute_expires_at);
    expect(seconds(still.last_active_at, still.idle_expires_at)).toBe(600);
  });

  test("a session whose idle time has passed is expired, and is ended no second time", async () => {
    await settings({ absolute_session_timeout: 60, idle_session_timeout: 10 });
    const ivy = await signIn(`ivy@${tenant.domain}`);
    app.advance(601);
    const shown = (await app.api(`/sessions/${ivy.session}`)).body;
    expect(shown).toMatchObject({ status: "expired", expired_at: shown.idle_expires_at });
    const listed = (status: string) => app.api(`/users/${ivy.user}/sessions?filter.status=${status}`);
    expect((await listed("expired")).body.total_size).toBe(1);
    expect((await listed("active")).body.total_size).toBe(0);
    const since = await lastEventId(app);
    const revoked = await app.api(`/sessions/${ivy.session}/revoke`, { method: "POST" });
    expect(revoked.body.revoked_session.status).toBe("expired");
    const all = await app.api(`/users/${ivy.user}/sessions/revoke`, { method: "POST" });
    expect(all.body.total_revoked).toBe(0);
    expect(await eventTypesSince(app, since)).toEqual([]);
    expect((await refresh(ivy.refresh)).status).toBe(400);
  });
});
