/** Who a verified identity becomes in full-stack mode: keyed by connection and subject, never by the address alone. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createConnection, patchSaml, reread, setEnabled } from "../../testing/connections.ts";
import { createSamlIdp, type IssueInput } from "../../testing/saml-idp.ts";
import { says, signedInAs, signInAs } from "../../testing/saml-person.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

const signIn = (tenant: SamlTenant, changes: Partial<IssueInput>) => signInAs(app, tenant, changes);
const signedIn = (tenant: SamlTenant, changes: Partial<IssueInput>) => signedInAs(app, tenant, changes);

/** A second connection in the organization of the first, to an identity provider of its own. */
async function secondConnection(tenant: SamlTenant): Promise<SamlTenant> {
  const idp = createSamlIdp({ entityId: `https://second-of-${tenant.connectionId}.example` });
  const own = { ...tenant, ...(await createConnection(app, tenant.organizationId, "SAML")), idp };
  await patchSaml(app, own, {
    idp_entity_id: idp.entityId,
    idp_sso_url: idp.ssoUrl,
    idp_certificate: idp.certificate,
  });
  await setEnabled(app, own, true);
  return reread(app, own);
}

const db = () => app.app.db;
const usersOf = (email: string) => db().selectFrom("users").selectAll().where("email", "=", email).execute();
const membershipsOf = (userId: string) =>
  db().selectFrom("memberships").selectAll().where("user_id", "=", userId).execute();

describe("one person is one user", () => {
  test("at the second sign-in", async () => {
    const tenant = await createSamlTenant(app);
    const ada = says("u-1", `ada@${tenant.domain}`);
    expect((await signedIn(tenant, ada)).sub).toBe((await signedIn(tenant, ada)).sub);
    expect(await usersOf(`ada@${tenant.domain}`)).toHaveLength(1);
  });

  test("whose address changes: the subject is the key, and the address stays", async () => {
    const tenant = await createSamlTenant(app);
    const first = await signedIn(tenant, says("u-1", `ada@${tenant.domain}`));
    const second = await signedIn(tenant, says("u-1", `countess@${tenant.domain}`));
    expect(second).toMatchObject({ sub: first.sub, email: `ada@${tenant.domain}` });
    expect(await usersOf(`countess@${tenant.domain}`)).toEqual([]);
  });

  test("whose NameID is another one each time", async () => {
    const tenant = await createSamlTenant(app);
    const once = { ...says("_1", `ada@${tenant.domain}`), nameIdFormat: transient };
    const first = await signedIn(tenant, once);
    expect((await signedIn(tenant, { ...once, nameId: "_2" })).sub).toBe(first.sub);
  });

  test("through two connections of the organization", async () => {
    const tenant = await createSamlTenant(app);
    const ada = says("u-1", `ada@${tenant.domain}`);
    const first = await signedIn(tenant, ada);
    expect((await signedIn(await secondConnection(tenant), ada)).sub).toBe(first.sub);
  });

  test("of twenty first sign-ins at once, with one membership", async () => {
    const tenant = await createSamlTenant(app);
    const email = `newcomer@${tenant.domain}`;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => signIn(tenant, says("u-1", email))));
    expect(outcomes.filter(({ code }) => code === "")).toEqual([]);
    const [user, ...more] = await usersOf(email);
    expect(more).toEqual([]);
    expect(await membershipsOf(user?.id ?? "")).toHaveLength(1);
  });

  test("an address that was noted without proof is proven by it", async () => {
    const tenant = await createSamlTenant(app);
    const email = `invited@${tenant.domain}`;
    const { sub } = await signedIn(tenant, says("u-1", email));
    await db().updateTable("users").set({ email_verified: false }).where("id", "=", String(sub)).execute();
    await db().deleteFrom("external_identities").where("user_id", "=", String(sub)).execute();
    expect(await signedIn(tenant, says("u-1", email))).toMatchObject({ sub, email_verified: true });
  });

  test("and who came in before the proof is out: no identity and no session of theirs stays", async () => {
    const tenant = await createSamlTenant(app);
    const email = `owner@${tenant.domain}`;
    const squatter = await signedIn(tenant, says("squatter", email));
    await db()
      .updateTable("users")
      .set({ email_verified: false })
      .where("id", "=", String(squatter.sub))
      .execute();
    const owner = await signedIn(tenant, says("owner", email));
    expect(owner.sub).toBe(squatter.sub);
    const identities = await db()
      .selectFrom("external_identities")
      .select("subject")
      .where("user_id", "=", String(owner.sub))
      .execute();
    expect(identities).toEqual([{ subject: "owner" }]);
    const sessions = await db()
      .selectFrom("sessions")
      .select(["id", "status"])
      .where("user_id", "=", String(owner.sub))
      .orderBy("id")
      .execute();
    expect(sessions.map(({ status }) => status)).toEqual(["revoked", "active"]);
  });
});

