/** Modular mode: the identity goes to the app, and no user or session of ours comes of it. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { redemption } from "../../testing/oauth.ts";
import {
  authorizeUrl,
  createSamlTenant,
  postToken,
  type SamlTenant,
  samlSignIn,
} from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  expect((await app.api("/features/fsa/disable", { method: "POST", body: {} })).status).toBe(200);
});
afterAll(async () => app.stop());

async function errorOf(values: Record<string, string>) {
  const { location } = await new TestBrowser(app.url).visit(authorizeUrl(app, values));
  const { searchParams } = new URL(location);
  expect([searchParams.get("state"), searchParams.get("iss")]).toEqual(["state-1", app.url]);
  return searchParams.get("error");
}

describe("refusals", () => {
  test.each([
    [{}, "invalid_connection_selector"],
    [{ domain: "unknown.test" }, "domain_not_found"],
    [{ login_hint: "ada@unknown.test" }, "domain_not_found"],
    [{ organization_id: "org_000000000000000000" }, "invalid_organization_id"],
    [{ connection_id: "conn_000000000000000000" }, "invalid_connection_id"],
    [{ provider: "google" }, "no_configured_connections"],
    [{ response_type: "token" }, "unsupported_response_type"],
  ] as [Record<string, string>, string][])("%j → %s", async (values, error) =>
    expect(await errorOf(values)).toBe(error),
  );

  test("prompt=none, since there is no session", async () => {
    expect(await errorOf({ connection_id: tenant.connectionId, prompt: "none" })).toBe("login_required");
  });

  test("an organization without a connection, and one whose connection is off", async () => {
    const organization = await app.api("/organizations", { body: { display_name: "Without SSO" } });
    const empty = { organization_id: organization.body.organization.id };
    expect(await errorOf(empty)).toBe("no_configured_connections");
    const off = await createSamlTenant(app);
    const path = `/organizations/${off.organizationId}/connections/${off.connectionId}:disable`;
    await app.api(path, { method: "PATCH" });
    expect(await errorOf({ organization_id: off.organizationId })).toBe("no_active_connections");
    expect(await errorOf({ domain: off.domain })).toBe("no_active_connections");
  });
});

test("tokens are about the identity: no refresh token, no session, fifteen minutes", async () => {
  const { answer, browser } = await samlSignIn(app, tenant, { email: "Ada@elsewhere.test" });
  expect(browser.cookies.has("gh_session")).toBe(false);
  const { status, body } = await postToken(app, redemption(answer.get("code") ?? ""));
  expect(status).toBe(200);
  expect(body).not.toHaveProperty("refresh_token");
  expect(body.scope).toBe("openid profile email");
  expect(body.expires_in).toSatisfy((seconds) => seconds === 899 || seconds === 900);
  const [id, access] = [decodeJwt(body.id_token ?? ""), decodeJwt(body.access_token ?? "")];
  const sub = `${tenant.connectionId};Ada@elsewhere.test`;
  expect(id).toMatchObject({
    sub,
    email: "ada@elsewhere.test",
    oid: tenant.organizationId,
    amr: [tenant.connectionId],
  });
  expect(access.sub).toBe(sub);
  expect(access.sid).toBeUndefined();
  const userinfo = await fetch(`${app.url}/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  expect(await userinfo.json()).toEqual({ sub, oid: tenant.organizationId });
  expect((await app.api("/organizations", { token: body.access_token ?? "" })).status).toBe(401);
  expect(await app.app.db.selectFrom("users").selectAll().execute()).toEqual([]);
});

test("the switch back counts at once", async () => {
  expect((await app.api("/features/fsa/enable", { method: "POST", body: {} })).status).toBe(200);
  const { location } = await new TestBrowser(app.url).visit(authorizeUrl(app, {}));
  expect(new URL(location).pathname).toBe("/a/auth/login");
  await app.api("/features/fsa/disable", { method: "POST", body: {} });
  expect(await errorOf({})).toBe("invalid_connection_selector");
});
