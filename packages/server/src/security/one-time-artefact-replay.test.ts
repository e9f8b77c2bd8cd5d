/** What is good for one use: SAML responses, tickets and legs, OpenID Connect states, codes. A second use fails, however fast. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import type { OidcTenant } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { redemption } from "../testing/oauth.ts";
import { createOpTenant } from "../testing/oidc-leg.ts";
import { beginSaml, issue, outcomeOf, postSaml, type SamlLeg } from "../testing/saml-leg.ts";
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

const many = <T>(act: () => Promise<T>) => Promise.all(Array.from({ length: 20 }, act));

onOneNodeAndTwo(
  (cluster) => {
    let tenant: SamlTenant;
    beforeAll(async () => {
      tenant = await createSamlTenant(cluster());
    });

    /** Our GET that a posted response is kept for. */
    async function ticketUrl(leg: SamlLeg, response: string): Promise<string> {
      const form = { SAMLResponse: response, RelayState: leg.relayState };
      const visit = await leg.browser.visit(tenant.acsUrl, { form, crossSite: true });
      expect(visit.status).toBe(303);
      return visit.location;
    }

    describe("a second use fails", () => {
      test("of the post", async () => {
        const leg = await beginSaml(cluster(), tenant);
        const response = await issue(cluster(), tenant, leg);
        expect((await postSaml(tenant, leg, response)).code).not.toBe("");
        expect(await postSaml(tenant, leg, response)).toMatchObject({ at: "page", status: 400 });
      });

      test("of the ticket", async () => {
        const leg = await beginSaml(cluster(), tenant);
        const url = await ticketUrl(leg, await issue(cluster(), tenant, leg));
        expect(outcomeOf(await leg.browser.visit(url)).code).not.toBe("");
        expect(outcomeOf(await leg.browser.visit(url))).toMatchObject({ at: "page", status: 400 });
      });

      test("of a ticket that another post has replaced", async () => {
        const leg = await beginSaml(cluster(), tenant);
        const response = await issue(cluster(), tenant, leg);
        const first = await ticketUrl(leg, response);
        const last = await ticketUrl(leg, response);
        expect(outcomeOf(await leg.browser.visit(first)).at).toBe("page");
        expect(outcomeOf(await leg.browser.visit(last)).code).not.toBe("");
      });

      test("of a ticket that has expired, or that another browser shows", async () => {
        const leg = await beginSaml(cluster(), tenant);
        const url = await ticketUrl(leg, await issue(cluster(), tenant, leg));
        const stranger = (await beginSaml(cluster(), tenant)).browser;
        expect(outcomeOf(await stranger.visit(url)).at).toBe("page");
        cluster().advance(121);
        expect(outcomeOf(await leg.browser.visit(url)).at).toBe("page");
      });

      test("of a code", async () => {
        const { answer } = await samlSignIn(cluster(), tenant);
        const form = redemption(answer.get("code") ?? "");
        expect((await postToken(cluster(), form)).status).toBe(200);
        expect((await postToken(cluster(), form)).body.error).toBe("invalid_grant");
      });
    });

    describe("of twenty at once, one wins", () => {
      test("with one ticket", async () => {
        const leg = await beginSaml(cluster(), tenant);
        const url = await ticketUrl(leg, await issue(cluster(), tenant, leg));
        const outcomes = await many(async () => outcomeOf(await leg.browser.visit(url)));
        expect(outcomes.filter(({ code }) => code !== "")).toHaveLength(1);
        expect(outcomes.filter(({ status }) => status >= 500)).toEqual([]);
      });

      test("with twenty posts", async () => {
        const leg = await beginSaml(cluster(), tenant);
        const response = await issue(cluster(), tenant, leg);
        const outcomes = await many(() => postSaml(tenant, leg, response));
        expect(outcomes.filter(({ code }) => code !== "")).toHaveLength(1);
        expect(outcomes.filter(({ error }) => error === "server_error")).toEqual([]);
      });

      test("with one assertion in the answers to twenty requests", async () => {
        const legs = await many(() => beginSaml(cluster(), tenant));
        const [first] = legs;
        if (!first) throw new Error("no leg");
        const response = await issue(cluster(), tenant, first);
        const outcomes = await Promise.all(legs.map((leg) => postSaml(tenant, leg, response)));
        expect(outcomes.filter(({ code }) => code !== "")).toHaveLength(1);
      });
    });

    describe("the state of an OpenID Connect sign-in", () => {
      let oidc: OidcTenant;
      beforeAll(async () => {
        oidc = await createOpTenant(cluster(), op, `states-${++tenants}.com`);
      });

      async function answerUrl() {
        const browser = new TestBrowser(cluster().url);
        const away = await browser.visit(authorizeUrl(cluster(), { connection_id: oidc.connectionId }));
        const asked = new URL(away.location).searchParams;
        const now = Math.floor(cluster().app.now().getTime() / 1000);
        const claims = {
          iss: op.issuer,
          aud: "gatehouse",
          iat: now,
          exp: now + 300,
          nonce: asked.get("nonce"),
        };
        const id_token = await op.idToken({ ...claims, sub: "ada", email: `ada@${oidc.domain}` });
        op.replies.set("/token", () => ({ body: { access_token: "at", token_type: "Bearer", id_token } }));
        const back = new URL(oidc.redirectUri);
        back.search = new URLSearchParams({
          code: "a code",
          state: asked.get("state") ?? "",
          iss: op.issuer,
        }).toString();
        return { browser, url: back.href };
      }

      test("a second use fails", async () => {
        const { browser, url } = await answerUrl();
        expect(outcomeOf(await browser.visit(url)).code).not.toBe("");
        expect(outcomeOf(await browser.visit(url))).toMatchObject({ at: "page", status: 400 });
      });

      test("of twenty at once one wins, and the provider sees the code once", async () => {
        const { browser, url } = await answerUrl();
        const before = op.asked.length;
        const outcomes = await many(async () => outcomeOf(await browser.visit(url)));
        expect(outcomes.filter(({ code }) => code !== "")).toHaveLength(1);
        expect(op.asked.slice(before).filter(({ path }) => path === "/token")).toHaveLength(1);
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
