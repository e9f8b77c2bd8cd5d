/**
 * Text from outside on pages of ours: written as text, under a policy that runs no inline script. Asked for over HTTP,
 * and looked at in a real browser.
 */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasNoChromium, launch } from "../../../../e2e/browser.ts";
import { readForm, TestBrowser, type Visit } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { patchSaml } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { addClient } from "../testing/oauth.ts";
import { beginSaml, issue } from "../testing/saml-leg.ts";
import { authorizeUrl, createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

const scripts = [
  "<script>window.pwned=1</script>",
  '"><img src=x onerror="window.pwned=1">',
  "'><svg onload=window.pwned=1>",
  "</title></style></textarea><script>window.pwned=1</script>",
  "javascript:window.pwned=1",
  "{{constructor.constructor('window.pwned=1')()}}",
];

let op: HandMadeOp;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

/** A page whose every script and style is a file of ours, which no site may frame, and whose tags are ours alone. */
function expectStrict({ headers, body }: Visit): void {
  const policy = headers.get("content-security-policy") ?? "";
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
    expect(policy).toContain(part);
  expect(policy).not.toContain("unsafe");
  expect(/script-src ([^;]*)/.exec(policy)?.[1] ?? "'self'").toBe("'self'");
  expect(headers.get("x-frame-options")).toBe("DENY");
  const tags = body.replace(/ value="[^"]*"/g, "").match(/<[^>]*>/g) ?? [];
  expect(tags.join("")).not.toMatch(/<script(?![^>]* src="\/a\/)|<style|<img|\son\w+=|="javascript:/i);
}

onOneNodeAndTwo(
  (cluster) => {
    let tenant: SamlTenant;
    beforeAll(async () => {
      tenant = await createSamlTenant(cluster());
    });

    /** Every page that repeats what a request says. */
    const pages: [string, (script: string) => Promise<Visit>][] = [
      ["an unknown client", (script) => visit({ client_id: script })],
      ["a wrong redirect URI", (script) => visit({ redirect_uri: script })],
      [
        "a state that is posted back",
        (state) => visit({ state, response_mode: "form_post", prompt: "none" }),
      ],
      [
        "a reason that is posted back",
        (script) => visit({ response_mode: "form_post", prompt: script, scope: `openid ${script}` }),
      ],
      ["an unknown path", (script) => page(`/a/auth/${encodeURIComponent(script)}/none`)],
      [
        "an unknown connection",
        (script) => page(`/sso/v1/saml/${encodeURIComponent(script)}/callback?ticket=x`),
      ],
      ["an unknown ticket", (script) => page(`/sso/v1/saml/x/callback?ticket=${encodeURIComponent(script)}`)],
      [
        "a logout to nowhere",
        (uri) => page(`/oidc/logout?post_logout_redirect_uri=${encodeURIComponent(uri)}`),
      ],
      [
        "a RelayState of nobody",
        async (RelayState) => {
          const leg = await beginSaml(cluster(), tenant);
          const form = { RelayState, SAMLResponse: await issue(cluster(), tenant, leg) };
          return leg.browser.follow(tenant.acsUrl, { form, crossSite: true });
        },
      ],
      [
        "a name in a response, posted to the app",
        async (script) => {
          const leg = await beginSaml(cluster(), tenant, { authorize: { response_mode: "form_post" } });
          const attributes = { email: script, firstName: script };
          const changes = { nameId: "u-1", nameIdFormat: "urn:x", attributes };
          const form = {
            RelayState: leg.relayState,
            SAMLResponse: await issue(cluster(), tenant, leg, changes),
          };
          return leg.browser.follow(tenant.acsUrl, { form, crossSite: true });
        },
      ],
    ];

    const page = (path: string) => new TestBrowser(cluster().url).visit(cluster().url + path);
    const visit = (values: Record<string, string>) =>
      new TestBrowser(cluster().url).visit(authorizeUrl(cluster(), values));

    test.each(pages)("%s", async (_name, ask) => {
      for (const script of scripts) {
        const visited = await ask(script);
        expect(visited.location).not.toMatch(/^javascript:/);
        if (visited.headers.get("content-type")?.startsWith("text/html") !== true) continue;
        if (/[<>"']/.test(script)) expect(visited.body).not.toContain(script);
        expectStrict(visited);
      }
    });

    test("what is posted back arrives as it was sent", async () => {
      for (const state of scripts) {
        const visited = await visit({ state, response_mode: "form_post", prompt: "none" });
        expect(readForm(visited.body).fields.state).toBe(state);
      }
    });

    test("the page that posts our request to an identity provider escapes its address", async () => {
      const own = await createSamlTenant(cluster());
      const idp_sso_url = "https://idp.example.com/sso?a=%22%3E%3Cscript%3E&b='c";
      await patchSaml(cluster(), own, { idp_sso_url, idp_sso_request_binding: "HTTP_POST" });
      const visited = await visit({ connection_id: own.connectionId });
      expectStrict(visited);
      expect(readForm(visited.body).action).toContain("https://idp.example.com/sso?a=%22%3E%3Cscript%3E");
      expect(visited.body).not.toContain("<script>");
    });

    test.each(["javascript:alert(1)", "data:text/html,<script>alert(1)</script>"])(
      "no page posts to %s",
      async (uri) => {
        const own = await createSamlTenant(cluster());
        expect((await patchSaml(cluster(), own, { idp_sso_url: uri })).status).toBe(400);
        const client = await addClient(cluster(), { postLoginUris: [uri] });
        const values = {
          client_id: client.id,
          redirect_uri: uri,
          response_mode: "form_post",
          prompt: "none",
        };
        const visited = await visit(values);
        expect(readForm(visited.body).action).toBe("");
      },
    );

    describe.skipIf(hasNoChromium())("in a real browser", { timeout: 30_000 }, () => {
      let chromium: Browser;
      beforeAll(async () => {
        chromium = await launch();
      }, 30_000);
      afterAll(() => chromium?.close());

      test("none of them runs", async () => {
        const tab = await chromium.newPage();
        const dialogs: string[] = [];
        tab.on("dialog", (dialog) => {
          dialogs.push(dialog.message());
          return dialog.dismiss();
        });
        for (const state of scripts) {
          const values = {
            state,
            response_mode: "form_post",
            prompt: "none",
            redirect_uri: `${op.issuer}/app`,
          };
          for (const url of [
            authorizeUrl(cluster(), values),
            authorizeUrl(cluster(), { client_id: state }),
          ]) {
            await tab.goto(url, { waitUntil: "load" });
            expect(await tab.evaluate("window.pwned")).toBeUndefined();
          }
        }
        expect(dialogs).toEqual([]);
        // The forms went off by our own script, so scripts as such do run there.
        expect(
          op.asked.filter(({ path, form }) => path === "/app" && form.get("iss") === cluster().url),
        ).not.toEqual([]);
        await tab.close();
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
