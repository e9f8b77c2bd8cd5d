/** Answers of one connection in a sign-in that was begun at another, also where both lead to one identity provider. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestBrowser } from "../testing/browser.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { type OidcTenant, patchSaml } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { createOpTenant, oidcSignIn } from "../testing/oidc-leg.ts";
import { beginSaml, issue, type Outcome, postSaml } from "../testing/saml-leg.ts";
import { authorizeUrl, callback, createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

let op: HandMadeOp;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

function expectPage(outcome: Outcome): void {
  expect(outcome).toMatchObject({ at: "page", status: 400, code: "" });
}

onOneNodeAndTwo(
  (cluster) => {
    describe("SAML", () => {
      let mine: SamlTenant;
      let other: SamlTenant;
      beforeAll(async () => {
        mine = await createSamlTenant(cluster());
        other = await createSamlTenant(cluster());
        // One identity provider for both, as two customers of one Entra ID or Google have it.
        const { entityId, certificate } = mine.idp;
        await patchSaml(cluster(), other, { idp_entity_id: entityId, idp_certificate: certificate });
        other = { ...other, idp: mine.idp };
      });

      test("a response that is posted to another connection ends on a page, with either's RelayState", async () => {
        const [here, there] = [await beginSaml(cluster(), mine), await beginSaml(cluster(), other)];
        const response = await issue(cluster(), mine, here);
        expectPage(await postSaml(other, here, response));
        expectPage(await postSaml(mine, { ...there, browser: here.browser }, response));
      });

      test("a response for the one connection finishes no sign-in at the other, however it is readdressed", async () => {
        const leg = await beginSaml(cluster(), other);
        const asIs = await postSaml(other, leg, await issue(cluster(), mine, leg));
        expect(asIs).toMatchObject({ at: "app", error: "invalid_acs_url", code: "" });
        const next = await beginSaml(cluster(), other);
        const readdressed = await issue(cluster(), { ...mine, acsUrl: other.acsUrl }, next);
        const outcome = await postSaml(other, next, readdressed);
        expect(outcome).toMatchObject({ at: "app", error: "invalid_saml_response", code: "" });
        expect(outcome.description).toMatch(/another application/);
      });

      test("a user of the shared provider enters only through the organization of their own domain", async () => {
        const leg = await beginSaml(cluster(), other);
        const outcome = await postSaml(
          other,
          leg,
          await issue(cluster(), other, leg, { nameId: `ada@${mine.domain}` }),
        );
        expect(outcome).toMatchObject({ error: "invalid_user_domain", code: "" });
      });
    });

    describe("OpenID Connect", () => {
      let mine: OidcTenant;
      let other: OidcTenant;
      beforeAll(async () => {
        mine = await createOpTenant(cluster(), op, `mine-${++tenants}.com`);
        other = await createOpTenant(cluster(), op, `other-${tenants}.com`);
      });

      test("an answer at another connection's redirect URI ends on a page, its code unspent", async () => {
        const before = op.asked.length;
        expectPage(await oidcSignIn(cluster(), op, mine, { redirectUri: other.redirectUri }));
        expect(op.asked.slice(before).filter(({ path }) => path === "/token")).toEqual([]);
      });

      test("an answer under the issuer of another provider (RFC 9207), and one without", async () => {
        for (const bend of [{ answer: { iss: "https://evil.example" } }, { withoutIssuer: true }]) {
          const outcome = await oidcSignIn(cluster(), op, mine, bend);
          expect(outcome).toMatchObject({ at: "app", error: "invalid_id_token", code: "" });
        }
      });

      test("the state of a SAML sign-in is none here, and the other way round", async () => {
        const saml = await createSamlTenant(cluster());
        const leg = await beginSaml(cluster(), saml);
        const { browser } = leg;
        const asState = { answer: { state: leg.relayState }, browser };
        expectPage(await oidcSignIn(cluster(), op, mine, asState));
        const away = await browser.visit(authorizeUrl(cluster(), { connection_id: mine.connectionId }));
        const state = new URL(away.location).searchParams.get("state") ?? "";
        const response = await issue(cluster(), saml, leg);
        expectPage(await postSaml(saml, { browser, relayState: state }, response));
      });
    });

    describe("a hint chooses no other tenant's provider", () => {
      let mine: SamlTenant;
      let other: SamlTenant;
      beforeAll(async () => {
        mine = await createSamlTenant(cluster());
        other = await createSamlTenant(cluster());
      });

      test("organization_id stands, whatever login_hint, domain and idp_hint say", async () => {
        const hints = { login_hint: `a@${other.domain}`, domain: other.domain, idp_hint: other.connectionId };
        const values = { organization_id: mine.organizationId, ...hints };
        const { location } = await new TestBrowser(cluster().url).visit(authorizeUrl(cluster(), values));
        expect(location).toContain(mine.idp.ssoUrl);
        const { xml } = await beginSaml(cluster(), mine, { authorize: hints });
        expect(xml).toContain(mine.acsUrl);
      });

      test("the hosted page of a sign-in for one organization leads to no other's connection", async () => {
        const bare = await cluster().api("/organizations", { body: { display_name: "Without SSO" } });
        const browser = new TestBrowser(cluster().url);
        const values = { organization_id: bare.body.organization.id };
        const { location } = await browser.visit(authorizeUrl(cluster(), values));
        const id = new URL(location).searchParams.get("auth_request") ?? "";
        const init = `${cluster().url}/sso/v1/saml/${other.connectionId}/init?auth_request=${id}`;
        const visit = await browser.visit(init);
        expect(visit.location.startsWith(callback)).toBe(true);
        expect(new URL(visit.location).searchParams.get("error")).toBe("invalid_connection_selector");
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
