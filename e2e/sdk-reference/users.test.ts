/** The official Node SDK, unmodified: `client.user`, method by method as its reference says. */
import {
  Scalekit,
  ScalekitBadRequestException,
  ScalekitConflictException,
  ScalekitNotFoundException,
} from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeMethods } from "./cases.ts";

const nobody = "usr_100000000000000001";
const ACTIVE = 1;
const PENDING_INVITE = 3;

let app: TestApp;
let sdk: Scalekit;
let users: Scalekit["user"];
/** The organization of most cases, and another one. */
let home: string;
let second: string;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  users = sdk.user;
  [home, second] = [await organization("Home"), await organization("Second")];
});
afterAll(async () => app.stop());

async function organization(name: string): Promise<string> {
  return (await sdk.organization.createOrganization(name)).organization?.id ?? "";
}

/** A new active member of an organization. */
async function member(organizationId = home) {
  const externalId = `person_${++made}`;
  const email = `${externalId}@company.test`;
  const options = { email, externalId, sendInvitationEmail: false };
  const { user } = await users.createUserAndMembership(organizationId, options);
  return { id: user?.id ?? "", email, externalId };
}

const namesOf = (items: { name: string }[]) => items.map(({ name }) => name).sort();
const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);
const badRequest = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitBadRequestException);
const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

