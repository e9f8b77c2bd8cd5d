/** From the authorization URL to tokens and back out, by SAML, as an app and a browser see it. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  authorizeUrl,
  callback,
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
});
afterAll(async () => app.stop());

describe("a sign-in by SAML", () => {
  test("brings the app a code, and the code brings tokens about the user", async () => {
    const { answer } = await samlSignIn(app, tenant);
    expect(answer.get("state")).toBe("state-1");
    expect(answer.get("iss")).toBe(app.url);
    const code = answer.get("code") ?? "";
    const { status, body, headers } = await postToken(app, {
      grant_type: "authorization_code",
      code,
      redirect_uri: callback,
    });
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    const idToken = decodeJwt(body.id_token ?? "");
    expect(idToken).toMatchObject({
      iss: app.url,
      aud: [app.clientId],
      oid: tenant.organizationId,
      amr: [tenant.connectionId],
      email: `ada@${tenant.domain}`,
      email_verified: true,
      given_name: "Ada",
    });
    expect(idToken.sub).toMatch(/^usr_\d{18}$/);
    expect(decodeJwt(body.access_token ?? "")).toMatchObject({
      sub: idToken.sub,
      roles: ["member"],
      permissions: ["sk_org_settings_read", "sk_org_users_read"],
    });
    expect(body.refresh_token).toMatch(/^rt_.{43}$/);
  });

  test("leaves a session that answers the next authorize at once", async () => {
    const { browser } = await samlSignIn(app, tenant);
    const again = await browser.visit(authorizeUrl(app, { prompt: "none" }));
    expect(new URL(again.location).searchParams.get("code")).toMatch(/^.{43}$/);
  });
});
