/**
 * What users and their identity providers say of themselves: no attribute, claim, parameter or call of a user makes an
 * address verified, a domain owned, a role held or an organization theirs.
 */
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sessionToken } from "../testing/callers.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import type { OidcTenant } from "../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../testing/hand-made-op.ts";
import { redemption } from "../testing/oauth.ts";
import { createOpTenant, oidcSignIn } from "../testing/oidc-leg.ts";
import { says, signInAs } from "../testing/saml-person.ts";
import { createSamlTenant, postToken, type SamlTenant, samlSignIn } from "../testing/sign-in.ts";

let op: HandMadeOp;
let tenants = 0;
beforeAll(async () => {
  op = await startHandMadeOp();
});
afterEach(() => op.replies.clear());
afterAll(() => op.stop());

/** What only we decide. */
const ours = (of: { organizationId: string }) => ({
  roles: "admin",
  role: "owner",
  permissions: "organizations_write",
  organization_id: of.organizationId,
  oid: of.organizationId,
  sid: "ses_1",
  user_id: "usr_1",
  status: "ACTIVE",
  email_verified: "true",
});

onOneNodeAndTwo(
  (cluster) => {
    let tenant: SamlTenant;
    let other: SamlTenant;
    beforeAll(async () => {
      tenant = await createSamlTenant(cluster());
      other = await createSamlTenant(cluster());
    });

    async function claimsOf(code: string, more: Record<string, string> = {}) {
      const { body } = await postToken(cluster(), { ...redemption(code), ...more });
      return { access: decodeJwt(body.access_token ?? ""), id: decodeJwt(body.id_token ?? "") };
    }

    function expectOrdinary({ access, id }: Awaited<ReturnType<typeof claimsOf>>, organizationId: string) {
      const permissions = ["sk_org_settings_read", "sk_org_users_read"];
      expect(access).toMatchObject({ roles: ["member"], permissions, oid: organizationId });
      expect(id).toMatchObject({ oid: organizationId, sub: access.sub });
      expect([access.sub, access.sid]).not.toContain("usr_1");
      expect(access.sid).not.toBe("ses_1");
    }

    test("attributes of a SAML assertion", async () => {
      const email = `ada@${tenant.domain}`;
      const { code } = await signInAs(cluster(), tenant, says("u-1", email, ours(other)));
      expectOrdinary(await claimsOf(code), tenant.organizationId);
    });

    test("nor do they verify the address of a foreign domain", async () => {
      const email = `ada@${other.domain}`;
      const outcome = await signInAs(cluster(), tenant, says("u-2", email, ours(other)));
      expect(outcome).toMatchObject({ error: "invalid_user_domain", code: "" });
    });

    describe("claims of an ID token", () => {
      let own: OidcTenant;
      beforeAll(async () => {
        own = await createOpTenant(cluster(), op, `claims-${++tenants}.com`);
      });

      test("make nobody more than a member", async () => {
        const { code } = await oidcSignIn(cluster(), op, own, {
          claims: { ...ours(other), email_verified: true },
        });
        expectOrdinary(await claimsOf(code), own.organizationId);
      });

      test("email_verified does not verify the address of a foreign domain", async () => {
        const claims = { sub: "eve", email: `ada@${other.domain}`, email_verified: true };
        const outcome = await oidcSignIn(cluster(), op, own, { claims });
        expect(outcome).toMatchObject({ error: "invalid_user_domain", code: "" });
      });
    });

    test("parameters of the authorization and the token request", async () => {
      const authorize = {
        connection_id: tenant.connectionId,
        ...ours(tenant),
        claims: '{"id_token":{"roles":null}}',
      };
      const { answer } = await samlSignIn(cluster(), tenant, { authorize });
      const { organization_id: _, ...more } = ours(other);
      expectOrdinary(await claimsOf(answer.get("code") ?? "", more), tenant.organizationId);
    });

    test("scopes that nobody offers, among them the management API's, are not granted", async () => {
      const scope = "openid email organizations_write connections_write admin offline_access";
      const authorize = { connection_id: tenant.connectionId, scope };
      const { answer } = await samlSignIn(cluster(), tenant, { authorize });
      const { body } = await postToken(cluster(), redemption(answer.get("code") ?? ""));
      expect(body.scope).toBe("openid email offline_access");
      const asked = await cluster().api("/organizations", { token: body.access_token ?? "" });
      expect(asked.status).toBeGreaterThanOrEqual(401);
    });

    describe("calls with the token of a user", () => {
      let token: string;
      let rows: string;
      beforeAll(async () => {
        token = await sessionToken(cluster(), tenant, []);
        rows = await snapshot();
      });

      const snapshot = async () => {
        const { db } = cluster().app;
        return JSON.stringify([
          await db.selectFrom("users").select(["id", "email_verified"]).orderBy("id").execute(),
          await db.selectFrom("memberships").selectAll().orderBy("user_id").execute(),
          await db.selectFrom("membership_roles").selectAll().orderBy("user_id").execute(),
          await db.selectFrom("domains").selectAll().orderBy("id").execute(),
          await db.selectFrom("organizations").selectAll().orderBy("id").execute(),
          await db.selectFrom("connections").selectAll().orderBy("id").execute(),
        ]);
      };

      const calls = (): [string, string, object][] => {
        const own = `/organizations/${tenant.organizationId}`;
        const domain = {
          domain: `mine-${++tenants}.com`,
          verification_status: "VERIFIED",
          status: "VERIFIED",
        };
        return [
          ["POST", `${own}/domains`, domain],
          ["POST", `/organizations/${other.organizationId}/domains`, domain],
          ["POST", "/organizations", { display_name: "Mine" }],
          ["PATCH", own, { display_name: "Mine", metadata: { plan: "enterprise" } }],
          ["PATCH", `${own}/connections/${tenant.connectionId}`, { provider: "CUSTOM", type: "SAML" }],
          ["PATCH", `${own}/connections/${tenant.connectionId}:disable`, {}],
          ["PATCH", "/users/usr_100000000000000001", { user: { email_verified: true } }],
          [
            "PATCH",
            `/memberships/organizations/${tenant.organizationId}/users/usr_100000000000000001`,
            { roles: [{ name: "admin" }] },
          ],
          ["PATCH", `/clients/${cluster().clientId}`, { post_login_uris: ["https://evil.test/"] }],
        ];
      };

      test("change nothing, and are refused", async () => {
        for (const [method, path, body] of calls()) {
          const { status } = await cluster().api(path, { method, body, token });
          // 501: the contract has the method, and it is not built.
          expect([401, 403, 404, 405, 501], `${method} ${path}`).toContain(status);
        }
        expect(await snapshot()).toBe(rows);
      });
    });
  },
  () => ({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }),
);