describeMethods("user", () => sdk, {
  async createUserAndMembership() {
    const { user } = await users.createUserAndMembership(home, {
      email: "john.doe@company.test",
      userProfile: { firstName: "John", lastName: "Doe" },
      sendInvitationEmail: true,
      metadata: { department: "Engineering" },
    });
    expect(user).toMatchObject({
      id: expect.stringMatching(/^usr_\d{18}$/),
      environmentId: app.environmentId,
      email: "john.doe@company.test",
      metadata: { department: "Engineering" },
      userProfile: { firstName: "John", lastName: "Doe", givenName: "John", familyName: "Doe" },
    });
    expect(user?.userProfile?.emailVerified).toBe(false);
    const [invited] = user?.memberships ?? [];
    expect(invited).toMatchObject({ organizationId: home, membershipStatus: PENDING_INVITE });
    expect(namesOf(invited?.roles ?? [])).toEqual(["member"]);
    expect(Number(invited?.expiresAt?.seconds) - Number(invited?.createdAt?.seconds)).toBe(15 * 86_400);
    const uninvited = await users.createUserAndMembership(home, {
      email: "jane.doe@company.test",
      sendInvitationEmail: false,
    });
    expect(uninvited.user?.memberships).toMatchObject([{ membershipStatus: ACTIVE }]);
    const create = (organizationId: string, email: string) =>
      users.createUserAndMembership(organizationId, { email });
    await expect(create("", "a@company.test")).rejects.toThrow("organizationId is required");
    await expect(create(home, "")).rejects.toThrow("email is required");
    await badRequest(create(home, "no address"));
    await expect(create(home, "john.doe@company.test")).rejects.toBeInstanceOf(ScalekitConflictException);
    await notFound(create("org_100000000000000001", "a@company.test"));
  },

  async getUser() {
    const { id, email, externalId } = await member();
    const { user } = await users.getUser(id);
    expect(user).toMatchObject({ id, email, externalId, memberships: [{ organizationId: home }] });
    await notFound(users.getUser(nobody));
  },

  async listUsers() {
    const [here, there] = [await member(), await member(second)];
    const first = await users.listUsers({ pageSize: 1 });
    const next = await users.listUsers({ pageSize: 1, pageToken: first.nextPageToken });
    expect([...idsOf(first.users), ...idsOf(next.users)]).toEqual([there.id, here.id]);
    expect((await users.listUsers({ pageSize: 100 })).users).toHaveLength(first.totalSize);
    expect((await users.listUsers()).users.length).toBeLessThanOrEqual(10);
  },

  async updateUser() {
    const { id, email } = await member();
    const change = {
      userProfile: { firstName: "John", lastName: "Smith" },
      metadata: { department: "Engineering", title: "Senior Developer" },
    };
    expect((await users.updateUser(id, change)).user).toMatchObject({ id, email, ...change });
    const { user } = await users.updateUser(id, { userProfile: { firstName: "Jack", lastName: "Smith" } });
    expect(user).toMatchObject({ metadata: change.metadata, userProfile: { firstName: "Jack" } });
    await notFound(users.updateUser(nobody, change));
    await badRequest(users.updateUser(id, { metadata: { k: "too short a key" } }));
  },

  async deleteUser() {
    const { id } = await member();
    await users.deleteUser(id);
    await notFound(users.getUser(id));
    expect(idsOf((await users.listOrganizationUsers(home, { pageSize: 100 })).users)).not.toContain(id);
    await notFound(users.deleteUser(id));
  },

  async createMembership() {
    const { id } = await member();
    const { user } = await users.createMembership(second, id, {
      roles: ["admin"],
      metadata: { seat: "window" },
      sendInvitationEmail: true,
    });
    expect(user?.id).toBe(id);
    expect(user?.memberships.find((each) => each.organizationId === second)).toMatchObject({
      membershipStatus: PENDING_INVITE,
      metadata: { seat: "window" },
      roles: [{ name: "admin" }],
    });
    const again = users.createMembership(second, id);
    await expect(again).rejects.toBeInstanceOf(ScalekitConflictException);
    await notFound(users.createMembership(second, nobody));
    const other = await member();
    await badRequest(users.createMembership(second, other.id, { roles: ["no_such_role"] }));
  },

  async deleteMembership() {
    const { id } = await member();
    await users.deleteMembership(home, id);
    expect((await users.getUser(id)).user?.memberships).toEqual([]);
    expect(idsOf((await users.listOrganizationUsers(home, { pageSize: 100 })).users)).not.toContain(id);
    await notFound(users.deleteMembership(home, id));
  },

  async updateMembership() {
    const { id } = await member();
    const { user } = await users.updateMembership(home, id, { roles: ["admin"] });
    expect(user?.memberships).toMatchObject([{ organizationId: home, roles: [{ name: "admin" }] }]);
    expect(user?.memberships[0]?.permissions).toContain("sk_org_settings_manage");
    const metadata = { seat: "aisle" };
    const kept = await users.updateMembership(home, id, { metadata });
    expect(kept.user?.memberships).toMatchObject([{ metadata, roles: [{ name: "admin" }] }]);
    await notFound(users.updateMembership(second, id, { roles: ["admin"] }));
  },

  async listOrganizationUsers() {
    const crowd = await organization("Crowd");
    const [first, last] = [await member(crowd), await member(crowd)];
    const all = await users.listOrganizationUsers(crowd, { pageSize: 25 });
    expect(all).toMatchObject({ totalSize: 2, nextPageToken: "", prevPageToken: "" });
    expect(idsOf(all.users)).toEqual([last.id, first.id]);
    expect(all.users[0]).toMatchObject({ email: last.email, environmentId: app.environmentId });
    const page = await users.listOrganizationUsers(crowd, { pageSize: 1 });
    const next = await users.listOrganizationUsers(crowd, { pageSize: 1, pageToken: page.nextPageToken });
    expect(idsOf(next.users)).toEqual([first.id]);
    expect((await users.listOrganizationUsers(crowd)).users).toHaveLength(2);
    await badRequest(users.listOrganizationUsers(crowd, { pageSize: 101 }));
    await notFound(users.listOrganizationUsers("org_100000000000000001"));
  },

  async resendInvite() {
    const { user } = await users.createUserAndMembership(home, { email: "invited@company.test" });
    const { invite } = await users.resendInvite(home, user?.id ?? "");
    expect(invite).toMatchObject({
      userId: user?.id,
      organizationId: home,
      status: "PENDING_INVITE",
      resentCount: 1,
      createdAt: user?.memberships[0]?.createdAt,
      expiresAt: user?.memberships[0]?.expiresAt,
    });
    expect(invite?.resentAt).toBeDefined();
    const { id } = await member();
    await notFound(users.resendInvite(home, id));
    await expect(users.resendInvite("", id)).rejects.toThrow("organizationId is required");
    await expect(users.resendInvite(home, "")).rejects.toThrow("userId is required");
  },

  async listUserRoles() {
    const { id } = await member();
    const { roles } = await users.listUserRoles(home, id);
    expect(roles).toMatchObject([{ name: "member", displayName: "Member" }]);
    await notFound(users.listUserRoles(second, id));
  },

  async listUserPermissions() {
    const { id } = await member();
    const { permissions } = await users.listUserPermissions(home, id);
    expect(namesOf(permissions)).toEqual(["sk_org_settings_read", "sk_org_users_read"]);
    await notFound(users.listUserPermissions(second, id));
  },

  async searchUsers() {
    const found = await member(second);
    for (const query of [found.email, found.id, found.externalId]) {
      expect(idsOf((await users.searchUsers(query)).users)).toContain(found.id);
    }
    await member();
    const first = await users.searchUsers("company.test", 1);
    const next = await users.searchUsers("company.test", 1, first.nextPageToken);
    expect(next.users[0]?.id).not.toBe(first.users[0]?.id);
    const nothing = { users: [], totalSize: 0, nextPageToken: "" };
    expect(await users.searchUsers("nobody@example.invalid")).toMatchObject(nothing);
    await expect(users.searchUsers("")).rejects.toThrow("query is required");
  },

  async searchOrganizationUsers() {
    const { user } = await users.createUserAndMembership(home, { email: "dotted.name.x@company.test" });
    const here = await users.searchOrganizationUsers(home, "dotted.name.x", 10);
    expect(idsOf(here.users)).toEqual([user?.id]);
    expect(await users.searchOrganizationUsers(second, "dotted.name.x")).toMatchObject({
      users: [],
      totalSize: 0,
    });
    await expect(users.searchOrganizationUsers(" ", "dotted")).rejects.toThrow("organizationId is required");
    await notFound(users.searchOrganizationUsers("org_100000000000000001", "dotted"));
  },

  async assignUserRoles() {
    const { id } = await member();
    expect(namesOf((await users.assignUserRoles(home, id, ["member"])).roles)).toEqual(["member"]);
    expect(namesOf((await users.assignUserRoles(home, id, ["admin"])).roles)).toEqual(["admin", "member"]);
    await badRequest(users.assignUserRoles(home, id, ["no_such_role"]));
    await notFound(users.assignUserRoles(home, nobody, ["admin"]));
  },

  async removeUserRole() {
    const { id } = await member();
    await users.removeUserRole(home, id, "member");
    expect((await users.listUserRoles(home, id)).roles).toEqual([]);
    await notFound(users.removeUserRole(home, id, "member"));
  },

  async getUserByExternalId() {
    const { id, externalId } = await member();
    expect((await users.getUserByExternalId(externalId)).user?.id).toBe(id);
    await notFound(users.getUserByExternalId("unknown"));
  },

  async updateUserByExternalId() {
    const { id, externalId } = await member();
    const change = { userProfile: { firstName: "By", lastName: "Reference" } };
    expect((await users.updateUserByExternalId(externalId, change)).user).toMatchObject({ id, ...change });
    await notFound(users.updateUserByExternalId("unknown", change));
  },

  async deleteUserByExternalId() {
    const { id, externalId } = await member();
    await users.deleteMembership(home, id);
    await users.deleteUserByExternalId(externalId);
    for (const gone of [() => users.getUser(id), () => users.deleteUserByExternalId(externalId)])
      await notFound(gone());
  },

  async createMembershipByExternalId() {
    const { id, externalId } = await member();
    const options = { roles: ["admin"], sendInvitationEmail: false };
    const { user } = await users.createMembershipByExternalId(second, externalId, options);
    expect(user?.id).toBe(id);
    expect(idsOf((await users.listOrganizationUsers(second, { pageSize: 100 })).users)).toContain(id);
    await notFound(users.createMembershipByExternalId(second, "unknown"));
  },

  async deleteMembershipByExternalId() {
    const { id, externalId } = await member();
    await users.deleteMembershipByExternalId(home, externalId);
    expect((await users.getUser(id)).user?.memberships).toEqual([]);
    await notFound(users.deleteMembershipByExternalId(home, externalId));
  },

  async updateMembershipByExternalId() {
    const { externalId } = await member();
    const { user } = await users.updateMembershipByExternalId(home, externalId, { roles: ["admin"] });
    expect(user?.memberships).toMatchObject([{ roles: [{ name: "admin" }] }]);
    await notFound(users.updateMembershipByExternalId(home, "unknown", { roles: ["admin"] }));
  },
});
