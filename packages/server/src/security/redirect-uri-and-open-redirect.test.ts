/** Where browsers are sent: registered addresses, matched exactly; nothing that a request brings along becomes one. */
import { beforeAll, describe, expect, test } from "vitest";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { addClient } from "../testing/oauth.ts";
import { beginSaml, issue, postSaml } from "../testing/saml-leg.ts";
import { authorizeUrl, callback, createSamlTenant, type SamlTenant, samlSignIn } from "../testing/sign-in.ts";

const registered = "https://app.acme.test/callback";
const lookAlikes = [
  ...[`${registered}/`, `${registered}?x=1`, `${registered}#x`, `${registered}/../evil`, `${registered}%2f`],
  ...["https://app.acme.test/callbackx", "https://app.acme.test/Callback", "https://app.acme.test/"],
  ...[
    "https://APP.acme.test/callback",
    "http://app.acme.test/callback",
    "https://app.acme.test:444/callback",
  ],
  ...["https://app.acme.test.evil.test/callback", "https://evil.test/app.acme.test/callback"],
  ...["https://app.acme.test@evil.test/callback", "https://evil.test\\@app.acme.test/callback"],
  ...["//app.acme.test/callback", "/callback", "callback", "javascript:alert(1)", "data:text/html,x", ""],
  ...[`${registered}\r\nSet-Cookie: x=1`, ` ${registered}`, `${registered} `, `${registered}\u0000`],
  ...[
    "http://localhost.evil.test/",
    "http://127.0.0.1.evil.test/",
    "https://app.acme.test。evil.test/callback",
  ],
];

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  let client: { id: string; secret: string };
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
    const postLogoutUris = ["https://app.acme.test/goodbye"];
    client = await addClient(cluster(), { postLoginUris: [registered], postLogoutUris });
  });

  const ask = (values: Record<string, string>, extra = "") =>
    new TestBrowser(cluster().url).visit(
      authorizeUrl(cluster(), { client_id: client.id, redirect_uri: registered, ...values }) + extra,
    );

  describe("redirect_uri", () => {
    test.each(lookAlikes)("%j: a page, and no redirect", async (redirect_uri) => {
      for (const prompt of ["", "none"]) {
        const visit = await ask({ redirect_uri, prompt });
        expect([visit.status, visit.location]).toEqual([400, ""]);
        expect(visit.body).not.toMatch(/evil\.test|alert\(1\)/);
        expect(visit.headers.get("set-cookie")).toBeNull();
      }
    });

    test("the registered one, as it is written", async () => {
      const { status, location } = await ask({ prompt: "none" });
      expect([status, location.startsWith(`${registered}?error=login_required`)]).toEqual([302, true]);
    });

    test.each(["client_id", "redirect_uri"])("%s twice, in either order: a page", async (name) => {
      for (const value of ["https://evil.test/", registered, client.id]) {
        const visit = await ask({}, `&${name}=${encodeURIComponent(value)}`);
        expect([visit.status, visit.location]).toEqual([400, ""]);
      }
    });

    test("of another client", async () => {
      const other = await addClient(cluster(), { postLoginUris: ["https://other.test/callback"] });
      const visit = await ask({ client_id: other.id });
      expect([visit.status, visit.location]).toEqual([400, ""]);
    });

    test("an error that the request itself provokes goes to the registered address only", async () => {
      const { location } = await ask({ response_type: "token", state: "https://evil.test/" });
      expect(location.startsWith(`${registered}?`)).toBe(true);
    });
  });

  describe("RelayState and its kin are no addresses", () => {
    const places = ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"];
    test.each(places)("RelayState %j: a page", async (relayState) => {
      const leg = await beginSaml(cluster(), tenant);
      const outcome = await postSaml(tenant, { ...leg, relayState }, await issue(cluster(), tenant, leg));
      expect(outcome).toMatchObject({ at: "page", code: "" });
    });

    test.each(["return_to", "redirect_to", "next", "target_link_uri", "RelayState"])(
      "%s changes nothing about the way",
      async (name) => {
        const authorize = { connection_id: tenant.connectionId, [name]: "https://evil.test/" };
        const { visit } = await samlSignIn(cluster(), tenant, { authorize });
        expect(visit.location.startsWith(`${callback}?code=`)).toBe(true);
      },
    );
  });

  describe("post_logout_redirect_uri", () => {
    const wrong = ["https://evil.test/", "https://app.acme.test/goodbye/", "//evil.test/", registered];
    test.each([...wrong, "https://app.acme.test/goodbye?x=1", "javascript:alert(1)"])(
      "%j: a page, and no redirect",
      async (uri) => {
        const values = { client_id: client.id, post_logout_redirect_uri: uri };
        const url = `${cluster().url}/oidc/logout?${new URLSearchParams(values)}`;
        const visit = await new TestBrowser(cluster().url).visit(url);
        expect([visit.status, visit.location]).toEqual([400, ""]);
        expect(visit.body).not.toContain("evil.test");
      },
    );

    test("the registered one", async () => {
      const values = { client_id: client.id, post_logout_redirect_uri: "https://app.acme.test/goodbye" };
      const url = `${cluster().url}/oidc/logout?${new URLSearchParams(values)}`;
      const visit = await new TestBrowser(cluster().url).visit(url);
      expect(visit.location).toBe("https://app.acme.test/goodbye");
    });
  });
});
