/** What redeems a code, and what does not: once, in time, by its client, at its address, with its verifier. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSecret } from "../../lib/secrets.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, redemption } from "../../testing/oauth.ts";
import { createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

async function newCode(options: Parameters<typeof samlSignIn>[2] = {}): Promise<string> {
  const { answer } = await samlSignIn(app, tenant, options);
  return answer.get("code") ?? "";
}

describe("a code is refused", () => {
  test("when another client shows it; its own client still redeems it", async () => {
    const code = await newCode();
    const other = await addClient(app);
    const stolen = await postToken(app, {
      ...redemption(code),
      client_id: other.id,
      client_secret: other.secret,
    });
    expect([stolen.status, stolen.body.error]).toEqual([400, "invalid_grant"]);
    expect((await postToken(app, redemption(code))).status).toBe(200);
  });

  test.each([
    ["another redirect URI", { redirect_uri: "http://localhost:5555/other" }, "invalid_grant"],
    ["no redirect URI", { redirect_uri: "" }, "invalid_request"],
    ["a verifier that no challenge asked for", { code_verifier: newSecret() }, "invalid_grant"],
    ["no code", { code: "" }, "invalid_request"],
    ["an unknown code", { code: newSecret() }, "invalid_grant"],
  ])("with %s", async (_, change, error) => {
    const form = { ...redemption(await newCode()), ...change };
    const { status, body } = await postToken(app, form);
    expect([status, body.error]).toEqual([400, error]);
  });

  test.each([
    ["no verifier", undefined],
    ["a wrong verifier", newSecret()],
    ["the challenge itself as verifier", "challenge"],
  ])("with %s where PKCE was begun", async (_, verifier) => {
    const right = newSecret();
    const code = await newCode({ verifier: right });
    const refused = await postToken(app, redemption(code, verifier));
    expect(refused.body.error).toBe("invalid_grant");
    expect((await postToken(app, redemption(code, right))).status).toBe(200);
  });

  test("when its session has ended", async () => {
    const { browser, answer } = await samlSignIn(app, tenant);
    await browser.visit(`${app.url}/oidc/logout`);
    const { body } = await postToken(app, redemption(answer.get("code") ?? ""));
    expect(body.error).toBe("invalid_grant");
  });

  test("after ten minutes", async () => {
    const code = await newCode();
    app.advance(601);
    const { body } = await postToken(app, redemption(code));
    expect(body).toMatchObject({ error: "invalid_grant" });
    expect(body.error_description).toContain("expired");
  });
});

describe("a code brings", () => {
  test("tokens whose claims the official SDKs can read", async () => {
    const { body } = await postToken(
      app,
      redemption(await newCode({ authorize: { nonce: "n-1", connection_id: tenant.connectionId } })),
    );
    expect(body).toMatchObject({ token_type: "Bearer", scope: "openid profile email offline_access" });
    expect(body.expires_in).toSatisfy((seconds) => seconds === 299 || seconds === 300);
    const [id, access] = [decodeJwt(body.id_token ?? ""), decodeJwt(body.access_token ?? "")];
    expect(id).toMatchObject({
      aud: [app.clientId],
      azp: app.clientId,
      nonce: "n-1",
      amr: [tenant.connectionId],
    });
    expect(id.exp).toBe((id.iat ?? 0) + 1800);
    expect(access).toMatchObject({
      aud: [app.clientId],
      sub: id.sub,
      sid: id.sid,
      roles: ["member"],
      permissions: ["sk_org_settings_read", "sk_org_users_read"],
    });
    expect(access.exp).toBe((access.iat ?? 0) + 300);
    expect(access.email).toBeUndefined();
    expect(access.iat).toBeLessThanOrEqual(app.app.now().getTime() / 1000);
  });

  test("no refresh token without offline_access, nor for a client that may not refresh", async () => {
    const plain = await newCode({ authorize: { connection_id: tenant.connectionId, scope: "openid email" } });
    const { body } = await postToken(app, redemption(plain));
    expect(body).not.toHaveProperty("refresh_token");
    expect(decodeJwt(body.id_token ?? "").given_name).toBeUndefined();
    const client = await addClient(app, { grantTypes: ["authorization_code"] });
    const code = await newCode({ authorize: { connection_id: tenant.connectionId, client_id: client.id } });
    const credentials = { client_id: client.id, client_secret: client.secret };
    const answer = await postToken(app, { ...redemption(code), ...credentials });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("refresh_token");
  });

  test("a public client tokens by its verifier alone, and none with a secret", async () => {
    const client = await addClient(app, { type: "SPA" });
    const verifier = newSecret();
    const authorize = { connection_id: tenant.connectionId, client_id: client.id };
    const code = await newCode({ verifier, authorize });
    const form = new URLSearchParams({ ...redemption(code, verifier), client_id: client.id });
    const post = (body: URLSearchParams) => fetch(`${app.url}/oauth/token`, { method: "POST", body });
    expect((await post(new URLSearchParams([...form, ["client_secret", "x"]]))).status).toBe(401);
    expect((await post(form)).status).toBe(200);
  });
});
