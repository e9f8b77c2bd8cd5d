/** Refresh tokens: each is used once, and whatever ends the session ends them. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, type SignedIn, signInForTokens } from "../../testing/oauth.ts";
import { createSamlTenant, postToken, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

let users = 0;
const signIn = () => signInForTokens(app, tenant, { email: `user-${++users}@${tenant.domain}` });
const refreshTokenOf = ({ tokens }: SignedIn) => tokens.refresh_token ?? "";

function refresh(token: string | undefined, more: Record<string, string> = {}) {
  return postToken(app, { grant_type: "refresh_token", refresh_token: token ?? "", ...more });
}

async function expectEnded(token: string | undefined) {
  const { status, body } = await refresh(token);
  expect([status, body.error]).toEqual([400, "invalid_grant"]);
}

test("a refresh brings new tokens about the same user, session and sign-in", async () => {
  const { tokens } = await signIn();
  app.advance(100);
  const { status, body, headers } = await refresh(tokens.refresh_token);
  expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
  expect(body.refresh_token).toMatch(/^rt_.{43}$/);
  expect(body.refresh_token).not.toBe(tokens.refresh_token);
  const [before, after] = [decodeJwt(tokens.id_token ?? ""), decodeJwt(body.id_token ?? "")];
  for (const claim of ["sub", "sid", "oid", "auth_time", "azp", "amr"])
    expect(after[claim]).toEqual(before[claim]);
  expect(after.iat).toBeGreaterThan(before.iat ?? 0);
  expect(decodeJwt(body.access_token ?? "").jti).not.toBe(decodeJwt(tokens.access_token ?? "").jti);
});

describe("scopes", () => {
  test("may be fewer, for one answer", async () => {
    const token = refreshTokenOf(await signIn());
    const narrow = await refresh(token, { scope: "openid email" });
    expect(narrow.body.scope).toBe("openid email");
    expect(decodeJwt(narrow.body.id_token ?? "").given_name).toBeUndefined();
    const whole = await refresh(narrow.body.refresh_token);
    expect(whole.body.scope).toBe("openid profile email offline_access");
  });

  test("may not be more, which leaves the token usable", async () => {
    const token = refreshTokenOf(await signIn());
    expect((await refresh(token, { scope: "openid admin" })).body.error).toBe("invalid_scope");
    expect((await refresh(token, { scope: " " })).body.scope).toBe("openid profile email offline_access");
  });
});

describe("a refresh token ends", () => {
  test("with a logout", async () => {
    const signedIn = await signIn();
    await signedIn.browser.visit(`${app.url}/oidc/logout`);
    await expectEnded(refreshTokenOf(signedIn));
  });

  test("with its revocation, and not by another client's", async () => {
    const token = refreshTokenOf(await signIn());
    const revoke = (client: { id: string; secret: string }) =>
      fetch(`${app.url}/revoke`, {
        method: "POST",
        body: new URLSearchParams({ token, client_id: client.id, client_secret: client.secret }),
      });
    expect((await revoke(await addClient(app))).status).toBe(200);
    const next = await refresh(token);
    expect(next.status).toBe(200);
    const own = { id: app.clientId, secret: app.clientSecret };
    await fetch(`${app.url}/revoke`, {
      method: "POST",
      body: new URLSearchParams({
        token: next.body.refresh_token ?? "",
        client_id: own.id,
        client_secret: own.secret,
      }),
    });
    await expectEnded(next.body.refresh_token);
  });

  test("when the membership is deactivated, and with it the access token at our own endpoints", async () => {
    const { tokens } = await signIn();
    const { sub } = decodeJwt(tokens.access_token ?? "");
    await app.app.db
      .updateTable("memberships")
      .set({ status: "INACTIVE" })
      .where("user_id", "=", sub ?? "")
      .execute();
    await expectEnded(tokens.refresh_token);
    const bearer = { headers: { authorization: `Bearer ${tokens.access_token}` } };
    expect((await fetch(`${app.url}/userinfo`, bearer)).status).toBe(401);
    expect((await app.api("/organizations", { token: tokens.access_token ?? "" })).status).toBe(401);
  });

  test("when the session was idle for seven days; each refresh counts as activity", async () => {
    const token = refreshTokenOf(await signIn());
    app.advance(6 * 86_400);
    const next = await refresh(token);
    expect(next.status).toBe(200);
    app.advance(6 * 86_400);
    const last = await refresh(next.body.refresh_token);
    expect(last.status).toBe(200);
    app.advance(7 * 86_400 + 1);
    await expectEnded(last.body.refresh_token);
  });

  test("when the session is thirty days old, however busy", async () => {
    let token: string | undefined = refreshTokenOf(await signIn());
    for (let day = 0; day < 30; day += 6) {
      const { status, body } = await refresh(token);
      expect(status).toBe(200);
      token = body.refresh_token;
      app.advance(6 * 86_400);
    }
    await expectEnded(token);
  });
});

test("an unknown token, none, and an access token are refused", async () => {
  const { tokens } = await signIn();
  expect((await refresh("rt_unknown")).body.error).toBe("invalid_grant");
  expect((await refresh("")).body.error).toBe("invalid_request");
  expect((await refresh(tokens.access_token)).body.error).toBe("invalid_grant");
});
