/** The official Node SDK, unmodified: `client.permission`, method by method as its reference says. */
import { Scalekit, ScalekitBadRequestException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeMethods } from "./cases.ts";

type Permissions = Scalekit["permission"];

const unknown = "no:such";
let app: TestApp;
let sdk: Scalekit;
let permissions: Permissions;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  permissions = sdk.permission;
});
afterAll(async () => app.stop());

// The SDK's types want whole messages; its reference and its users pass plain objects.
const fields = (values: object) => values as Parameters<Permissions["createPermission"]>[0];

const namesOf = (items: { name: string }[]) => items.map(({ name }) => name).sort();
const direct = async (role: string) => namesOf((await permissions.listRolePermissions(role)).permissions);
const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);
const badRequest = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitBadRequestException);

async function permission(): Promise<string> {
  const name = `read:documents_${++made}`;
  await permissions.createPermission(fields({ name, description: "View documents" }));
  return name;
}

/** A new role with these permissions. */
async function role(held: string[], base?: string): Promise<string> {
  const name = `editor_${++made}`;
  const values = {
    name,
    displayName: "Editor",
    permissions: held,
    ...(base !== undefined && { extends: base }),
  };
  await sdk.role.createRole(values as Parameters<Scalekit["role"]["createRole"]>[0]);
  return name;
}

describeMethods("permission", () => sdk, {
  async createPermission() {
    const values = { name: "read:invoices", description: "View invoice details" };
    const { permission } = await permissions.createPermission(fields(values));
    expect(permission).toMatchObject({ ...values, id: expect.stringMatching(/^perm_\d{18}$/) });
    expect(permission?.createTime).toBeDefined();
    const empty = await permissions.createPermission(fields({ name: "described:not", description: "" }));
    expect(empty.permission?.description).toBe("");
    await badRequest(permissions.createPermission(fields(values)));
    await badRequest(permissions.createPermission(fields({ name: "" })));
    const spaced = permissions.createPermission(fields({ name: "read invoices" }));
    await expect(spaced).rejects.toThrow(/can only contain letters, numbers, underscores/);
  },

  async getPermission() {
    const name = await permission();
    expect((await permissions.getPermission(name)).permission).toMatchObject({
      name,
      description: "View documents",
    });
    await notFound(permissions.getPermission(unknown));
    await expect(permissions.getPermission("non.existent.permission")).rejects.toThrow();
  },

  async listPermissions() {
    const [older, newer] = [await permission(), await permission()];
    const unasked = await permissions.listPermissions();
    expect(namesOf(unasked.permissions)).toEqual(expect.arrayContaining([older, newer]));
    const first = await permissions.listPermissions(undefined, 1);
    const second = await permissions.listPermissions(first.nextPageToken, 1);
    expect([...namesOf(first.permissions), ...namesOf(second.permissions)]).toEqual([newer, older]);
    await badRequest(permissions.listPermissions(undefined, 101));
    await badRequest(permissions.listPermissions("garbage", 10));
  },

  async updatePermission() {
    const name = await permission();
    const values = { name, description: "View invoice details and history (updated)" };
    expect((await permissions.updatePermission(name, fields(values))).permission).toMatchObject(values);
    expect((await permissions.getPermission(name)).permission).toMatchObject(values);
    await notFound(permissions.updatePermission(unknown, fields({ ...values, name: unknown })));
  },

  async deletePermission() {
    const name = await permission();
    const editor = await role([name]);
    await permissions.deletePermission(name);
    await notFound(permissions.getPermission(name));
    expect(await direct(editor)).toEqual([]);
    await notFound(permissions.deletePermission(name));
  },

  async listRolePermissions() {
    const [own, inherited] = [await permission(), await permission()];
    const editor = await role([own], await role([inherited]));
    expect(await direct(editor)).toEqual([own]);
    await notFound(permissions.listRolePermissions("no_such_role"));
  },

  async addPermissionsToRole() {
    const [first, second, third] = [await permission(), await permission(), await permission()];
    const editor = await role([first]);
    const answer = await permissions.addPermissionsToRole(editor, [second, third]);
    expect(namesOf(answer.permissions)).toEqual([first, second, third].sort());
    expect(await direct(editor)).toEqual([first, second, third].sort());
    const skipped = await permissions.addPermissionsToRole(await role([]), [unknown]);
    expect(skipped.permissions).toEqual([]);
    await notFound(permissions.addPermissionsToRole("no_such_role", [first]));
    await badRequest(permissions.addPermissionsToRole(editor, []));
  },

  async removePermissionFromRole() {
    const [kept, removed, inherited] = [await permission(), await permission(), await permission()];
    const editor = await role([kept, removed], await role([inherited]));
    await permissions.removePermissionFromRole(editor, removed);
    expect(await direct(editor)).toEqual([kept]);
    await notFound(permissions.removePermissionFromRole(editor, unknown));
    await notFound(permissions.removePermissionFromRole("no_such_role", kept));
    await permissions.removePermissionFromRole(editor, inherited).catch(() => undefined);
    const effective = await permissions.listEffectiveRolePermissions(editor);
    expect(namesOf(effective.permissions)).toContain(inherited);
  },

  async listEffectiveRolePermissions() {
    const [own, inherited] = [await permission(), await permission()];
    const editor = await role([own, inherited], await role([inherited]));
    const { permissions: effective } = await permissions.listEffectiveRolePermissions(editor);
    expect(namesOf(effective)).toEqual([own, inherited].sort());
    await notFound(permissions.listEffectiveRolePermissions("no_such_role"));
  },
});
