/** The official Node SDK, unmodified: `client.role`, method by method as its reference says. */
import { Scalekit, ScalekitBadRequestException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeMethods } from "./cases.ts";

type Roles = Scalekit["role"];

const content = ["content:read", "content:write", "content:edit", "content:review"];
const unknown = "no_such_role";
let app: TestApp;
let sdk: Scalekit;
let roles: Roles;
let home: string;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  roles = sdk.role;
  home = (await sdk.organization.createOrganization("Home")).organization?.id ?? "";
  for (const name of content)
    await sdk.permission.createPermission({ name } as Parameters<
      Scalekit["permission"]["createPermission"]
    >[0]);
});
afterAll(async () => app.stop());

// The SDK's types want whole messages; its reference and its users pass plain objects.
const newRole = (fields: object) => fields as Parameters<Roles["createRole"]>[0];
const newOrganizationRole = (fields: object) => fields as Parameters<Roles["createOrganizationRole"]>[1];
const change = (fields: object) => fields as Parameters<Roles["updateRole"]>[1];

const namesOf = (items: { name: string }[]) => items.map(({ name }) => name).sort();
const direct = async (role: string) => namesOf((await sdk.permission.listRolePermissions(role)).permissions);

/** A new role of the environment. */
async function environmentRole(fields: object = {}): Promise<string> {
  const name = `role_${++made}`;
  await roles.createRole(newRole({ name, displayName: name, ...fields }));
  return name;
}

/** A new role of an organization. */
async function organizationRole(fields: object = {}): Promise<string> {
  const name = `department_lead_${++made}`;
  const role = { name, displayName: "Department Lead", description: "Manages members", ...fields };
  await roles.createOrganizationRole(home, newOrganizationRole(role));
  return name;
}

/** A new member who holds these roles. */
async function holder(...names: string[]): Promise<string> {
  const options = { email: `holder.${++made}@company.test`, sendInvitationEmail: false };
  const { user } = await sdk.user.createUserAndMembership(home, options);
  await sdk.user.updateMembership(home, user?.id ?? "", { roles: names });
  return user?.id ?? "";
}

const rolesOf = async (user: string) => namesOf((await sdk.user.listUserRoles(home, user)).roles);

const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);
const badRequest = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitBadRequestException);

