/** UserService for end users: themselves, and with a permission the members of their organization, with less to see. */
import { Code } from "@connectrpc/connect";
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken } from "../../testing/callers.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
let elsewhere: string;
const tokens = { plain: "", manager: "" };
const ids = { self: "", colleague: "", stranger: "" };
let members: string;

const permissions = ["read", "invite", "remove", "role_update"].map((name) => `organizations_users_${name}`);

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  tokens.plain = await sessionToken(app, tenant, []);
  tokens.manager = await sessionToken(app, tenant, permissions);
  members = `/organizations/${tenant.organizationId}/users`;
  const { body } = await app.api("/organizations", { body: { display_name: "Elsewhere" } });
  elsewhere = body.organization.id;
  ids.self = (await app.api(members)).body.users[0].id;
  ids.colleague = await add(tenant.organizationId, { email: `bob@${tenant.domain}`, external_id: "bob" });
  ids.stranger = await add(elsewhere, {
    email: "stranger@example.com",
    external_id: "stranger",
    metadata: { secret: "of elsewhere" },
    user_profile: { name: "Known elsewhere" },
  });
  await add(elsewhere, { email: `ada@${tenant.domain}` });
});
afterAll(async () => app.stop());

async function add(organizationId: string, user: object): Promise<string> {
  const path = `/organizations/${organizationId}/users?send_invitation_email=false`;
  return (await app.api(path, { body: user })).body.user.id;
}

function asManager(path: string, init: { method?: string; body?: unknown } = {}): Promise<ApiAnswer> {
  return app.api(path, { ...init, token: tokens.manager });
}

describe("a signed-in person", () => {
  test("reads themselves, without their other organizations", async () => {
    for (const path of ["/users:this", "/users/me"]) {
      const { body } = await app.api(path, { token: tokens.plain });
      expect(body).toMatchObject({
        user: { id: ids.self, email: `ada@${tenant.domain}`, user_profile: { given_name: "Ada" } },
        current_session_id: decodeJwt(tokens.plain).sid,
        gateway_enabled: false,
      });
      expect(body.user.memberships).toEqual([
        expect.objectContaining({ organization_id: tenant.organizationId, membership_status: "ACTIVE" }),
      ]);
    }
    const { body } = await app.api(`/users/${ids.self}`, { token: tokens.plain });
    expect(body.user.memberships).toHaveLength(1);
    expect((await app.api(`/users/${ids.self}`)).body.user.memberships).toHaveLength(2);
  });

  test("changes their own profile, and nothing that the application decides by", async () => {
    const path = `/users/${ids.self}`;
    const profile = {
      name: "Countess",
      locale: "en-GB",
      phone_number: "+44",
      picture: "https://example.com/a.png",
    };
    const changed = await app.api(path, {
      method: "PATCH",
      body: { user_profile: profile },
      token: tokens.plain,
    });
    expect(changed).toMatchObject({ status: 200, body: { user: { user_profile: profile } } });
    const bodies = [
      { external_id: "somebody-else" },
      { external_id: "" },
      { metadata: { role: "owner" } },
      { user_profile: { groups: ["owners"] } },
      { user_profile: { metadata: { role: "owner" } } },
    ];
    for (const body of bodies) {
      const refused = await app.api(path, { method: "PATCH", body, token: tokens.manager });
      expect({ body, status: refused.status }).toEqual({ body, status: 403 });
      expect(refused.body.details[0].error_code).toBe("USER_FIELD_RESERVED");
    }
    expect((await app.api(path)).body.user).toMatchObject({ metadata: {}, user_profile: { groups: [] } });
  });

  test("reaches nobody else by id or external id, a colleague as little as a stranger or no one", async () => {
    const client = rpc(app, UserService, tokens.manager);
    for (const value of [ids.colleague, ids.stranger, "usr_100000000000000001"]) {
      const identities = { case: "id", value } as const;
      const calls = [() => client.getUser({ identities }), () => client.updateUser({ identities, user: {} })];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({
          code: Code.NotFound,
          rawMessage: `There is no user ${value} in this environment`,
        });
      }
    }
    for (const value of ["bob", "stranger", "nobody"]) {
      const answer = client.getUser({ identities: { case: "externalId", value } });
      await expect(answer).rejects.toMatchObject({ code: Code.NotFound });
    }
  });
});

