/** The REST reference of memberships, invitations and roles: path, verb, body, status and answer of every call. */
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeEndpoints, notFound } from "./endpoints.ts";

let app: TestApp;
let home: string;
let second: string;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  const organization = async (display_name: string): Promise<string> =>
    (await app.api("/organizations", { body: { display_name } })).body.organization.id;
  [home, second] = [await organization("Home"), await organization("Second")];
});
afterAll(async () => app.stop());

const nobody = "usr_100000000000000001";
const nowhere = "org_100000000000000001";

/** A new user who is a member of the first organization; invited, unless said otherwise. */
async function user(invite = false): Promise<string> {
  const path = `/organizations/${home}/users?send_invitation_email=${invite}`;
  return (await app.api(path, { body: { email: `person.${++made}@company.test` } })).body.user.id;
}

describeEndpoints("members", () => app, {
  // One of the references answers with the bare membership; the newer ones, and the SDKs, with the whole user.
  async "POST /api/v1/memberships/organizations/{organization_id}/users/{id}"(call) {
    const at = { organization_id: second, id: await user() };
    // One of the references has the names of roles alone.
    const body = { roles: ["admin"], metadata: { seat: "window" } };
    const added = await call(at, { body });
    expect(added).toMatchObject({ status: 201, body: { user: { id: at.id } } });
    expect(added.body.user.memberships).toContainEqual(
      expect.objectContaining({
        organization_id: second,
        membership_status: "PENDING_INVITE",
        metadata: body.metadata,
        roles: [expect.objectContaining({ name: "admin", display_name: "Admin" })],
      }),
    );
    expect(await call(at, { body })).toMatchObject({ status: 409, body: { code: 6 } });
    const active = await call(
      { ...at, id: await user() },
      { body: { roles: [{ name: "member" }] }, query: { send_invitation_email: "false" } },
    );
    expect(active.body.user.memberships).toContainEqual(
      expect.objectContaining({ organization_id: second, membership_status: "ACTIVE" }),
    );
    expect(await call({ ...at, id: nobody }, { body })).toMatchObject(notFound);
  },

  async "PATCH /api/v1/memberships/organizations/{organization_id}/users/{id}"(call) {
    const at = { organization_id: home, id: await user() };
    const metadata = { seat: "aisle" };
    const body = { roles: [{ name: "admin" }], metadata };
    const changed = await call(at, { body: { roles: ["admin"], metadata } });
    expect(changed).toMatchObject({
      status: 200,
      body: { user: { id: at.id, memberships: [{ organization_id: home, ...body }] } },
    });
    const kept = await call(at, { body: { roles: [], metadata: {} } });
    expect(kept.body.user.memberships).toMatchObject([body]);
    expect(await call({ ...at, organization_id: second }, { body })).toMatchObject(notFound);
  },

  async "DELETE /api/v1/memberships/organizations/{organization_id}/users/{id}"(call) {
    const at = { organization_id: home, id: await user() };
    // One of the references says 204; the newer ones, and the SDKs, say 200 with an empty object.
    const { status, body } = await call(at);
    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect(await call(at)).toMatchObject(notFound);
  },

  async "PATCH /api/v1/invites/organizations/{organization_id}/users/{id}/resend"(call) {
    const at = { organization_id: home, id: await user(true) };
    expect(await call(at)).toMatchObject({
      status: 200,
      body: {
        invite: { user_id: at.id, organization_id: home, status: "PENDING_INVITE", resent_count: 1 },
      },
    });
    expect((await call(at, { body: {} })).body.invite.resent_count).toBe(2);
    expect(await call({ ...at, organization_id: nowhere })).toMatchObject(notFound);
  },

  async "GET /api/v1/organizations/{org_id}/roles"(call) {
    const { status, body } = await call({ org_id: home });
    expect(status).toBe(200);
    const admin = {
      name: "admin",
      display_name: "Admin",
      description: expect.any(String),
    };
    expect(body.roles).toContainEqual(
      expect.objectContaining({ ...admin, id: expect.stringMatching(/^role_/) }),
    );
    expect(await call({ org_id: nowhere })).toMatchObject(notFound);
  },

  async "POST /api/v1/organizations/{org_id}/roles"(call) {
    for (const name of ["content:read", "content:write"]) await app.api("/permissions", { body: { name } });
    const body = {
      name: "department_lead",
      display_name: "Department Lead",
      description: "Manages department members",
      permissions: ["content:read", "content:write"],
    };
    const { permissions, ...role } = body;
    const created = await call({ org_id: home }, { body });
    expect(created).toMatchObject({ status: 201, body: { role: { ...role, is_org_role: true } } });
    const held = await app.api(`/organizations/${home}/roles/department_lead?include=permissions`);
    expect(held.body.role.permissions.map(({ name }: { name: string }) => name).sort()).toEqual(permissions);
    expect(await call({ org_id: home }, { body })).toMatchObject({ status: 400, body: { code: 3 } });
    expect(await call({ org_id: nowhere }, { body })).toMatchObject(notFound);
  },
});