describe("a subject names another person", () => {
  test("at another connection", async () => {
    const tenant = await createSamlTenant(app);
    const ada = await signedIn(tenant, says("u-1", `ada@${tenant.domain}`));
    const bob = await signedIn(await secondConnection(tenant), says("u-1", `bob@${tenant.domain}`));
    expect(bob.sub).not.toBe(ada.sub);
  });

  test("once the connection leads to another identity provider", async () => {
    const tenant = await createSamlTenant(app);
    const ada = await signedIn(tenant, says("u-1", `ada@${tenant.domain}`));
    const idp = createSamlIdp({ entityId: `https://next-of-${tenant.connectionId}.example` });
    await patchSaml(app, tenant, { idp_entity_id: idp.entityId, idp_certificate: idp.certificate });
    const bob = await signedIn({ ...tenant, idp }, says("u-1", `bob@${tenant.domain}`));
    expect(bob).toMatchObject({ email: `bob@${tenant.domain}` });
    expect(bob.sub).not.toBe(ada.sub);
  });
});

describe("who may come in", () => {
  test("no newcomer where users are not created by signing in; members as before", async () => {
    const tenant = await createSamlTenant(app);
    const ada = says("u-1", `ada@${tenant.domain}`);
    await signedIn(tenant, ada);
    await patchSaml(app, tenant, { jit_provisioning_with_sso_enabled: false });
    await signedIn(tenant, ada);
    expect(await signIn(tenant, says("u-2", `bob@${tenant.domain}`))).toMatchObject({
      error: "access_denied",
      state: "state-1",
    });
    expect(await usersOf(`bob@${tenant.domain}`)).toEqual([]);
  });

  test("no member whose membership is inactive", async () => {
    const tenant = await createSamlTenant(app);
    const ada = says("u-1", `ada@${tenant.domain}`);
    const { sub } = await signedIn(tenant, ada);
    await db()
      .updateTable("memberships")
      .set({ status: "INACTIVE" })
      .where("user_id", "=", String(sub))
      .execute();
    expect(await signIn(tenant, ada)).toMatchObject({ error: "user_not_active", code: "" });
    expect(await signIn(tenant, says("u-2", `ada@${tenant.domain}`))).toMatchObject({
      error: "user_not_active",
      code: "",
    });
  });

  test("nobody by a domain that the organization has lost", async () => {
    const tenant = await createSamlTenant(app);
    const { body } = await app.api(`/organizations/${tenant.organizationId}/domains`);
    await app.api(`/organizations/${tenant.organizationId}/domains/${body.domains[0].id}`, {
      method: "DELETE",
    });
    expect((await signIn(tenant, says("u-1", `ada@${tenant.domain}`))).error).toBe("invalid_user_domain");
  });
});

describe("the profile", () => {
  const named = (of: SamlTenant, firstName: string) => says("u-1", `ada@${of.domain}`, { firstName });

  test("stays as it was at the first sign-in", async () => {
    const tenant = await createSamlTenant(app);
    await signedIn(tenant, named(tenant, "Ada"));
    expect(await signedIn(tenant, named(tenant, "Augusta"))).toMatchObject({ given_name: "Ada" });
  });

  test("follows the identity provider where the connection says so", async () => {
    const tenant = await createSamlTenant(app);
    await patchSaml(app, tenant, { sync_user_profile_on_login: true });
    await signedIn(tenant, named(tenant, "Ada"));
    expect(await signedIn(tenant, named(tenant, "Augusta"))).toMatchObject({ given_name: "Augusta" });
  });
});
