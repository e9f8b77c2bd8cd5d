/** Session ids that somebody else chose, and sessions that outlive their user: neither opens anything. */
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { newSecret } from "../lib/secrets.ts";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { type SignedIn, signInForTokens } from "../testing/oauth.ts";
import {
  authorizeUrl,
  createSamlTenant,
  postToken,
  type SamlTenant,
  samlSignIn,
} from "../testing/sign-in.ts";

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  async function isSignedIn(browser: TestBrowser): Promise<boolean> {
    const { location } = await browser.visit(authorizeUrl(cluster(), { prompt: "none" }));
    return new URL(location).searchParams.has("code");
  }

  function browserWith(value: string): TestBrowser {
    const browser = new TestBrowser(cluster().url);
    browser.cookies.set("gh_session", value);
    return browser;
  }

  const again = () => ({ connection_id: tenant.connectionId, prompt: "login" });

  describe("fixation", () => {
    test("the cookie changes at each sign-in, and the former one is worth nothing", async () => {
      const { browser } = await samlSignIn(cluster(), tenant);
      const former = browser.cookies.get("gh_session") ?? "";
      await samlSignIn(cluster(), tenant, { browser, authorize: again() });
      expect(browser.cookies.get("gh_session")).not.toBe(former);
      expect(await isSignedIn(browser)).toBe(true);
      expect(await isSignedIn(browserWith(former))).toBe(false);
    });

    test("a cookie that somebody planted is not taken over", async () => {
      const planted = newSecret();
      const browser = browserWith(planted);
      await samlSignIn(cluster(), tenant, { browser });
      expect(browser.cookies.get("gh_session")).not.toBe(planted);
      expect(await isSignedIn(browser)).toBe(true);
      expect(await isSignedIn(browserWith(planted))).toBe(false);
    });

    test("the attacker's own session does not become the victim's: the sign-in ends it", async () => {
      const attacker = await samlSignIn(cluster(), tenant, { email: `eve@${tenant.domain}` });
      const planted = attacker.browser.cookies.get("gh_session") ?? "";
      const victim = await samlSignIn(cluster(), tenant, {
        browser: browserWith(planted),
        authorize: again(),
      });
      expect(victim.browser.cookies.get("gh_session")).not.toBe(planted);
      expect(await isSignedIn(attacker.browser)).toBe(false);
    });

    test("an id of a session opens nothing, nor does its stored hash", async () => {
      const { tokens } = await signInForTokens(cluster(), tenant);
      const { sid } = decodeJwt(tokens.id_token ?? "");
      const { app } = cluster();
      const row = await app.db
        .selectFrom("sessions")
        .select("secret_hash")
        .where("id", "=", String(sid))
        .executeTakeFirstOrThrow();
      for (const value of [
        String(sid),
        row.secret_hash.toString("base64url"),
        row.secret_hash.toString("hex"),
      ])
        expect(await isSignedIn(browserWith(value))).toBe(false);
    });
  });

  describe("stale: session, refresh token and access token at our own endpoints end with", () => {
    const userOf = ({ tokens }: SignedIn) => decodeJwt(tokens.access_token ?? "").sub ?? "";
    let users = 0;

    const ends: [string, (of: SignedIn) => Promise<unknown>][] = [
      [
        "the deletion of the user",
        (of) => cluster().app.db.deleteFrom("users").where("id", "=", userOf(of)).execute(),
      ],
      [
        "the deactivation of the membership",
        (of) =>
          cluster()
            .app.db.updateTable("memberships")
            .set({ status: "INACTIVE" })
            .where("user_id", "=", userOf(of))
            .execute(),
      ],
      [
        "the removal of the membership",
        (of) => cluster().app.db.deleteFrom("memberships").where("user_id", "=", userOf(of)).execute(),
      ],
      ["the logout", ({ browser }) => browser.visit(`${cluster().url}/oidc/logout`)],
    ];
    test.each(ends)("%s, within one request", async (_name, end) => {
      const own = await signInForTokens(cluster(), tenant, { email: `user-${++users}@${tenant.domain}` });
      const copy = browserWith(own.browser.cookies.get("gh_session") ?? "");
      expect(await isSignedIn(copy)).toBe(true);
      await end(own);
      expect(await isSignedIn(copy)).toBe(false);
      const form = { grant_type: "refresh_token", refresh_token: own.tokens.refresh_token ?? "" };
      expect((await postToken(cluster(), form)).body.error).toBe("invalid_grant");
      const bearer = { headers: { authorization: `Bearer ${own.tokens.access_token}` } };
      expect((await fetch(`${cluster().url}/userinfo`, bearer)).status).toBe(401);
    });

    test("the deletion of the organization", async () => {
      const other = await createSamlTenant(cluster());
      const own = await signInForTokens(cluster(), other);
      await cluster().api(`/organizations/${other.organizationId}`, { method: "DELETE" });
      expect(await isSignedIn(own.browser)).toBe(false);
      const form = { grant_type: "refresh_token", refresh_token: own.tokens.refresh_token ?? "" };
      expect((await postToken(cluster(), form)).body.error).toBe("invalid_grant");
    });
  });
});
