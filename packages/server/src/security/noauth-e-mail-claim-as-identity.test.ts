/**
 * nOAuth: whoever administers a tenant of a shared provider (Entra ID and its like) writes any address into the
 * e-mail claim. The key of a person is connection and subject; the address counts in the organization's own domains.
 */
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import type { OidcTenant } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { redemption } from "../testing/oauth.ts";
import { createOpTenant, oidcSignIn } from "../testing/oidc-leg.ts";
import { postToken } from "../testing/sign-in.ts";

const entra = "https://login.microsoftonline.com";
const document = "/common/v2.0/.well-known/openid-configuration";
const named = `${entra}/{tenantid}/v2.0`;
const mallory = { sub: "mallory", iss: `${entra}/mallorys/v2.0`, tid: "mallorys" };

let op: HandMadeOp;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

onOneNodeAndTwo(
  (cluster) => {
    let victims: OidcTenant;
    let attackers: OidcTenant;
    beforeAll(async () => {
      const number = ++tenants;
      victims = await createOpTenant(cluster(), op, `victims-${number}.com`);
      attackers = await createOpTenant(cluster(), op, `attackers-${number}.com`);
    });

    const signIn = (at: OidcTenant, claims: Record<string, unknown>) =>
      oidcSignIn(cluster(), op, at, { claims });
    /** The user that a sign-in ends at. */
    async function userOf(at: OidcTenant, claims: Record<string, unknown>): Promise<string | undefined> {
      const { code } = await signIn(at, claims);
      const { body } = await postToken(cluster(), redemption(code));
      return decodeJwt(body.access_token ?? "").sub;
    }
    const victim = () => ({ sub: "victim", email: `ceo@${victims.domain}` });

    test("the victim's address from another tenant's connection reaches nobody", async () => {
      const sub = await userOf(victims, victim());
      const stolen = await signIn(attackers, { sub: "mallory", email: victim().email, tid: "mallorys" });
      expect(stolen).toMatchObject({ at: "app", error: "invalid_user_domain", code: "" });
      // Not even under the victim's own subject, which is another person's at another connection.
      expect(await signIn(attackers, victim())).toMatchObject({ error: "invalid_user_domain", code: "" });
      expect(await userOf(victims, victim())).toBe(sub);
    });

    test("a known subject that comes with the victim's address stays who it was", async () => {
      const sub = await userOf(victims, victim());
      const own = { sub: "mallory", email: `mallory@${attackers.domain}` };
      const attacker = await userOf(attackers, own);
      expect(await userOf(attackers, { ...own, email: victim().email })).toBe(attacker);
      expect(attacker).not.toBe(sub);
    });

    test("another subject of the victim's own tenant is another person, whatever its name claims say", async () => {
      const sub = await userOf(victims, victim());
      const colleague = { sub: "colleague", email: `intern@${victims.domain}` };
      const claims = { ...colleague, preferred_username: victim().email, upn: victim().email, oid: "victim" };
      expect(await userOf(victims, claims)).not.toBe(sub);
    });

    test.each([false, "false"])(
      "an address that the provider calls unverified (%j) lets nobody in",
      async (said) => {
        const email = `new-${String(said).length}-${typeof said}@${victims.domain}`;
        const outcome = await signIn(victims, { sub: email, email, email_verified: said });
        expect(outcome).toMatchObject({ error: "unauthorized", code: "" });
      },
    );

    describe("Entra ID's issuer for all tenants of the world takes the tokens of none", () => {
      const cases: [string, Record<string, unknown>][] = [
        ["by the name that it gives itself", { issuer: named, discovery_endpoint: `${entra}${document}` }],
        ["by the address that leads to it", { issuer: `${entra}/common/v2.0` }],
      ];
      test.each(cases)("%s", async (_name, config) => {
        const { nodes } = cluster();
        const fetches = nodes.map(({ app }) => app.fetch);
        for (const { app } of nodes) {
          const { fetch } = app;
          app.fetch = (url, init) => fetch(String(url).replace(entra, op.issuer), init);
        }
        op.replies.set(document, () => ({ body: op.discovery(named) }));
        const own = await createOpTenant(cluster(), op, `entra-${++tenants}.com`, config);
        const claims = { ...mallory, email: `ceo@${own.domain}` };
        const outcome = await oidcSignIn(cluster(), op, own, { claims, answer: { iss: named } });
        for (const [at, { app }] of nodes.entries()) app.fetch = fetches[at] ?? app.fetch;
        expect(outcome).toMatchObject({ at: "app", error: "invalid_id_token", code: "" });
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
