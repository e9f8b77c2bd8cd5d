/** Broken cookies, rows, secrets and keys: each ends in an error, and none lets anybody in. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { redemption } from "../testing/oauth.ts";
import { createOpTenant, oidcSignIn } from "../testing/oidc-leg.ts";
import { beginSaml, issue, outcomeOf, postSaml } from "../testing/saml-leg.ts";
import {
  authorizeUrl,
  createSamlTenant,
  postToken,
  type SamlTenant,
  samlSignIn,
} from "../testing/sign-in.ts";

let op: HandMadeOp;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

const values = [
  ...["", "null", "undefined", "{}", "[]", "0", "true", "a=b", "%00", "%", "\\u0000", "ses_1", "."],
  ...["' or '1'='1", "x".repeat(4000), `${"a".repeat(43)}.${"a".repeat(43)}`, "AAAA===="],
];

onOneNodeAndTwo(
  (cluster) => {
    let tenant: SamlTenant;
    beforeAll(async () => {
      tenant = await createSamlTenant(cluster());
    });

    function browserWith(name: string, value: string): TestBrowser {
      const browser = new TestBrowser(cluster().url);
      browser.cookies.set(name, value);
      return browser;
    }

    /** As if the rows had been read for the first time. */
    const forget = () => cluster().nodes.map(({ app }) => app.cache.dropAll());

    test("a malformed session cookie is nobody's", async () => {
      for (const value of values) {
        const browser = browserWith("gh_session", value);
        const { status, location } = await browser.visit(authorizeUrl(cluster(), { prompt: "none" }));
        const error = new URL(location).searchParams.get("error");
        expect([value, status, error]).toEqual([value, 302, "login_required"]);
      }
    });

    test("a malformed flow cookie finishes nobody's sign-in, and does not spoil it", async () => {
      const leg = await beginSaml(cluster(), tenant);
      const response = await issue(cluster(), tenant, leg);
      for (const value of values) {
        const outcome = await postSaml(tenant, { ...leg, browser: browserWith("gh_flow", value) }, response);
        expect(outcome, value).toMatchObject({ at: "page", status: 400, code: "" });
      }
      expect((await postSaml(tenant, leg, response)).code).not.toBe("");
    });

    describe("rows of a connection that were damaged", () => {
      const settings: [string, unknown][] = [
        ["no settings", {}],
        ["a list for settings", []],
        ["no identity provider", { idpSsoUrl: "https://idp.example.com/sso" }],
        ["an empty entity id", { idpEntityId: "", idpSsoUrl: "https://idp.example.com/sso" }],
        ["an unknown signing option", { signingOption: "NONE" }],
        ["a signing option that is inherited", { signingOption: "constructor" }],
      ];

      test.each(settings)("%s: no sign-in", async (_name, broken) => {
        const own = await createSamlTenant(cluster());
        const leg = await beginSaml(cluster(), own);
        const { db } = cluster().app;
        const row = await db
          .selectFrom("connections")
          .select("settings")
          .where("id", "=", own.connectionId)
          .executeTakeFirstOrThrow();
        const isPart = !Array.isArray(broken) && Object.hasOwn(broken as object, "signingOption");
        const damaged = isPart ? { ...(row.settings as object), ...(broken as object) } : broken;
        await db
          .updateTable("connections")
          .set({ settings: JSON.stringify(damaged) })
          .where("id", "=", own.connectionId)
          .execute();
        forget();
        const response = await issue(cluster(), own, leg, { sign: "none" });
        expect((await postSaml(own, leg, response)).code).toBe("");
        expect(leg.browser.cookies.has("gh_session")).toBe(false);
      });

      test.each(["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])(
        "the certificate %j verifies nothing",
        async (certificate) => {
          const own = await createSamlTenant(cluster());
          await cluster()
            .app.db.updateTable("connection_certificates")
            .set({ certificate })
            .where("connection_id", "=", own.connectionId)
            .execute();
          forget();
          const leg = await beginSaml(cluster(), own);
          const outcome = await postSaml(own, leg, await issue(cluster(), own, leg));
          expect(outcome.code).toBe("");
          expect(leg.browser.cookies.has("gh_session")).toBe(false);
        },
      );

      test("no certificate at all", async () => {
        const own = await createSamlTenant(cluster());
        const { db } = cluster().app;
        await db
          .deleteFrom("connection_certificates")
          .where("connection_id", "=", own.connectionId)
          .execute();
        forget();
        for (const sign of ["both", "none"] as const) {
          const leg = await beginSaml(cluster(), own);
          const outcome = await postSaml(own, leg, await issue(cluster(), own, leg, { sign }));
          expect(outcome.code).toBe("");
        }
      });

      test("a sealed client secret that does not open", async () => {
        const own = await createOpTenant(cluster(), op, `sealed-${++tenants}.com`);
        await cluster()
          .app.db.updateTable("connections")
          .set({ client_secret_sealed: Buffer.alloc(60, 1) })
          .where("id", "=", own.connectionId)
          .execute();
        forget();
        const outcome = await oidcSignIn(cluster(), op, own);
        expect(outcome).toMatchObject({ at: "app", error: "server_error", code: "" });
      });
    });

    test("a sealed verifier that was damaged, or moved from another row", async () => {
      const own = await createOpTenant(cluster(), op, `verifier-${++tenants}.com`);
      const { db } = cluster().app;
      for (const sealed of [Buffer.alloc(90, 1), Buffer.alloc(0)]) {
        const browser = new TestBrowser(cluster().url);
        const away = await browser.visit(authorizeUrl(cluster(), { connection_id: own.connectionId }));
        const state = new URL(away.location).searchParams.get("state") ?? "";
        await db.updateTable("sso_requests").set({ verifier_sealed: sealed }).execute();
        const url = `${own.redirectUri}?${new URLSearchParams({ code: "c", state, iss: op.issuer })}`;
        const outcome = outcomeOf(await browser.visit(url));
        expect(outcome).toMatchObject({ at: "app", error: "server_error", code: "" });
        expect(browser.cookies.has("gh_session")).toBe(false);
      }
    });

    test("a stored response that was damaged", async () => {
      for (const response of ["", "null", "%%%"]) {
        const leg = await beginSaml(cluster(), tenant);
        const form = { SAMLResponse: await issue(cluster(), tenant, leg), RelayState: leg.relayState };
        const kept = await leg.browser.visit(tenant.acsUrl, { form, crossSite: true });
        await cluster().app.db.updateTable("saml_responses").set({ response }).execute();
        const outcome = outcomeOf(await leg.browser.visit(kept.location));
        expect([outcome.code, leg.browser.cookies.has("gh_session")]).toEqual(["", false]);
      }
    });

    test("signing keys that do not open issue no token, and none is taken unsigned", async () => {
      const { answer } = await samlSignIn(cluster(), tenant);
      const { db } = cluster().app;
      const keys = await db.selectFrom("signing_keys").select(["id", "private_sealed"]).execute();
      await db
        .updateTable("signing_keys")
        .set({ private_sealed: Buffer.alloc(64, 1) })
        .execute();
      forget();
      const { status, body } = await postToken(cluster(), redemption(answer.get("code") ?? ""));
      for (const { id, private_sealed } of keys)
        await db.updateTable("signing_keys").set({ private_sealed }).where("id", "=", id).execute();
      forget();
      expect([status, body.error, body.access_token]).toEqual([500, "server_error", undefined]);
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const claims = {
        iss: cluster().url,
        aud: [cluster().clientId],
        client_id: cluster().clientId,
        exp: 9e9,
      };
      for (const unsigned of [`${part({ alg: "none" })}.${part(claims)}.`, "null", "a.b.c", "..."])
        expect((await cluster().api("/organizations", { token: unsigned })).status).toBe(401);
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
