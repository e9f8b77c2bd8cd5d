/**
 * Taking an account over by linking to it, or by being there first: an identity provider vouches for the addresses of
 * its own organization's domains, an unverified address makes no account, and a proof stays with the subject that gave it.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { type OidcTenant, patchSaml } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { createOpTenant, oidcSignIn } from "../testing/oidc-leg.ts";
import { createSamlIdp } from "../testing/saml-idp.ts";
import { says, signedInAs, signInAs } from "../testing/saml-person.ts";
import { createSamlTenant } from "../testing/sign-in.ts";

let op: HandMadeOp;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

onOneNodeAndTwo(
  (cluster) => {
    const db = () => cluster().app.db;
    const tenant = () => createSamlTenant(cluster());
    const usersOf = (email: string) =>
      db().selectFrom("users").select("id").where("email", "=", email).execute();
    const membershipsOf = (userId: unknown) =>
      db().selectFrom("memberships").selectAll().where("user_id", "=", String(userId)).execute();

    describe("by linking", () => {
      test("the address of another organization's user never reaches that user", async () => {
        const [victims, attackers] = [await tenant(), await tenant()];
        const email = `victim@${victims.domain}`;
        const victim = await signedInAs(cluster(), victims, says("u-1", email));
        for (const subject of ["u-1", "any"]) {
          const outcome = await signInAs(cluster(), attackers, says(subject, email));
          expect(outcome).toMatchObject({ error: "invalid_user_domain", code: "" });
        }
        const [only, ...more] = await membershipsOf(victim.sub);
        expect([only?.organization_id, more]).toEqual([victims.organizationId, []]);
      });

      test("nor does a member of the attacker's organization whose address is elsewhere", async () => {
        const [home, guestOf] = [await tenant(), await tenant()];
        const email = `guest@${home.domain}`;
        const { sub } = await signedInAs(cluster(), home, says("u-1", email));
        const [membership] = await membershipsOf(sub);
        if (!membership) throw new Error("no membership");
        const { metadata: _empty, ...row } = membership;
        await db()
          .insertInto("memberships")
          .values({ ...row, organization_id: guestOf.organizationId })
          .execute();
        const outcome = await signInAs(cluster(), guestOf, says("u-9", email));
        expect(outcome).toMatchObject({ error: "invalid_user_domain", code: "" });
      });

      test("a known subject may come with a foreign address: it stays the user it was", async () => {
        const [own, other] = [await tenant(), await tenant()];
        const ada = await signedInAs(cluster(), own, says("u-1", `ada@${own.domain}`));
        const victim = await signedInAs(cluster(), other, says("u-1", `victim@${other.domain}`));
        const again = await signedInAs(cluster(), own, says("u-1", `victim@${other.domain}`));
        expect([again.sub, again.email]).toEqual([ada.sub, `ada@${own.domain}`]);
        expect(again.sub).not.toBe(victim.sub);
      });

      test("once the connection leads elsewhere, the old subjects are nobody's", async () => {
        const own = await tenant();
        const ada = await signedInAs(cluster(), own, says("u-1", `ada@${own.domain}`));
        const idp = createSamlIdp({ entityId: `https://next-of-${own.connectionId}.example` });
        const config = { idp_entity_id: idp.entityId, idp_certificate: idp.certificate };
        await patchSaml(cluster(), own, config);
        const moved = { ...own, idp };
        const bob = await signedInAs(cluster(), moved, says("u-1", `bob@${own.domain}`));
        expect(bob.sub).not.toBe(ada.sub);
      });
    });

    describe("by being there first", () => {
      const someone = (at: OidcTenant, verified: unknown) => ({
        claims: { sub: "self-registered", email: `ceo@${at.domain}`, email_verified: verified },
      });

      test("an address that its provider has not verified makes no account, so none waits for its owner", async () => {
        const own = await createOpTenant(cluster(), op, `hijacked-${++tenants}.com`);
        for (const verified of [false, "false"]) {
          const outcome = await oidcSignIn(cluster(), op, own, someone(own, verified));
          expect(outcome).toMatchObject({ error: "unauthorized", code: "" });
        }
        expect(await usersOf(`ceo@${own.domain}`)).toEqual([]);
      });

      test("a verified address earns nothing for another subject that has it unverified", async () => {
        const own = await createOpTenant(cluster(), op, `proven-${++tenants}.com`);
        const proven = { sub: "owner", email: `ceo@${own.domain}`, email_verified: true };
        expect((await oidcSignIn(cluster(), op, own, { claims: proven })).code).not.toBe("");
        const outcome = await oidcSignIn(cluster(), op, own, someone(own, false));
        expect(outcome).toMatchObject({ error: "unauthorized", code: "" });
      });

      test("an address outside the verified domains makes no account, before or after the owner comes", async () => {
        const [owner, squatter] = [await tenant(), await tenant()];
        const email = `first@${owner.domain}`;
        expect((await signInAs(cluster(), squatter, says("s-1", email))).code).toBe("");
        expect(await usersOf(email)).toEqual([]);
        await signedInAs(cluster(), owner, says("u-1", email));
        expect((await signInAs(cluster(), squatter, says("s-1", email))).code).toBe("");
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
