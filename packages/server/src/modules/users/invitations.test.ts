/** Invitations: when they go out, how long they run, how they are sent again and accepted. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { placeIn, unique, usersOf } from "./testing.ts";

let app: TestApp;
const { createOrganization, createUser, eventsOf, resend, totals } = usersOf(() => app);

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

describe("an invitation", () => {
  const days = 86_400_000;

  async function invite(organizationId: string, body: object = {}) {
    const email = `${unique("invited")}@example.com`;
    const answer = await app.api(`/organizations/${organizationId}/users`, {
      body: { email, membership: { inviter_email: "boss@example.com", ...body } },
    });
    return answer.body.user;
  }

  test("goes out unless told otherwise, and leaves the address unproven", async () => {
    const organizationId = await createOrganization();
    const user = await invite(organizationId);
    expect(user.user_profile.email_verified).toBe(false);
    const [pending] = user.memberships;
    expect(pending).toMatchObject({
      membership_status: "PENDING_INVITE",
      inviter_email: "boss@example.com",
      provisioning_method: "invitation",
      roles: [{ name: "member" }],
    });
    expect(Date.parse(pending.expires_at) - Date.parse(pending.created_at)).toBe(15 * days);
    expect(pending).not.toHaveProperty("accepted_at");
    expect(await eventsOf(user.id)).toEqual(["user.organization_invitation"]);
    expect((await totals(organizationId)).members).toBe(1);
    const [row] = await app.app.db
      .selectFrom("invitations")
      .selectAll()
      .where("user_id", "=", user.id)
      .execute();
    expect(row?.secret_hash).toHaveLength(32);
  });

  test("is sent again with another secret: a reminder first, a new end once it has run out", async () => {
    const organizationId = await createOrganization();
    const user = await invite(organizationId);
    const [pending] = user.memberships;
    const secrets = async () =>
      (
        await app.app.db
          .selectFrom("invitations")
          .select("secret_hash")
          .where("user_id", "=", user.id)
          .execute()
      ).map((row) => row.secret_hash.toString("hex"));
    const before = await secrets();
    const { status, body } = await resend(organizationId, user.id);
    expect(status).toBe(200);
    expect(body.invite).toMatchObject({
      organization_id: organizationId,
      user_id: user.id,
      inviter_email: "boss@example.com",
      status: "PENDING_INVITE",
      created_at: pending.created_at,
      expires_at: pending.expires_at,
      resent_at: expect.stringMatching(/Z$/),
      resent_count: 1,
    });
    expect(await secrets()).not.toEqual(before);
    app.advance((15 * days) / 1000);
    expect(placeIn(await app.api(`/users/${user.id}`), organizationId)).toMatchObject({
      membership_status: "INVITE_EXPIRED",
    });
    const again = await resend(organizationId, user.id);
    expect(again.body.invite.resent_count).toBe(2);
    expect(Date.parse(again.body.invite.expires_at)).toBeGreaterThan(Date.parse(pending.expires_at));
    expect(placeIn(await app.api(`/users/${user.id}`), organizationId)).toMatchObject({
      membership_status: "PENDING_INVITE",
    });
    expect(await eventsOf(user.id)).toEqual(Array.from({ length: 3 }, () => "user.organization_invitation"));
  });

  test("is counted right when it is sent again twice at once", async () => {
    const organizationId = await createOrganization();
    const user = await invite(organizationId);
    const answers = await Promise.all(Array.from({ length: 5 }, () => resend(organizationId, user.id)));
    const counts = answers.map((answer) => answer.body.invite.resent_count).sort();
    expect(counts).toEqual([1, 2, 3, 4, 5]);
  });

  test("goes to no stranger at a kind of provider that the environment blocks", async () => {
    const organizationId = await createOrganization();
    const path = `/environments/${app.environmentId}/settings/user-management`;
    const block = (body: object) => app.api(path, { method: "PATCH", body });
    const inviteTo = (email: string, query = "") =>
      app.api(`/organizations/${organizationId}/users${query}`, { body: { email } });
    const blocked = { body: { code: 9, details: [{ error_code: "INVITATION_DOMAIN_BLOCKED" }] } };
    await block({ block_public_email_domains: true, block_disposable_email_domains: false });
    expect(await inviteTo("ada@gmail.com")).toMatchObject(blocked);
    expect((await inviteTo("ada@mailinator.com")).status).toBe(201);
    await block({ block_public_email_domains: false, block_disposable_email_domains: true });
    expect((await inviteTo("grace@gmail.com")).status).toBe(201);
    expect(await inviteTo("ada@sub.mailinator.com")).toMatchObject(blocked);
    // The application vouches for whom it adds at once, and who is a user already is no stranger.
    expect((await inviteTo("eve@mailinator.com", "?send_invitation_email=false")).status).toBe(201);
    const elsewhere = await createOrganization();
    const again = await app.api(`/organizations/${elsewhere}/users`, {
      body: { email: "eve@mailinator.com" },
    });
    expect(again.status).toBe(201);
    await block({ block_disposable_email_domains: false });
  });

  test("is none for who joined without", async () => {
    const organizationId = await createOrganization();
    const user = await createUser(organizationId);
    expect(await resend(organizationId, user.id)).toMatchObject({ status: 404, body: { code: 5 } });
  });

  test("is accepted by signing in at the organization's own identity provider, and not sent again then", async () => {
    const tenant = await createSamlTenant(app);
    const email = `ada@${tenant.domain}`;
    const path = `/organizations/${tenant.organizationId}/users`;
    const { body } = await app.api(path, { body: { email, membership: { roles: [{ name: "admin" }] } } });
    const { answer } = await samlSignIn(app, tenant, { email });
    expect(answer.get("code")).toMatch(/^.{43}$/);
    const accepted = await app.api(`/users/${body.user.id}`);
    expect(placeIn(accepted, tenant.organizationId)).toMatchObject({
      membership_status: "ACTIVE",
      accepted_at: expect.stringMatching(/Z$/),
      roles: [{ name: "admin" }],
    });
    expect(accepted.body.user.user_profile.external_identities).toEqual([
      expect.objectContaining({
        connection_id: tenant.connectionId,
        connection_type: "SAML",
        is_social: false,
      }),
    ]);
    expect(await resend(tenant.organizationId, body.user.id)).toMatchObject({
      status: 400,
      body: { code: 9 },
    });
    expect((await totals(tenant.organizationId)).members).toBe(1);
  });
});
