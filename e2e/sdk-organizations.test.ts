/**
 * The official Node SDK, unmodified, on what an organization has beside its name: features, limits, session policies,
 * portal links, and the log of events.
 */
import {
  ObjectType,
  Scalekit,
  ScalekitBadRequestException,
  ScalekitException,
  ScalekitNotFoundException,
  Source,
} from "@scalekit-sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";

let app: TestApp;
let sdk: Scalekit;
let id: string;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  for (const name of ["Other org", "SDK org"]) {
    const created = await sdk.organization.createOrganization(name, { externalId: name.replace(" ", "-") });
    id = created.organization?.id ?? "";
  }
});
afterAll(async () => app.stop());

test("search finds by a part of the name, in pages", async () => {
  const found = await sdk.organization.searchOrganization("org");
  expect(found.organizations.length).toBeGreaterThanOrEqual(2);
  expect(found.totalSize).toBeTypeOf("number");
  expect(found.nextPageToken).toBe("");
  const first = await sdk.organization.searchOrganization("org", 1);
  const second = await sdk.organization.searchOrganization("org", 1, first.nextPageToken);
  expect(second.organizations).toHaveLength(1);
  expect(second.organizations[0]?.id).not.toBe(first.organizations[0]?.id);
  expect((await sdk.organization.searchOrganization("zzz-no-such")).organizations).toEqual([]);
});

test("features are switched by any of their names", async () => {
  const features = [
    { name: "sso", enabled: true },
    { name: "directory_sync", enabled: true },
  ];
  const { organization } = await sdk.organization.updateOrganizationSettings(id, { features });
  expect(organization?.settings?.features).toMatchObject([
    { name: "sso", enabled: true },
    { name: "dir_sync", enabled: true },
  ]);
  const unknown = sdk.organization.updateOrganizationSettings(id, {
    features: [{ name: "teleport", enabled: true }],
  });
  await expect(unknown).rejects.toBeInstanceOf(ScalekitBadRequestException);
});

test("the limit of users is read before it is set, set, changed and taken away", async () => {
  const read = async () =>
    (await sdk.organization.getOrganizationUserManagementSetting(id)).settings?.maxAllowedUsers;
  expect(await read()).toBeUndefined();
  for (const most of [50, 25]) {
    const set = await sdk.organization.upsertUserManagementSettings(id, { maxAllowedUsers: most });
    expect(set?.maxAllowedUsers).toBe(most);
    expect(await read()).toBe(most);
  }
  await sdk.organization.upsertUserManagementSettings(id, { maxAllowedUsers: null });
  expect(await read()).toBeUndefined();
});

describe("the session policy", () => {
  const application = 1;
  const custom = 2;

  test("is the application's for a new organization", async () => {
    const policy = await sdk.organization.getOrganizationSessionPolicy(id);
    expect(policy).toMatchObject({ policySource: application });
    expect(policy.absoluteSessionTimeout).toBeUndefined();
  });

  test.each([
    ["MINUTES", 360, 60],
    ["HOURS", 6, 1],
    ["DAYS", 3, 2],
  ] as const)("takes %s and answers in minutes", async (unit, absolute, idle) => {
    const minutes = { MINUTES: 1, HOURS: 60, DAYS: 1_440 }[unit];
    await sdk.organization.updateOrganizationSessionPolicy(id, {
      policySource: "CUSTOM",
      absoluteSessionTimeout: absolute,
      absoluteSessionTimeoutUnit: unit,
      idleSessionTimeoutEnabled: true,
      idleSessionTimeout: idle,
      idleSessionTimeoutUnit: unit,
    });
    expect(await sdk.organization.getOrganizationSessionPolicy(id)).toMatchObject({
      policySource: custom,
      absoluteSessionTimeout: absolute * minutes,
      idleSessionTimeoutEnabled: true,
      idleSessionTimeout: idle * minutes,
    });
  });

  test("says false with idle off, and goes back to the application's", async () => {
    await sdk.organization.updateOrganizationSessionPolicy(id, {
      policySource: "CUSTOM",
      absoluteSessionTimeout: 360,
      absoluteSessionTimeoutUnit: "MINUTES",
      idleSessionTimeoutEnabled: false,
    });
    expect((await sdk.organization.getOrganizationSessionPolicy(id)).idleSessionTimeoutEnabled).toBe(false);
    await sdk.organization.updateOrganizationSessionPolicy(id, { policySource: "APPLICATION" });
    expect((await sdk.organization.getOrganizationSessionPolicy(id)).policySource).toBe(application);
    const nobody = sdk.organization.getOrganizationSessionPolicy("org_100000000000000001");
    await expect(nobody).rejects.toBeInstanceOf(ScalekitNotFoundException);
  });
});

test("a portal link is made without naming features", async () => {
  const link = await sdk.organization.generatePortalLink(id);
  expect(link.id).toMatch(/^lnk_\d{18}$/);
  expect(link.location).toMatch(new RegExp(`^${app.url}/magicLink/`));
  expect(Number(link.expireTime?.seconds) * 1_000).toBeGreaterThan(app.app.now().getTime());
});

test("events are listed newest first, filtered and in pages", async () => {
  const page = await sdk.events.listEventsPaginated(1, "");
  const next = await sdk.events.listEventsPaginated(1, page.nextPageToken);
  expect(next.events[0]?.id).not.toBe(page.events[0]?.id);
  const { events } = await sdk.events.listEventsPaginated(25, "", {
    eventTypes: ["organization.created"],
    organizationId: id,
    source: Source.SCALEKIT,
  });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    specVersion: "1",
    object: ObjectType.Organization,
    displayName: "Organization Created",
    organizationId: id,
    data: { id, display_name: "SDK org" },
  });
  await expect(sdk.events.listEventsPaginated(1, "garbage")).rejects.toBeInstanceOf(ScalekitException);
});

test("a domain is refused for what it is not", async () => {
  for (const domain of ["invalid-domain-name", "gmail.com", "mailinator.com"]) {
    await expect(sdk.domain.createDomain(id, domain)).rejects.toBeInstanceOf(ScalekitBadRequestException);
  }
});