describeMethods("role", () => sdk, {
  async createRole() {
    const fields = {
      name: "content_editor",
      displayName: "Content Editor",
      description: "Can create and edit content",
    };
    const { role } = await roles.createRole(newRole({ ...fields, permissions: content.slice(0, 3) }));
    expect(role).toMatchObject({ ...fields, id: expect.stringMatching(/^role_\d{18}$/), isOrgRole: false });
    expect(await direct("content_editor")).toEqual(content.slice(0, 3).sort());
    const heir = await roles.createRole(
      newRole({ name: "heir", displayName: "Heir", extends: "content_editor", permissions: [] }),
    );
    expect(heir.role?.extends).toBe("content_editor");
    await badRequest(roles.createRole(newRole({ ...fields, name: "" })));
    await badRequest(roles.createRole(newRole({ ...fields, name: "content_editor" })));
    await badRequest(roles.createRole(newRole({ ...fields, name: "other", permissions: ["no:such"] })));
  },

  async getRole() {
    const name = await environmentRole({ description: "Read", permissions: ["content:read"] });
    const { role } = await roles.getRole(name);
    expect(role).toMatchObject({ name, description: "Read", defaultCreator: false, defaultMember: false });
    // They come when they are asked for, which this SDK does by methods of their own.
    expect(role?.permissions).toEqual([]);
    expect(await direct(name)).toEqual(["content:read"]);
    await notFound(roles.getRole(unknown));
    await expect(roles.getRole("non-existent-role")).rejects.toThrow();
  },

  async listRoles() {
    const name = await environmentRole();
    const { roles: listed } = await roles.listRoles();
    expect(namesOf(listed)).toEqual(expect.arrayContaining(["admin", "member", name]));
    expect(namesOf(listed.filter(({ defaultCreator }) => defaultCreator))).toEqual(["admin"]);
    expect(namesOf(listed.filter(({ defaultMember }) => defaultMember))).toEqual(["member"]);
  },

  async updateRole() {
    const name = await environmentRole({ description: "Kept", permissions: content.slice(0, 3) });
    const fields = { displayName: "Content Editor (Updated)", permissions: ["content:review"] };
    const { role } = await roles.updateRole(name, change(fields));
    expect(role).toMatchObject({ name, displayName: fields.displayName, description: "Kept" });
    expect(await direct(name)).toEqual(["content:review"]);
    await roles.updateRole(name, change({ description: "Changed", permissions: [] }));
    expect(await direct(name)).toEqual(["content:review"]);
    await notFound(roles.updateRole(unknown, change(fields)));
    await badRequest(roles.updateRole(name, change({ permissions: ["no:such"] })));
  },

  async deleteRole() {
    const [old, target] = [await environmentRole(), await environmentRole()];
    const user = await holder(old);
    const refused = roles.deleteRole(old);
    await expect(refused).rejects.toThrow("role cannot be deleted as it is assigned to users");
    await badRequest(refused);
    await roles.deleteRole(old, target);
    expect(await rolesOf(user)).toEqual([target]);
    await notFound(roles.getRole(old));
    const base = await environmentRole();
    const heir = await environmentRole({ extends: base });
    await expect(roles.deleteRole(base)).rejects.toThrow(heir);
    await roles.deleteRole(heir);
    await roles.deleteRole(base);
    await notFound(roles.deleteRole(base));
  },

  async deleteRoleBase() {
    const heir = await environmentRole({ extends: "admin", permissions: ["content:read"] });
    await roles.deleteRoleBase(heir);
    expect((await roles.getRole(heir)).role?.extends).toBeUndefined();
    const { permissions } = await sdk.permission.listEffectiveRolePermissions(heir);
    expect(namesOf(permissions)).toEqual(["content:read"]);
    await notFound(roles.deleteRoleBase(unknown));
  },

  async getRoleUsersCount() {
    const name = await environmentRole();
    expect((await roles.getRoleUsersCount(name)).count).toBe(0n);
    await holder(name);
    expect((await roles.getRoleUsersCount(name)).count).toBe(1n);
    await notFound(roles.getRoleUsersCount(unknown));
  },

  async createOrganizationRole() {
    const name = "department_lead";
    const fields = { name, displayName: "Department Lead", description: "Manages department members" };
    const permissions = ["content:read", "content:write"];
    const { role } = await roles.createOrganizationRole(
      home,
      newOrganizationRole({ ...fields, permissions }),
    );
    expect(role).toMatchObject({ ...fields, isOrgRole: true });
    await badRequest(roles.createOrganizationRole(home, newOrganizationRole(fields)));
    await expect(roles.createOrganizationRole("", newOrganizationRole(fields))).rejects.toThrow();
    await notFound(roles.createOrganizationRole("org_100000000000000001", newOrganizationRole(fields)));
  },

  async getOrganizationRole() {
    const name = await organizationRole();
    expect((await roles.getOrganizationRole(home, name)).role).toMatchObject({ name, isOrgRole: true });
    await notFound(roles.getOrganizationRole(home, unknown));
    await expect(roles.getOrganizationRole("", name)).rejects.toThrow();
  },

  async listOrganizationRoles() {
    const name = await organizationRole();
    const other = (await sdk.organization.createOrganization("Other")).organization?.id ?? "";
    const { roles: listed } = await roles.listOrganizationRoles(home);
    expect(namesOf(listed)).toEqual(expect.arrayContaining(["admin", "member", name]));
    expect(listed.find((role) => role.name === name)?.isOrgRole).toBe(true);
    expect(listed.find((role) => role.name === "admin")?.isOrgRole).toBe(false);
    expect(namesOf((await roles.listOrganizationRoles(other)).roles)).not.toContain(name);
    await notFound(roles.listOrganizationRoles("org_100000000000000001"));
  },

  async updateOrganizationRole() {
    const name = await organizationRole({ permissions: ["content:read"] });
    const { role } = await roles.updateOrganizationRole(
      home,
      name,
      change({ permissions: ["content:edit", "content:review"] }),
    );
    expect(role).toMatchObject({ name, displayName: "Department Lead", isOrgRole: true });
    const user = await holder(name);
    const { permissions } = await sdk.user.listUserPermissions(home, user);
    expect(namesOf(permissions)).toEqual(["content:edit", "content:review"]);
    await notFound(roles.updateOrganizationRole(home, unknown, change({ displayName: "x" })));
  },

  async deleteOrganizationRole() {
    const [old, target] = [await organizationRole(), await organizationRole()];
    const user = await holder(old);
    await roles.deleteOrganizationRole(home, old, target);
    expect(await rolesOf(user)).toEqual([target]);
    await notFound(roles.getOrganizationRole(home, old));
    await notFound(roles.deleteOrganizationRole(home, old));
    const base = await organizationRole();
    const heir = await organizationRole({ extends: base });
    await expect(roles.deleteOrganizationRole(home, base)).rejects.toThrow(heir);
  },

  async getOrganizationRoleUsersCount() {
    const name = await organizationRole();
    expect((await roles.getOrganizationRoleUsersCount(home, name)).count).toBe(0n);
    await holder(name);
    expect((await roles.getOrganizationRoleUsersCount(home, name)).count).toBe(1n);
    await notFound(roles.getOrganizationRoleUsersCount(home, unknown));
  },

  async updateDefaultRoles() {
    const name = await environmentRole();
    const set = (defaultCreatorRole: string, defaultMemberRole: string) =>
      roles.updateDefaultRoles({ defaultCreatorRole, defaultMemberRole });
    const answer = await set(name, name);
    expect([answer.defaultCreator?.name, answer.defaultMember?.name]).toEqual([name, name]);
    const options = { email: "newcomer@company.test", sendInvitationEmail: false };
    const { user } = await sdk.user.createUserAndMembership(home, options);
    expect(await rolesOf(user?.id ?? "")).toEqual([name]);
    await expect(set(unknown, "member")).rejects.toThrow();
    await expect(set("admin", unknown)).rejects.toThrow();
    await set("admin", "member");
  },

  async listDependentRoles() {
    const base = await environmentRole();
    expect((await roles.listDependentRoles(base)).roles).toEqual([]);
    const heir = await environmentRole({ extends: base });
    await environmentRole({ extends: heir });
    expect(namesOf((await roles.listDependentRoles(base)).roles)).toEqual([heir]);
    await notFound(roles.listDependentRoles(unknown));
  },

  async updateDefaultOrganizationRoles() {
    const name = await organizationRole();
    const { defaultMember } = await roles.updateDefaultOrganizationRoles(home, name);
    expect(defaultMember?.name).toBe(name);
    const options = { email: "every.new@company.test", sendInvitationEmail: false };
    const { user } = await sdk.user.createUserAndMembership(home, options);
    expect(await rolesOf(user?.id ?? "")).toEqual([name]);
    await expect(roles.updateDefaultOrganizationRoles(home, unknown)).rejects.toThrow();
    await roles.updateDefaultOrganizationRoles(home, "member");
  },

  async deleteOrganizationRoleBase() {
    const name = await organizationRole({ extends: "admin", permissions: ["content:read"] });
    await roles.deleteOrganizationRoleBase(home, name);
    expect((await roles.getOrganizationRole(home, name)).role?.extends).toBeUndefined();
    const { permissions } = await sdk.user.listUserPermissions(home, await holder(name));
    expect(namesOf(permissions)).toEqual(["content:read"]);
    await notFound(roles.deleteOrganizationRoleBase(home, unknown));
  },
});
