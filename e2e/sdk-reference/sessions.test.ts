/** The official Node SDK, unmodified: `client.session`, method by method as its reference says. */
import { Scalekit, ScalekitBadRequestException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { signInForTokens } from "../../packages/server/src/testing/oauth.ts";
import { callback, createSamlTenant, type SamlTenant } from "../../packages/server/src/testing/sign-in.ts";
import { describeMethods } from "./cases.ts";

let app: TestApp;
let sdk: Scalekit;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);

/** Signs Ada in, in a browser of her own. */
async function signIn() {
  const { browser, tokens } = await signInForTokens(app, tenant);
  const { sid, sub } = decodeJwt<{ sid: string; sub: string }>(tokens.access_token ?? "");
  return { browser, refreshToken: tokens.refresh_token ?? "", session: sid, userId: sub };
}

describeMethods("session", () => sdk, {
  async getSession() {
    const { session, userId } = await signIn();
    const read = await sdk.session.getSession(session);
    expect(read).toMatchObject({
      sessionId: session,
      userId,
      status: "active",
      organizationId: tenant.organizationId,
      authenticatedOrganizations: [tenant.organizationId],
      authenticatedClients: [{ clientId: app.clientId }],
      device: { ip: "127.0.0.1" },
    });
    for (const time of [read.createdAt, read.absoluteExpiresAt, read.idleExpiresAt, read.lastActiveAt])
      expect(time).toBeDefined();
    await notFound(sdk.session.getSession("ses_100000000000000001"));
    await expect(sdk.session.getSession("nobody")).rejects.toBeInstanceOf(ScalekitBadRequestException);
  },

  async getUserSessions() {
    const [older, newer] = [await signIn(), await signIn()];
    const { userId } = older;
    const list = (options: Parameters<typeof sdk.session.getUserSessions>[1]) =>
      sdk.session.getUserSessions(userId, options);
    const first = await list({ filter: { status: ["active"] }, pageSize: 1 });
    const second = await list({
      pageSize: 1,
      pageToken: first.nextPageToken,
      filter: { status: ["active"] },
    });
    const shown = [...first.sessions, ...second.sessions].map(({ sessionId }) => sessionId);
    expect(shown).toEqual([newer.session, older.session]);
    await sdk.session.revokeSession(older.session);
    const active = await list({ filter: { status: ["active"] }, pageSize: 20 });
    expect(active.totalSize).toBe(first.totalSize - 1);
    const revoked = await list({ filter: { status: ["revoked"] } });
    expect(revoked.sessions.map(({ sessionId }) => sessionId)).toContain(older.session);
    const later = new Date(Date.now() + 60_000);
    expect((await list({ filter: { startTime: later } })).sessions).toEqual([]);
    expect((await list({ filter: { endTime: later } })).totalSize).toBeGreaterThan(1);
    await notFound(sdk.session.getUserSessions("usr_100000000000000001"));
  },

  async revokeSession() {
    const { session, refreshToken, browser } = await signIn();
    const { revokedSession } = await sdk.session.revokeSession(session);
    expect(revokedSession).toMatchObject({ sessionId: session, status: "revoked" });
    expect((await sdk.session.getSession(session)).status).toBe("revoked");
    await expect(sdk.refreshAccessToken(refreshToken)).rejects.toThrow(/status code 400/);
    const { organizationId } = tenant;
    const silent = await browser.visit(sdk.getAuthorizationUrl(callback, { organizationId, prompt: "none" }));
    expect(new URL(silent.location).searchParams.get("error")).toBe("login_required");
    await notFound(sdk.session.revokeSession("ses_100000000000000001"));
  },

  async revokeAllUserSessions() {
    const { userId } = await signIn();
    const { session } = await signIn();
    const answer = await sdk.session.revokeAllUserSessions(userId);
    expect(answer.totalRevoked).toBe(answer.revokedSessions.length);
    expect(answer.revokedSessions.map(({ sessionId }) => sessionId)).toContain(session);
    const left = await sdk.session.getUserSessions(userId, { filter: { status: ["active"] } });
    expect(left.sessions).toEqual([]);
    expect((await sdk.session.revokeAllUserSessions(userId)).totalRevoked).toBe(0);
    await notFound(sdk.session.revokeAllUserSessions("usr_100000000000000001"));
  },
});
