/** The official Node SDK, unmodified: `client.directory`, method by method as its reference says. */
import { Scalekit, ScalekitBadRequestException, ScalekitNotFoundException } from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import {
  addGroup,
  addPeople,
  assignRoles,
  createTenant,
  personOf,
  type Tenant,
} from "../../packages/server/src/testing/directories.ts";
import { describeMethods } from "./cases.ts";

type Directories = Scalekit["directory"];

const unknown = "dir_100000000000000001";
let app: TestApp;
let sdk: Scalekit;
let directories: Directories;
let acme: Tenant;
let people: string[];
let group: string;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  directories = sdk.directory;
  acme = await createTenant(app);
  const names = Array.from({ length: 12 }, (_, at) => acme.address(`person${at}`));
  people = await addPeople(
    app,
    acme,
    names.map((name) => personOf(name)),
  );
  group = await addGroup(app, acme, "Admins", people.slice(0, 2));
  await assignRoles(app, acme, [group, "admin"]);
});
afterAll(async () => app.stop());

const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);
const badRequest = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitBadRequestException);
const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

/** DIRECTORY_TYPE SCIM and provider OKTA, by number as gRPC has them. */
const okta = { directoryType: 1, directoryProvider: 1 } as Parameters<Directories["createDirectory"]>[1];

async function organization(): Promise<string> {
  const made = await sdk.organization.createOrganization("Fresh");
  return made.organization?.id ?? "";
}

describeMethods("directory", () => sdk, {
  async createDirectory() {
    const { directory } = await directories.createDirectory(await organization(), okta);
    expect(directory).toMatchObject({ enabled: true, name: "Okta", id: expect.stringMatching(/^dir_/) });
  },

  async deleteDirectory() {
    const at = await organization();
    const id = (await directories.createDirectory(at, okta)).directory?.id ?? "";
    await expect(directories.deleteDirectory(at, id)).rejects.toThrow(/directory is enabled.*disable/);
    await directories.disableDirectory(at, id);
    await directories.deleteDirectory(at, id);
    await notFound(directories.getDirectory(at, id));
  },

  async listDirectories() {
    expect(idsOf((await directories.listDirectories(acme.organizationId)).directories)).toEqual([acme.id]);
    expect((await directories.listDirectories(await organization())).directories).toEqual([]);
  },

  async getDirectory() {
    const { directory } = await directories.getDirectory(acme.organizationId, acme.id);
    expect(directory).toMatchObject({
      id: acme.id,
      status: "COMPLETED",
      totalUsers: 12,
      totalGroups: 1,
      stats: { totalUsers: 12, totalGroups: 1 },
      roleAssignments: { assignments: [{ groupId: group, roleName: "admin" }] },
    });
    await notFound(directories.getDirectory(acme.organizationId, unknown));
  },

  async getPrimaryDirectoryByOrganizationId() {
    const primary = await directories.getPrimaryDirectoryByOrganizationId(acme.organizationId);
    expect(primary.id).toBe(acme.id);
    const none = directories.getPrimaryDirectoryByOrganizationId(await organization());
    await expect(none).rejects.toBe("directory does not exist for organization");
  },

  async listDirectoryUsers() {
    const { organizationId, id } = acme;
    const first = await directories.listDirectoryUsers(organizationId, id);
    expect(first).toMatchObject({ totalSize: 12 });
    expect(idsOf(first.users)).toEqual(people.slice(0, 10));
    const options = { pageSize: 10, pageToken: first.nextPageToken, includeDetail: true };
    const second = await directories.listDirectoryUsers(organizationId, id, options);
    expect(idsOf(second.users)).toEqual(people.slice(10));
    expect(second.users[0]?.userDetail).toMatchObject({ id: people[10], email: second.users[0]?.email });
    const members = await directories.listDirectoryUsers(organizationId, id, { directoryGroupId: group });
    expect(idsOf(members.users)).toEqual(people.slice(0, 2));
    expect(members.users[0]?.groups).toMatchObject([{ id: group, displayName: "Admins", totalUsers: 2 }]);
    const updatedAfter = new Date(Date.now() + 3_600_000).toISOString();
    expect((await directories.listDirectoryUsers(organizationId, id, { updatedAfter })).users).toEqual([]);
    expect((await directories.listDirectoryUsers(organizationId, id, { pageSize: 50 })).users).toHaveLength(
      12,
    );
    await badRequest(directories.listDirectoryUsers(organizationId, id, { pageSize: 101 }));
    await notFound(directories.listDirectoryUsers(organizationId, unknown));
  },

  async listDirectoryGroups() {
    const { organizationId, id } = acme;
    const { groups, totalSize } = await directories.listDirectoryGroups(organizationId, id, {
      includeDetail: true,
    });
    expect(totalSize).toBe(1);
    expect(groups).toMatchObject([{ id: group, groupDetail: { id: group, display_name: "Admins" } }]);
    const updatedAfter = new Date(Date.now() + 3_600_000).toISOString();
    expect((await directories.listDirectoryGroups(organizationId, id, { updatedAfter })).groups).toEqual([]);
  },

  async disableDirectory() {
    const at = await organization();
    const id = (await directories.createDirectory(at, okta)).directory?.id ?? "";
    expect((await directories.disableDirectory(at, id)).enabled).toBe(false);
    expect(await directories.disableDirectory(at, id)).toMatchObject({
      enabled: false,
      errorMessage: "The directory is already disabled",
    });
  },

  async enableDirectory() {
    const at = await organization();
    const id = (await directories.createDirectory(at, okta)).directory?.id ?? "";
    await directories.disableDirectory(at, id);
    expect((await directories.enableDirectory(at, id)).enabled).toBe(true);
    expect(await directories.enableDirectory(at, id)).toMatchObject({
      enabled: true,
      errorMessage: "The directory is already enabled",
    });
    await notFound(directories.enableDirectory(at, unknown));
  },
});
