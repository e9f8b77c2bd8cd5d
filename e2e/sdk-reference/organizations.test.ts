/** The official Node SDK, unmodified: `client.organization` and `client.events`, method by method as its reference says. */
import {
  ObjectType,
  Scalekit,
  ScalekitBadRequestException,
  ScalekitConflictException,
  ScalekitNotFoundException,
  Source,
} from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeMethods } from "./cases.ts";

const nobody = "org_100000000000000001";
let app: TestApp;
let sdk: Scalekit;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
});
afterAll(async () => app.stop());

/** A new organization. */
async function organization(name = "Acme Corporation"): Promise<{ id: string; externalId: string }> {
  const externalId = `customer_${++made}`;
  const { organization } = await sdk.organization.createOrganization(name, { externalId });
  return { id: organization?.id ?? "", externalId };
}

describeMethods("organization", () => sdk, {
  async createOrganization() {
    const { organization: client } = sdk;
    const options = { externalId: "customer_12345", slug: "acme", logoUrl: "https://acme.test/logo.png" };
    const { organization } = await client.createOrganization("Acme Corporation", options);
    expect(organization).toMatchObject({ ...options, displayName: "Acme Corporation" });
    expect(organization?.id).toMatch(/^org_\d{18}$/);
    expect(organization?.createTime).toBeDefined();
    expect(organization?.updateTime).toBeDefined();
    expect((await client.createOrganization("No options")).organization?.externalId).toBeFalsy();
    const refused = await client.createOrganization("").catch((error) => error);
    expect(refused).toBeInstanceOf(ScalekitBadRequestException);
    expect(refused).toMatchObject({ errorCode: "INVALID_ARGUMENT" });
    const twice = await client.createOrganization("Again", { externalId: "customer_12345" }).catch((e) => e);
    expect(twice).toBeInstanceOf(ScalekitConflictException);
    expect(twice.message).toMatch(/already exists/);
  },

  async listOrganization() {
    const ids = [(await organization()).id, (await organization()).id].reverse();
    const first = await sdk.organization.listOrganization({ pageSize: 1 });
    const { nextPageToken } = first;
    const second = await sdk.organization.listOrganization({ pageSize: 1, pageToken: nextPageToken });
    expect([...first.organizations, ...second.organizations].map(({ id }) => id)).toEqual(ids);
    expect(first).toMatchObject({ prevPageToken: "", nextPageToken: expect.stringMatching(/./) });
    for (let more = 0; more < 10; more++) await organization();
    const unsized = await sdk.organization.listOrganization();
    expect(unsized.organizations).toHaveLength(10);
    expect((await sdk.organization.listOrganization({ pageSize: 100 })).organizations).toHaveLength(
      unsized.totalSize,
    );
    const garbage = sdk.organization.listOrganization({ pageToken: "garbage" });
    await expect(garbage).rejects.toBeInstanceOf(ScalekitBadRequestException);
  },

  async getOrganization() {
    const { id, externalId } = await organization();
    const answer = await sdk.organization.getOrganization(id);
    expect(answer.organization).toMatchObject({ id, externalId, displayName: "Acme Corporation" });
    expect(answer.organization?.settings?.features).toContainEqual(
      expect.objectContaining({ name: "sso", enabled: true }),
    );
    await expect(sdk.organization.getOrganization(nobody)).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async getOrganizationByExternalId() {
    const { id, externalId } = await organization();
    expect((await sdk.organization.getOrganizationByExternalId(externalId)).organization?.id).toBe(id);
    const unknown = sdk.organization.getOrganizationByExternalId("customer_unknown");
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async updateOrganization() {
    const { id, externalId } = await organization();
    const change = {
      displayName: "Acme Corporation (Updated)",
      metadata: { industry: "Technology", size: "Enterprise" },
    };
    const { organization: changed } = await sdk.organization.updateOrganization(id, change);
    expect(changed).toMatchObject({ id, externalId, ...change });
    await sdk.organization.updateOrganization(id, { externalId: `${externalId}_2` });
    expect((await sdk.organization.getOrganization(id)).organization).toMatchObject({
      ...change,
      externalId: `${externalId}_2`,
    });
    const unknown = sdk.organization.updateOrganization(nobody, change);
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
    const tooLong = sdk.organization.updateOrganization(id, { displayName: "x".repeat(201) });
    await expect(tooLong).rejects.toBeInstanceOf(ScalekitBadRequestException);
  },

  async updateOrganizationByExternalId() {
    const { id, externalId } = await organization();
    const change = { displayName: "New Company Name" };
    await sdk.organization.updateOrganizationByExternalId(externalId, change);
    expect((await sdk.organization.getOrganization(id)).organization).toMatchObject({
      ...change,
      externalId,
    });
    const unknown = sdk.organization.updateOrganizationByExternalId("customer_unknown", change);
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async deleteOrganization() {
    const { id } = await organization();
    const options = { email: "only.here@acme.test", sendInvitationEmail: false };
    const { user } = await sdk.user.createUserAndMembership(id, options);
    await sdk.domain.createDomain(id, "deleted-acme.com");
    await sdk.organization.deleteOrganization(id);
    for (const gone of [
      () => sdk.organization.getOrganization(id),
      () => sdk.user.getUser(user?.id ?? ""),
      () => sdk.domain.listDomains(id),
      () => sdk.organization.deleteOrganization(id),
    ])
      await expect(gone()).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async generatePortalLink() {
    const { id } = await organization();
    const link = await sdk.organization.generatePortalLink(id);
    expect(link.id).toMatch(/^lnk_\d{18}$/);
    expect(link.location.startsWith(`${app.url}/magicLink/`)).toBe(true);
    const lifetime = Number(link.expireTime?.seconds) - app.app.now().getTime() / 1000;
    expect(lifetime).toBeGreaterThan(50);
    expect(lifetime).toBeLessThanOrEqual(60);
    await expect(sdk.organization.generatePortalLink(nobody)).rejects.toBeInstanceOf(
      ScalekitNotFoundException,
    );
  },

  async updateOrganizationSettings() {
    const { id } = await organization();
    const features = [
      { name: "sso", enabled: true },
      { name: "directory_sync", enabled: true },
    ];
    const { organization: changed } = await sdk.organization.updateOrganizationSettings(id, { features });
    // One feature has three names, and is always answered by this one.
    expect(changed?.settings?.features).toMatchObject([features[0], { name: "dir_sync", enabled: true }]);
    await sdk.organization.updateOrganizationSettings(id, { features: [{ name: "sso", enabled: false }] });
    expect((await sdk.organization.getOrganization(id)).organization?.settings?.features).toMatchObject([
      { name: "sso", enabled: false },
      { name: "dir_sync", enabled: true },
    ]);
    for (const [where, name, error] of [
      [id, "teleport", ScalekitBadRequestException],
      [nobody, "sso", ScalekitNotFoundException],
    ] as const) {
      const refused = sdk.organization.updateOrganizationSettings(where, {
        features: [{ name, enabled: true }],
      });
      await expect(refused).rejects.toBeInstanceOf(error);
    }
  },

  async upsertUserManagementSettings() {
    const { id } = await organization();
    const set = (maxAllowedUsers: number | null) =>
      sdk.organization.upsertUserManagementSettings(id, { maxAllowedUsers });
    expect((await set(100))?.maxAllowedUsers).toBe(100);
    expect((await set(1))?.maxAllowedUsers).toBe(1);
    const add = (email: string) => sdk.user.createUserAndMembership(id, { email });
    await add("first@limited.test");
    await expect(add("second@limited.test")).rejects.toBeInstanceOf(ScalekitBadRequestException);
    expect((await set(null))?.maxAllowedUsers).toBeUndefined();
    await add("second@limited.test");
    const unknown = sdk.organization.upsertUserManagementSettings(nobody, { maxAllowedUsers: 1 });
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async searchOrganization() {
    const { id, externalId } = await organization("Searched Company");
    const other = await organization("Searched too");
    for (const query of ["searched comp", id, externalId]) {
      const { organizations } = await sdk.organization.searchOrganization(query);
      expect(organizations.map((each) => each.id)).toContain(id);
    }
    const first = await sdk.organization.searchOrganization("searched", 1);
    expect(first).toMatchObject({ totalSize: 2, organizations: [{}] });
    const second = await sdk.organization.searchOrganization("searched", 1, first.nextPageToken);
    expect(new Set([...first.organizations, ...second.organizations].map((each) => each.id))).toEqual(
      new Set([id, other.id]),
    );
    expect(await sdk.organization.searchOrganization("zzz-no-such")).toMatchObject({
      organizations: [],
      totalSize: 0,
      nextPageToken: "",
    });
    await expect(sdk.organization.searchOrganization(" ")).rejects.toThrow("query is required");
    await expect(sdk.organization.searchOrganization("se")).rejects.toBeInstanceOf(
      ScalekitBadRequestException,
    );
  },

  async getOrganizationUserManagementSetting() {
    const { id } = await organization();
    const read = async () => {
      const { settings } = await sdk.organization.getOrganizationUserManagementSetting(id);
      return settings?.maxAllowedUsers;
    };
    expect(await read()).toBeUndefined();
    await sdk.organization.upsertUserManagementSettings(id, { maxAllowedUsers: 25 });
    expect(await read()).toBe(25);
    const unknown = sdk.organization.getOrganizationUserManagementSetting(nobody);
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async updateOrganizationSessionPolicy() {
    const { id } = await organization();
    const set = (unit: "MINUTES" | "HOURS" | "DAYS", absolute: number, idle: number | undefined) =>
      sdk.organization.updateOrganizationSessionPolicy(id, {
        policySource: "CUSTOM",
        absoluteSessionTimeout: absolute,
        absoluteSessionTimeoutUnit: unit,
        idleSessionTimeoutEnabled: idle !== undefined,
        ...(idle !== undefined && { idleSessionTimeout: idle, idleSessionTimeoutUnit: unit }),
      });
    const custom = { policySource: 2, idleSessionTimeoutEnabled: true };
    const minutes = (absolute: number, idle: number) => ({
      ...custom,
      absoluteSessionTimeout: absolute,
      idleSessionTimeout: idle,
    });
    expect(await set("MINUTES", 360, 60)).toMatchObject(minutes(360, 60));
    expect(await set("HOURS", 6, 1)).toMatchObject(minutes(360, 60));
    expect(await set("DAYS", 3, 2)).toMatchObject(minutes(4320, 2880));
    const idleOff = await set("MINUTES", 360, undefined);
    expect(idleOff.idleSessionTimeoutEnabled).toBe(false);
    expect(idleOff.idleSessionTimeout).toBeUndefined();
    await expect(set("MINUTES", 60, 360)).rejects.toBeInstanceOf(ScalekitBadRequestException);
    const back = { policySource: "APPLICATION" } as const;
    const application = await sdk.organization.updateOrganizationSessionPolicy(id, back);
    expect(application).toMatchObject({ policySource: 1 });
    const unknown = sdk.organization.updateOrganizationSessionPolicy(nobody, back);
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },

  async getOrganizationSessionPolicy() {
    const { id } = await organization();
    const policy = await sdk.organization.getOrganizationSessionPolicy(id);
    expect(policy).toMatchObject({ policySource: 1 });
    expect(policy.absoluteSessionTimeout).toBeUndefined();
    const unknown = sdk.organization.getOrganizationSessionPolicy(nobody);
    await expect(unknown).rejects.toBeInstanceOf(ScalekitNotFoundException);
  },
});

describeMethods("events", () => sdk, {
  async listEventsPaginated() {
    const { id } = await organization("Announced");
    const page = await sdk.events.listEventsPaginated(1, "");
    const next = await sdk.events.listEventsPaginated(1, page.nextPageToken);
    expect(next.events[0]?.id).not.toBe(page.events[0]?.id);
    const filter = {
      eventTypes: ["organization.created"],
      organizationId: id,
      source: Source.SCALEKIT,
    };
    expect((await sdk.events.listEventsPaginated(25, "", filter)).events).toMatchObject([
      {
        specVersion: "1",
        object: ObjectType.Organization,
        displayName: "Organization Created",
        organizationId: id,
        data: { id, display_name: "Announced" },
      },
    ]);
    const garbage = sdk.events.listEventsPaginated(1, "garbage");
    await expect(garbage).rejects.toBeInstanceOf(ScalekitBadRequestException);
  },
});
