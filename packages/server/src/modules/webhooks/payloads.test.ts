/**
 * What the events of all modules hold is what the published list says they do: the keys of each real payload are those
 * of its example.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { sourceFiles } from "../../testing/source-files.ts";
import { examples } from "./examples.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  await signInAndOut();
  const org = `/organizations/${tenant.organizationId}`;
  await app.api(org, { method: "PATCH", body: { display_name: "Renamed", metadata: { plan: "gold" } } });
  const connection = `${org}/connections/${tenant.connectionId}`;
  await app.api(`${connection}:disable`, { method: "PATCH" });
  await rolesAndPermissions();
  const user = await app.api(`${org}/users?send_invitation_email=false`, {
    body: { email: "ada@example.com" },
  });
  const membership = `/memberships/organizations/${tenant.organizationId}/users/${user.body.user.id}`;
  await app.api(membership, { method: "PATCH", body: { roles: [{ name: "admin" }] } });
  await app.api(membership, { method: "DELETE" });
  await app.api(`${org}/users?send_invitation_email=true`, { body: { email: "eve@example.com" } });
  await app.api(connection, { method: "DELETE" });
  const { body } = await app.api(`${org}/domains`);
  await app.api(`${org}/domains/${body.domains[0].id}`, { method: "DELETE" });
  await app.api(org, { method: "DELETE" });
});
afterAll(async () => app.stop());

async function signInAndOut(): Promise<void> {
  const browser = new TestBrowser(app.url);
  await samlSignIn(app, tenant, { browser });
  const { id } = await app.app.db.selectFrom("sessions").select("id").executeTakeFirstOrThrow();
  await app.api(`/sessions/${id}/revoke`, { method: "POST" });
}

async function rolesAndPermissions(): Promise<void> {
  await app.api("/permissions", { body: { name: "tickets:read" } });
  const changed = { name: "tickets:read", description: "Reads" };
  await app.api("/permissions/tickets:read", { method: "PUT", body: changed });
  await app.api("/roles", { body: { name: "support", display_name: "Support", extends: "member" } });
  await app.api("/roles/support", { method: "PUT", body: { display_name: "Helpers" } });
  await app.api("/roles/support", { method: "DELETE" });
  await app.api("/permissions/tickets:read", { method: "DELETE" });
}

/** Beyond the published keys: what a deletion did to others. */
const additions: Readonly<Record<string, string[]>> = {
  "role.deleted": ["reassigned_to"],
  "permission.deleted": ["roles"],
};

describe("a payload has the published keys", () => {
  test.each([
    ...["organization.created", "organization.updated", "organization.deleted"],
    ...["organization.domain_created", "organization.domain_deleted"],
    ...["organization.sso_created", "organization.sso_enabled", "organization.sso_disabled"],
    ...["organization.sso_deleted", "user.login", "user.logout", "user.organization_invitation"],
    ...["user.organization_membership_created", "user.organization_membership_updated"],
    ...["user.organization_membership_deleted", "role.created", "role.updated", "role.deleted"],
    ...["permission.created", "permission.updated", "permission.deleted"],
  ])("%s", async (type) => {
    const row = await app.app.db
      .selectFrom("events")
      .select("payload")
      .where("type", "=", type)
      .orderBy("id")
      .executeTakeFirstOrThrow();
    const expected = { ...examples[type] };
    for (const key of additions[type] ?? []) Object.assign(expected, { [key]: "" });
    expect(shapeOf(row.payload)).toEqual(shapeOf(expected));
  });
});

/** The keys at every level, sorted; what lists and free objects hold is the business of others. */
function shapeOf(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return "";
  const free = ["metadata", "custom_attributes", "external_identities", "groups"];
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, held]) => [key, free.includes(key) ? "" : shapeOf(held)]),
  );
}

test("each public event of ours is published, or named as our own", async () => {
  const files = sourceFiles().filter((file) => /\/modules\/[^/]+\/events\.ts$/.test(file.path));
  const declared = files.flatMap(({ text }) =>
    [...text.matchAll(/event<[^(]*>\(\s*"([^"]+)",?\s*\)/g)].map(([, name = ""]) => name),
  );
  expect(declared.length).toBeGreaterThan(20);
  const unknown = declared.filter((name) => !name.startsWith("gatehouse.") && !Object.hasOwn(examples, name));
  expect(unknown).toEqual([]);
});

test("values are those of the row", async () => {
  const payloadOf = async (type: string) =>
    (await app.app.db.selectFrom("events").select("payload").where("type", "=", type).execute()).map(
      (row) => row.payload,
    );
  expect(await payloadOf("organization.updated")).toContainEqual(
    expect.objectContaining({ display_name: "Renamed", metadata: { plan: "gold" } }),
  );
  expect(await payloadOf("user.login")).toEqual([
    expect.objectContaining({
      user_session: expect.objectContaining({
        status: "ACTIVE",
        organization_id: tenant.organizationId,
        authenticated_organizations: [tenant.organizationId],
        expired_at: null,
        logout_at: null,
      }),
    }),
  ]);
  expect(await payloadOf("user.logout")).toContainEqual(
    expect.objectContaining({
      user: expect.objectContaining({ email: expect.stringContaining("@") }),
      user_session: expect.objectContaining({ status: "REVOKED", expired_at: expect.any(String) }),
    }),
  );
  expect(await payloadOf("organization.sso_disabled")).toEqual([
    expect.objectContaining({ enabled: false, connection_type: "SAML", id: tenant.connectionId }),
  ]);
});
