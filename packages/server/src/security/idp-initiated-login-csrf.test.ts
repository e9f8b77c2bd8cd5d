/**
 * Login CSRF by a response that nobody asked for: it never makes a session, whoever sends it and in whatever browser.
 * It only tells the app that a sign-in is wanted, and that one begins anew, bound to the browser.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import type { IssueInput } from "../testing/saml-idp.ts";
import { beginSaml, postSaml } from "../testing/saml-leg.ts";
import { authorizeUrl, callback, createSamlTenant, type SamlTenant, samlSignIn } from "../testing/sign-in.ts";

const initiate = "https://app.example/login";

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
    const body = { initiate_login_uri: initiate, post_login_uris: [callback] };
    await cluster().api(`/clients/${cluster().clientId}`, { method: "PATCH", body });
  });

  /** The attacker's own response, rightly signed by the tenant's identity provider. */
  const attackers = (changes: Partial<IssueInput> = {}) =>
    tenant.idp.issueResponse({
      acsUrl: tenant.acsUrl,
      audience: tenant.entityId,
      nameId: `eve@${tenant.domain}`,
      attributes: { email: `eve@${tenant.domain}` },
      now: cluster().app.now(),
      ...changes,
    });

  const post = (browser: TestBrowser, form: Record<string, string>) =>
    browser.follow(tenant.acsUrl, { form, crossSite: true });
  const sessions = async () => (await cluster().app.db.selectFrom("sessions").select("id").execute()).length;
  const usersNamed = (email: string) =>
    cluster().app.db.selectFrom("users").select("id").where("email", "=", email).execute();

  async function whoIs(browser: TestBrowser): Promise<string> {
    const { location } = await browser.visit(authorizeUrl(cluster(), { prompt: "none" }));
    return new URL(location).searchParams.has("code") ? "signed in" : "nobody";
  }

  const relayStates = ["", "/deep/link", "https://evil.test/", "x".repeat(43), "x".repeat(80)];
  test.each(relayStates)(
    "with the RelayState %j: no session, no user, no code, no cookie",
    async (RelayState) => {
      const [browser, before] = [new TestBrowser(cluster().url), await sessions()];
      const visit = await post(browser, {
        SAMLResponse: await attackers(),
        ...(RelayState !== "" && { RelayState }),
      });
      expect(visit.location).not.toMatch(/[?&]code=/);
      expect(visit.location).not.toMatch(/^https:\/\/evil\.test/);
      expect(visit.headers.getSetCookie()).toEqual([]);
      expect([...browser.cookies]).toEqual([]);
      expect(await whoIs(browser)).toBe("nobody");
      expect(await sessions()).toBe(before);
      expect(await usersNamed(`eve@${tenant.domain}`)).toEqual([]);
    },
  );

  test("the app is told that a sign-in is wanted, by a note that opens nothing here", async () => {
    const browser = new TestBrowser(cluster().url);
    const visit = await post(browser, { SAMLResponse: await attackers() });
    expect(visit.location.startsWith(`${initiate}?`)).toBe(true);
    const note = new URL(visit.location).searchParams.get("idp_initiated_login") ?? "";
    expect(note).not.toBe("");
    const bearer = { headers: { authorization: `Bearer ${note}` } };
    expect((await fetch(`${cluster().url}/userinfo`, bearer)).status).toBe(401);
    expect((await cluster().api("/organizations", { token: note })).status).toBe(401);
    browser.cookies.set("gh_session", note);
    expect(await whoIs(browser)).toBe("nobody");
  });

  describe("in the victim's browser", () => {
    test("who is signed in stays who they are", async () => {
      const { browser } = await samlSignIn(cluster(), tenant);
      const cookie = browser.cookies.get("gh_session");
      await post(browser, { SAMLResponse: await attackers() });
      expect(browser.cookies.get("gh_session")).toBe(cookie);
      expect(await whoIs(browser)).toBe("signed in");
    });

    test("a sign-in under way is not finished by it, and goes on", async () => {
      const leg = await beginSaml(cluster(), tenant);
      await post(leg.browser, { SAMLResponse: await attackers() });
      const stuffed = await postSaml(tenant, leg, await attackers());
      expect(stuffed).toMatchObject({ at: "app", error: "invalid_saml_response", code: "" });
      expect(leg.browser.cookies.has("gh_session")).toBe(false);
    });

    test("the attacker's own answer to the attacker's own sign-in is none here", async () => {
      const theirs = await beginSaml(cluster(), tenant);
      const response = await attackers({ inResponseTo: theirs.requestId });
      for (const victim of [new TestBrowser(cluster().url), (await beginSaml(cluster(), tenant)).browser]) {
        const outcome = await postSaml(tenant, { ...theirs, browser: victim }, response);
        expect(outcome).toMatchObject({ at: "page", status: 400, code: "" });
        expect(victim.cookies.has("gh_session")).toBe(false);
      }
    });

    test("a ticket that the attacker fetched opens nothing", async () => {
      const theirs = await beginSaml(cluster(), tenant);
      const response = await attackers({ inResponseTo: theirs.requestId });
      const form = { SAMLResponse: response, RelayState: theirs.relayState };
      const kept = await theirs.browser.visit(tenant.acsUrl, { form, crossSite: true });
      const { browser: victim } = await beginSaml(cluster(), tenant);
      const visit = await victim.visit(kept.location);
      expect([visit.status, visit.location, victim.cookies.has("gh_session")]).toEqual([400, "", false]);
    });
  });
});
