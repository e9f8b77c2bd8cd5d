/** The official Node SDK, unmodified: every method of its user client, as its reference and its own tests call them. */
import { Scalekit, ScalekitConflictException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";

let app: TestApp;
let users: Scalekit["user"];
let organizationId: string;
let secondId: string;
let userId: string;

const email = "jane.doe.sdk@example.com";

beforeAll(async () => {
  app = await startTestApp();
  const sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  users = sdk.user;
  const create = async (name: string) =>
    (await sdk.organization.createOrganization(name)).organization?.id ?? "";
  [organizationId, secondId] = [await create("Users 1"), await create("Users 2")];
});
afterAll(async () => app.stop());

const namesOf = (roles: { name: string }[]) => roles.map((role) => role.name);

describe("users", () => {
  test("are created as active members, read, changed", async () => {
    const { user } = await users.createUserAndMembership(organizationId, {
      email,
      externalId: "sdk-jane",
      userProfile: { firstName: "Jane", lastName: "Doe" },
      metadata: { source: "test" },
      sendInvitationEmail: false,
    });
    userId = user?.id ?? "";
    expect(user).toMatchObject({ email, metadata: { source: "test" }, externalId: "sdk-jane" });
    expect((await users.getUser(userId)).user).toMatchObject({
      id: userId,
      environmentId: app.environmentId,
    });
    const updated = await users.updateUser(userId, {
      userProfile: { firstName: "Janet", lastName: "Dough" },
      metadata: { source: "changed" },
    });
    expect(updated.user).toMatchObject({
      userProfile: { firstName: "Janet", lastName: "Dough", givenName: "Janet" },
      metadata: { source: "changed" },
    });
  });

  test("are found by their external id", async () => {
    expect((await users.getUserByExternalId("sdk-jane")).user?.id).toBe(userId);
    const updated = await users.updateUserByExternalId("sdk-jane", { userProfile: { firstName: "Jane" } });
    expect(updated.user?.userProfile).toMatchObject({ firstName: "Jane", lastName: "Dough" });
  });

  test("are listed and searched, in the environment and in an organization", async () => {
    for (const options of [undefined, { pageSize: 5 }, { pageSize: 10 }]) {
      const { users: listed, totalSize } = await users.listOrganizationUsers(organizationId, options);
      expect(listed).toMatchObject([{ id: userId, email, environmentId: app.environmentId }]);
      expect(totalSize).toBe(1);
    }
    expect((await users.listUsers({ pageSize: 1 })).users).toHaveLength(1);
    const found = await users.searchUsers("jane.doe", 2);
    expect(found).toMatchObject({ totalSize: 1, nextPageToken: "", users: [{ id: userId }] });
    const inOrganization = await users.searchOrganizationUsers(organizationId, "jane.doe.sdk");
    expect(inOrganization.users).toMatchObject([{ id: userId }]);
    expect((await users.searchOrganizationUsers(secondId, "jane.doe.sdk")).users).toEqual([]);
    expect((await users.searchUsers("nobody-at-all@example.invalid")).totalSize).toBe(0);
  });

  test("that are not there, or there already, are the SDK's exceptions", async () => {
    await expect(users.getUser("usr_100000000000000001")).rejects.toBeInstanceOf(ScalekitNotFoundException);
    await expect(users.getUserByExternalId("nobody")).rejects.toBeInstanceOf(ScalekitNotFoundException);
    const twice = users.createUserAndMembership(organizationId, { email });
    await expect(twice).rejects.toBeInstanceOf(ScalekitConflictException);
  });
});

describe("memberships", () => {
  test("are added and removed in a second organization", async () => {
    const options = { roles: ["admin"], metadata: { seat: "two" }, sendInvitationEmail: false };
    const { user } = await users.createMembership(secondId, userId, options);
    expect(user?.memberships.map((each) => each.organizationId)).toEqual([organizationId, secondId]);
    const changed = await users.updateMembership(secondId, userId, { roles: ["member"] });
    const place = changed.user?.memberships.find((each) => each.organizationId === secondId);
    expect(place).toMatchObject({ metadata: { seat: "two" } });
    expect(namesOf((await users.listUserRoles(secondId, userId)).roles)).toEqual(["member"]);
    await users.updateMembership(secondId, userId, { metadata: { seat: "three" } });
    expect(namesOf((await users.listUserRoles(secondId, userId)).roles)).toEqual(["member"]);
    await users.deleteMembership(secondId, userId);
    expect((await users.listOrganizationUsers(secondId)).users).toEqual([]);
  });

  test("are added, changed and removed by external id", async () => {
    const { user } = await users.createMembershipByExternalId(secondId, "sdk-jane", {
      sendInvitationEmail: false,
    });
    expect(user?.id).toBe(userId);
    const changed = await users.updateMembershipByExternalId(secondId, "sdk-jane", { roles: ["admin"] });
    expect(changed.user?.memberships.flatMap((each) => namesOf(each.roles))).toContain("admin");
    await users.deleteMembershipByExternalId(secondId, "sdk-jane");
    expect((await users.getUser(userId)).user?.memberships).toHaveLength(1);
  });

  test("have roles that are assigned, listed and removed", async () => {
    const assigned = await users.assignUserRoles(organizationId, userId, ["member"]);
    expect(namesOf(assigned.roles)).toContain("member");
    expect(namesOf((await users.assignUserRoles(organizationId, userId, ["admin"])).roles)).toEqual([
      "admin",
      "member",
    ]);
    await users.removeUserRole(organizationId, userId, "member");
    expect(namesOf((await users.listUserRoles(organizationId, userId)).roles)).toEqual(["admin"]);
    const { permissions } = await users.listUserPermissions(organizationId, userId);
    expect(namesOf(permissions)).toContain("sk_org_users_invite");
  });

  test("may begin with an invitation, which is sent again", async () => {
    const { user } = await users.createUserAndMembership(organizationId, {
      email: "invited.sdk@example.com",
    });
    const { invite } = await users.resendInvite(organizationId, user?.id ?? "");
    expect(invite).toMatchObject({
      userId: user?.id,
      organizationId,
      status: "PENDING_INVITE",
      resentCount: 1,
    });
    expect(invite?.createdAt).toBeDefined();
    expect(invite?.expiresAt).toBeDefined();
    await users.deleteUser(user?.id ?? "");
  });
});

test("a user is deleted, after the last membership was removed too", async () => {
  await users.deleteMembership(organizationId, userId);
  await users.deleteUserByExternalId("sdk-jane");
  await expect(users.getUser(userId)).rejects.toBeInstanceOf(ScalekitNotFoundException);
  await expect(users.getUserByExternalId("sdk-jane")).rejects.toBeInstanceOf(ScalekitNotFoundException);
});
