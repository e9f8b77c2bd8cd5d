/**
 * The official Node SDK, unmodified, calls every method that it has for roles and permissions; each does what the
 * SDK's reference says and what its own tests look at.
 */
import { Scalekit, ScalekitBadRequestException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";

let app: TestApp;
let sdk: Scalekit;
let organizationId: string;

type NewRole = Parameters<Scalekit["role"]["createRole"]>[0];
type NewPermission = Parameters<Scalekit["permission"]["createPermission"]>[0];
type RolePatch = Parameters<Scalekit["role"]["updateRole"]>[1];

// The SDK's types want whole messages; its reference and its users pass plain objects.
const role = (fields: object) => ({ permissions: [], ...fields }) as unknown as NewRole;
const patch = (fields: object) => ({ permissions: [], ...fields }) as unknown as RolePatch;
const permission = (fields: object) => fields as unknown as NewPermission;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  organizationId = (await sdk.organization.createOrganization("SDK Acme")).organization?.id ?? "";
});
afterAll(async () => app.stop());

const names = (items: { name: string }[]) => items.map((item) => item.name);

describe("permissions", () => {
  test("are created, read, listed, changed and deleted", async () => {
    const created = await sdk.permission.createPermission(
      permission({ name: "read:content", description: "Read content" }),
    );
    expect(created.permission).toMatchObject({ name: "read:content", description: "Read content" });
    await sdk.permission.createPermission(permission({ name: "write:content", description: "" }));
    expect((await sdk.permission.getPermission("write:content")).permission?.description).toBe("");
    expect(names((await sdk.permission.listPermissions()).permissions)).toContain("read:content");
    const first = await sdk.permission.listPermissions(undefined, 1);
    expect(names(first.permissions)).toEqual(["write:content"]);
    const second = await sdk.permission.listPermissions(first.nextPageToken, 1);
    expect(names(second.permissions)).toEqual(["read:content"]);
    const changed = await sdk.permission.updatePermission(
      "read:content",
      permission({ name: "read:content", description: "Changed" }),
    );
    expect(changed.permission).toMatchObject({ name: "read:content", description: "Changed" });
    await sdk.permission.deletePermission("write:content");
    const gone = sdk.permission.getPermission("write:content");
    await expect(gone).rejects.toBeInstanceOf(ScalekitNotFoundException);
  });

  test("are refused in the SDK's own classes", async () => {
    const { permission: permissions } = sdk;
    for (const refused of [
      () => permissions.createPermission(permission({ name: "" })),
      () => permissions.createPermission(permission({ name: "read:content" })),
      () => permissions.getPermission("non.existent.permission"),
    ]) {
      await expect(refused()).rejects.toBeInstanceOf(ScalekitBadRequestException);
    }
  });
});