describe("a manager of members", () => {
  test("needs each method's own permission", async () => {
    const body = { roles: [{ name: "member" }] };
    const path = `/memberships/organizations/${tenant.organizationId}/users/${ids.colleague}`;
    const invite = `/invites/organizations/${tenant.organizationId}/users/${ids.colleague}/resend`;
    const calls = {
      organizations_users_read: () => ({ path: members, init: {} }),
      organizations_users_invite: () => ({ path: members, init: { body: { email: "new@example.com" } } }),
      "organizations_users_invite ": () => ({ path: invite, init: { method: "PATCH", body: {} } }),
      organizations_users_remove: () => ({ path, init: { method: "DELETE" } }),
      organizations_users_role_update: () => ({ path, init: { method: "PATCH", body } }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const others = permissions.filter((permission) => permission !== name.trim());
      const token = await sessionToken(app, tenant, others);
      const { path, init } = call();
      const { status, body } = await app.api(path, { ...init, token });
      expect({ name, status, message: body.message }).toEqual({
        name,
        status: 403,
        message: `The session lacks the permission ${name.trim()}`,
      });
    }
  });

  test("sees the members with their place in this organization alone", async () => {
    const { body } = await asManager(members);
    expect(body.total_size).toBe(2);
    expect(body.users.map((user: { id: string }) => user.id)).toEqual([ids.colleague, ids.self]);
    expect(JSON.stringify(body)).not.toContain(elsewhere);
  });

  test("invites a newcomer with a name, and nothing that the application decides by", async () => {
    const email = "newcomer@example.com";
    const created = await asManager(members, { body: { email, user_profile: { given_name: "New" } } });
    expect(created.status).toBe(201);
    expect(created.body.user).toMatchObject({
      email,
      memberships: [{ membership_status: "PENDING_INVITE" }],
    });
    const shown = (await app.api(`/users/${created.body.user.id}`)).body.user.user_profile;
    expect(shown).toMatchObject({ given_name: "New", email_verified: false });
    for (const fields of [{ external_id: "x" }, { metadata: { role: "owner" } }]) {
      const refused = await asManager(members, { body: { email: "other@example.com", ...fields } });
      expect(refused.status).toBe(403);
    }
  });

  test("cannot make anybody an active member, which would vouch for the address", async () => {
    const path = `${members}?send_invitation_email=false`;
    const refused = await asManager(path, { body: { email: "victim@example.com" } });
    expect(refused).toMatchObject({ status: 403, body: { code: 7 } });
    expect(refused.body.details[0].error_code).toBe("MEMBERSHIP_NEEDS_INVITATION");
    expect((await app.api("/users:search?query=victim@")).body.total_size).toBe(0);
  });

  test("learns of an invited stranger no more than the address they typed", async () => {
    const invited = await asManager(members, { body: { email: "stranger@example.com" } });
    expect(invited.status).toBe(201);
    const listed = (await asManager(members)).body.users.find(
      (user: { id: string }) => user.id === ids.stranger,
    );
    for (const user of [invited.body.user, listed]) {
      expect(user).toMatchObject({ id: ids.stranger, email: "stranger@example.com" });
      expect(Object.keys(user)).not.toContain("external_id");
      expect(Object.keys(user)).not.toContain("user_profile");
      expect(user.metadata).toEqual({});
      expect(user.memberships.map((each: { organization_id: string }) => each.organization_id)).toEqual([
        tenant.organizationId,
      ]);
    }
    expect((await asManager(`/users/${ids.stranger}`)).status).toBe(404);
    expect((await app.api(`/users/${ids.stranger}`)).body.user.user_profile.name).toBe("Known elsewhere");
  });

  test("adds nobody by an id, since that would tell who has it", async () => {
    const join = (id: string) =>
      asManager(`/memberships/organizations/${tenant.organizationId}/users/${id}`, { body: {} });
    const alone = await add(elsewhere, { email: "alone@example.com" });
    const missing = await join("usr_100000000000000001");
    const foreign = await join(alone);
    expect([missing.status, foreign.status]).toEqual([404, 404]);
    expect(foreign.body.message).toBe(missing.body.message.replace("usr_100000000000000001", alone));
    expect((await join(ids.colleague)).status).toBe(409);
  });

  test("changes roles, sends invitations again and removes members, here only", async () => {
    const path = `/memberships/organizations/${tenant.organizationId}/users/${ids.colleague}`;
    const changed = await asManager(path, { method: "PATCH", body: { roles: [{ name: "admin" }] } });
    expect(changed.body.user.memberships[0].roles).toMatchObject([{ name: "admin" }]);
    const resent = `/invites/organizations/${tenant.organizationId}/users/${ids.stranger}/resend`;
    expect((await asManager(resent, { method: "PATCH", body: {} })).body.invite.resent_count).toBe(1);
    expect((await asManager(path, { method: "DELETE" })).body).toEqual({});
    expect((await app.api(`/users/${ids.colleague}`)).body.user.memberships).toEqual([]);
    const theirs = `/memberships/organizations/${elsewhere}/users/${ids.stranger}`;
    expect((await asManager(theirs, { method: "DELETE" })).status).toBe(404);
    expect((await app.api(`/users/${ids.stranger}`)).body.user.memberships).toHaveLength(2);
  });
});

test("who removes themselves is signed out at once", async () => {
  const token = await sessionToken(app, tenant, permissions);
  const path = `/memberships/organizations/${tenant.organizationId}/users/${ids.self}`;
  expect((await app.api(path, { method: "DELETE", token })).status).toBe(200);
  expect((await app.api("/users/me", { token })).status).toBe(401);
});
