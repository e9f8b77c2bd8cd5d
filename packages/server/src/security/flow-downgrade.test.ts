/** Weaker flows: anything but the code flow is refused at every entry, and nothing weakens one that has begun. */
import { beforeAll, describe, expect, test } from "vitest";
import { newSecret } from "../lib/secrets.ts";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { addClient, bodyOf, redemption } from "../testing/oauth.ts";
import {
  authorizeUrl,
  callback,
  createSamlTenant,
  postToken,
  type SamlTenant,
  samlSignIn,
} from "../testing/sign-in.ts";

const types = [
  "token",
  "id_token",
  "id_token token",
  "code token",
  "code id_token",
  "code code",
  "none",
  "CODE",
];
const entries = [
  "the first request",
  "a live session",
  "a form that is posted",
  "a sign-in begun again",
] as const;
const tokens = ["access_token", "id_token", "refresh_token", "code"];

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  let signedIn: TestBrowser;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
    signedIn = (await samlSignIn(cluster(), tenant)).browser;
  });

  /** Where an authorization request of this type leads, by each way in. */
  async function ask(entry: (typeof entries)[number], values: Record<string, string>): Promise<URL> {
    const url = authorizeUrl(cluster(), values);
    if (entry === "a live session") return new URL((await signedIn.visit(url)).location);
    const browser = new TestBrowser(cluster().url);
    if (entry === "a form that is posted") {
      const { origin, pathname, searchParams } = new URL(url);
      const form = Object.fromEntries(searchParams);
      return new URL((await browser.follow(origin + pathname, { form, crossSite: true })).location);
    }
    // With the flow cookie of a sign-in that waits at its identity provider.
    if (entry === "a sign-in begun again")
      await browser.visit(authorizeUrl(cluster(), { connection_id: tenant.connectionId }));
    return new URL((await browser.visit(url)).location);
  }

  describe.each(entries)("at %s", (entry) => {
    test.each(types)("response_type=%s is refused", async (response_type) => {
      const back = await ask(entry, { response_type });
      expect(back.origin + back.pathname).toBe(callback);
      expect(back.searchParams.get("error")).toBe("unsupported_response_type");
      expect(tokens.filter((name) => back.searchParams.has(name))).toEqual([]);
      expect(back.hash).toBe("");
    });

    test("response_mode=fragment is refused", async () => {
      const back = await ask(entry, { response_mode: "fragment" });
      expect([back.searchParams.get("error"), back.hash]).toEqual(["invalid_request", ""]);
    });
  });

  test("the hosted page's way to the identity provider takes no other type along", async () => {
    const browser = new TestBrowser(cluster().url);
    const { location } = await browser.visit(authorizeUrl(cluster(), {}));
    const id = new URL(location).searchParams.get("auth_request") ?? "";
    const init = `${cluster().url}/sso/v1/saml/${tenant.connectionId}/init?auth_request=${id}&response_type=token`;
    const away = await browser.visit(init);
    expect(away.location).toContain(tenant.idp.ssoUrl);
    expect(away.location).not.toContain("response_type");
  });

  describe("PKCE", () => {
    test("a challenge that was given is asked for, without a verifier and with a wrong one", async () => {
      for (const verifier of [undefined, newSecret()]) {
        const { answer } = await samlSignIn(cluster(), tenant, { verifier: newSecret() });
        const refused = await postToken(cluster(), redemption(answer.get("code") ?? "", verifier));
        expect(refused.body.error).toBe("invalid_grant");
      }
    });

    test("a verifier where no challenge was given, as after its removal on the way, is refused", async () => {
      const { answer } = await samlSignIn(cluster(), tenant);
      const refused = await postToken(cluster(), redemption(answer.get("code") ?? "", newSecret()));
      expect(refused.body.error).toBe("invalid_grant");
    });

    test.each([
      ["plain", { code_challenge: "a".repeat(43), code_challenge_method: "plain" }],
      ["no method", { code_challenge: "a".repeat(43) }],
    ])("%s is no method", async (_name, values) => {
      const { location } = await new TestBrowser(cluster().url).visit(authorizeUrl(cluster(), values));
      expect(new URL(location).searchParams.get("error")).toBe("invalid_request");
    });

    test("a public client goes without it nowhere", async () => {
      const { id } = await addClient(cluster(), { type: "SPA" });
      const { location } = await signedIn.visit(authorizeUrl(cluster(), { client_id: id }));
      expect(new URL(location).searchParams.get("error_description")).toContain("PKCE");
    });
  });

  test.each(["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "Authorization_Code"])(
    "grant_type=%s is refused",
    async (grant_type) => {
      const form = { grant_type, username: `ada@${tenant.domain}`, password: "x", assertion: "x" };
      expect((await postToken(cluster(), form)).body.error).toBe("unsupported_grant_type");
    },
  );

  test("discovery offers no more than what is there", async () => {
    const offered = await bodyOf(fetch(`${cluster().url}/.well-known/openid-configuration`));
    expect(offered.response_types_supported).toEqual(["code"]);
    expect(offered.code_challenge_methods_supported).toEqual(["S256"]);
    expect(offered.response_modes_supported).not.toContain("fragment");
    expect(JSON.stringify(offered.grant_types_supported)).not.toMatch(/implicit|password/);
  });
});