describe("roles of the environment", () => {
  test("are created, read, listed and changed", async () => {
    const created = await sdk.role.createRole(
      role({ name: "viewer", displayName: "Viewer", description: "Views", permissions: ["read:content"] }),
    );
    expect(created.role).toMatchObject({ name: "viewer", displayName: "Viewer", description: "Views" });
    await sdk.role.createRole(role({ name: "editor", displayName: "Editor", extends: "viewer" }));
    expect((await sdk.role.getRole("editor")).role?.extends).toBe("viewer");
    const { roles } = await sdk.role.listRoles();
    expect(names(roles)).toEqual(["editor", "viewer", "member", "admin"]);
    expect(roles.some((each) => each.defaultCreator)).toBe(true);
    const changed = await sdk.role.updateRole("viewer", patch({ displayName: "Reader" }));
    expect(changed.role).toMatchObject({ displayName: "Reader", description: "Views" });
    expect((await sdk.role.getRoleUsersCount("viewer")).count).toBe(0n);
    expect(names((await sdk.role.listDependentRoles("viewer")).roles)).toEqual(["editor"]);
  });

  test("have permissions of their own and inherited ones", async () => {
    await sdk.permission.createPermission(permission({ name: "publish:content" }));
    const added = await sdk.permission.addPermissionsToRole("editor", ["publish:content", "read:content"]);
    expect(names(added.permissions)).toEqual(["publish:content", "read:content"]);
    await sdk.permission.removePermissionFromRole("editor", "read:content");
    expect(names((await sdk.permission.listRolePermissions("editor")).permissions)).toEqual([
      "publish:content",
    ]);
    expect(names((await sdk.permission.listEffectiveRolePermissions("editor")).permissions)).toEqual([
      "publish:content",
      "read:content",
    ]);
  });

  test("become the defaults", async () => {
    const set = await sdk.role.updateDefaultRoles({
      defaultCreatorRole: "editor",
      defaultMemberRole: "viewer",
    });
    expect(set.defaultCreator?.name).toBe("editor");
    expect(set.defaultMember?.name).toBe("viewer");
    await expect(sdk.role.updateDefaultRoles({ defaultCreatorRole: "nobody" })).rejects.toBeInstanceOf(
      ScalekitBadRequestException,
    );
    await sdk.role.updateDefaultRoles({ defaultCreatorRole: "admin", defaultMemberRole: "member" });
  });

  test("are deleted, once nothing extends them", async () => {
    await expect(sdk.role.deleteRole("viewer")).rejects.toThrow(/editor/);
    await sdk.role.deleteRoleBase("editor");
    expect((await sdk.role.getRole("editor")).role?.extends).toBeUndefined();
    await sdk.role.deleteRole("viewer", "member");
    await expect(sdk.role.getRole("viewer")).rejects.toBeInstanceOf(ScalekitNotFoundException);
    await sdk.role.deleteRole("editor");
  });

  test("that do not exist are refused by every method", async () => {
    const unknown = "non-existent-role";
    for (const refused of [
      () => sdk.role.getRole(unknown),
      () => sdk.role.updateRole(unknown, patch({ displayName: "x" })),
      () => sdk.role.deleteRole(unknown),
      () => sdk.role.deleteRoleBase(unknown),
      () => sdk.role.getRoleUsersCount(unknown),
      () => sdk.role.listDependentRoles(unknown),
      () => sdk.role.createRole(role({ name: "", displayName: "x" })),
      () => sdk.role.createRole(role({ name: "member", displayName: "x" })),
      () => sdk.permission.listRolePermissions(unknown),
      () => sdk.permission.listEffectiveRolePermissions(unknown),
      () => sdk.permission.addPermissionsToRole(unknown, ["read:content"]),
      () => sdk.permission.removePermissionFromRole(unknown, "read:content"),
    ]) {
      await expect(refused()).rejects.toThrow();
    }
  });
});

describe("roles of an organization", () => {
  test("are created, read, listed, changed, made the default and deleted", async () => {
    const created = await sdk.role.createOrganizationRole(
      organizationId,
      role({ name: "lead", displayName: "Lead", extends: "member" }) as never,
    );
    expect(created.role).toMatchObject({ name: "lead", extends: "member", isOrgRole: true });
    expect((await sdk.role.getOrganizationRole(organizationId, "lead")).role?.isOrgRole).toBe(true);
    const { roles } = await sdk.role.listOrganizationRoles(organizationId);
    expect(names(roles)).toEqual(["member", "admin", "lead"]);
    const changed = await sdk.role.updateOrganizationRole(
      organizationId,
      "lead",
      patch({ description: "Leads" }),
    );
    expect(changed.role).toMatchObject({ description: "Leads", isOrgRole: true });
    const set = await sdk.role.updateDefaultOrganizationRoles(organizationId, "lead");
    expect(set.defaultMember).toMatchObject({ name: "lead", defaultMember: true });
    expect((await sdk.role.getOrganizationRoleUsersCount(organizationId, "lead")).count).toBe(0n);
    await sdk.role.deleteOrganizationRoleBase(organizationId, "lead");
    expect((await sdk.role.getOrganizationRole(organizationId, "lead")).role?.extends).toBeUndefined();
    await sdk.role.deleteOrganizationRole(organizationId, "lead");
    const gone = sdk.role.getOrganizationRole(organizationId, "lead");
    await expect(gone).rejects.toBeInstanceOf(ScalekitNotFoundException);
  });

  test("need an organization", async () => {
    await expect(sdk.role.listOrganizationRoles("")).rejects.toThrow();
    await expect(sdk.role.getOrganizationRole("", "member")).rejects.toThrow();
  });
});
