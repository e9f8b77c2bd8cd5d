/** Directories in tests: rows as the SCIM door writes them, with what follows from them. */
import { inTransaction } from "../context.ts";
import { addToCount } from "../db/counters.ts";
import { newId } from "../lib/ids.ts";
import { follow, type Touched } from "../modules/directories/consequences.ts";
import * as directories from "../modules/directories/directories.ts";
import { columnsOf, type Document } from "../modules/directories/person.ts";
import * as scimUsers from "../modules/directories/scim-users.ts";
import type { TestApp } from "./app.ts";

export interface TestDirectory {
  id: string;
  organizationId: string;
  /** The path below /api/v1. */
  path: string;
}

export async function createDirectory(
  app: TestApp,
  organizationId: string,
  provider = "OKTA",
): Promise<TestDirectory> {
  const { body } = await app.api(`/organizations/${organizationId}/directories`, {
    body: { directory_type: "SCIM", directory_provider: provider },
  });
  const { id } = body.directory;
  return { id, organizationId, path: `/organizations/${organizationId}/directories/${id}` };
}

/** An organization with a verified domain. */
export async function createOrganization(app: TestApp, domain: string): Promise<string> {
  const { body } = await app.api("/organizations", { body: { display_name: domain } });
  const { id } = body.organization;
  await app.api(`/organizations/${id}/domains`, { body: { domain } });
  return id;
}

/** What a provider sends of a person. */
export function personOf(userName: string, more: Document = {}): Document {
  const [given = ""] = userName.split("@");
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName,
    active: true,
    name: { givenName: given, familyName: "Test" },
    emails: [{ value: userName, primary: true }],
    ...more,
  };
}

/** Adds people as a provider does that sends all of them at once. @returns their ids, in order */
export async function addPeople(app: TestApp, at: TestDirectory, people: Document[]): Promise<string[]> {
  const ctx = app.systemCtx();
  const directory = await directories.get(ctx, at.organizationId, at.id);
  const made = await Promise.all(people.map((document) => scimUsers.create(ctx, directory, document)));
  return made.map(({ id }) => id);
}

/** Replaces the document of a person. */
export async function changePerson(app: TestApp, at: TestDirectory, id: string, document: Document) {
  await changing(app, at, async (ctx) => {
    const before = await ctx.db
      .selectFrom("directory_users")
      .select("active")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    const columns = columnsOf(document);
    await ctx.db
      .updateTable("directory_users")
      .set({ ...columns, document: JSON.stringify(document), updated_at: ctx.now() })
      .where("id", "=", id)
      .execute();
    if (before.active === columns.active) return { updated: [id] };
    return columns.active ? { activated: [id] } : { deactivated: [id] };
  });
}

export async function removePerson(app: TestApp, at: TestDirectory, id: string): Promise<void> {
  await changing(app, at, async (ctx) => {
    const gone = await ctx.db
      .deleteFrom("directory_users")
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await addToCount(ctx, "directory_users", at.id, -1);
    const { email, external_id: externalId, user_id: userId, active: wasActive } = gone;
    return { deleted: [{ id, email, externalId, userId, wasActive }] };
  });
}

/** Adds a group with members. @returns its id */
export async function addGroup(
  app: TestApp,
  at: TestDirectory,
  displayName: string,
  members: string[] = [],
): Promise<string> {
  const id = newId("dirgroup");
  await changing(app, at, async (ctx) => {
    const now = ctx.now();
    const common = { environment_id: ctx.environmentId, directory_id: at.id };
    const row = {
      ...common,
      id,
      organization_id: at.organizationId,
      display_name: displayName,
      document: JSON.stringify({ displayName }),
      total_members: members.length,
      created_at: now,
      updated_at: now,
    };
    await ctx.db.insertInto("directory_groups").values(row).execute();
    const rows = members.map((directory_user_id) => ({ ...common, group_id: id, directory_user_id }));
    if (rows.length > 0) await ctx.db.insertInto("directory_group_members").values(rows).execute();
    await addToCount(ctx, "directory_groups", at.id, 1);
    return { groupsCreated: [id], regrouped: members };
  });
  return id;
}

/** Makes these the members of a group. */
export async function setMembers(app: TestApp, at: TestDirectory, id: string, members: string[]) {
  await changing(app, at, async (ctx) => {
    const before = await ctx.db
      .deleteFrom("directory_group_members")
      .where("group_id", "=", id)
      .returning("directory_user_id")
      .execute();
    const had = before.map((row) => row.directory_user_id);
    const rows = members.map((directory_user_id) => ({
      environment_id: ctx.environmentId,
      directory_id: at.id,
      group_id: id,
      directory_user_id,
    }));
    if (rows.length > 0) await ctx.db.insertInto("directory_group_members").values(rows).execute();
    await ctx.db
      .updateTable("directory_groups")
      .set({ total_members: members.length, updated_at: ctx.now() })
      .where("id", "=", id)
      .execute();
    const differing = [
      ...had.filter((each) => !members.includes(each)),
      ...members.filter((each) => !had.includes(each)),
    ];
    return { groupsUpdated: [id], regrouped: differing };
  });
}

export async function removeGroup(app: TestApp, at: TestDirectory, id: string): Promise<void> {
  await changing(app, at, async (ctx) => {
    const members = await ctx.db
      .selectFrom("directory_group_members")
      .select("directory_user_id")
      .where("group_id", "=", id)
      .execute();
    const gone = await ctx.db
      .deleteFrom("directory_groups")
      .where("id", "=", id)
      .returning(["display_name", "external_id"])
      .executeTakeFirstOrThrow();
    await addToCount(ctx, "directory_groups", at.id, -1);
    return {
      groupsDeleted: [{ id, displayName: gone.display_name, externalId: gone.external_id }],
      regrouped: members.map((row) => row.directory_user_id),
    };
  });
}

async function changing(
  app: TestApp,
  at: TestDirectory,
  change: (ctx: ReturnType<TestApp["systemCtx"]>) => Promise<Touched>,
): Promise<void> {
  await inTransaction(app.systemCtx(), async (ctx) => {
    const touched = await change(ctx);
    await follow(ctx, await directories.get(ctx, at.organizationId, at.id), touched);
  });
}

export interface Tenant extends TestDirectory {
  domain: string;
  address(name: string): string;
}

let tenants = 0;

/** An organization of its own with a verified domain and a directory. */
export async function createTenant(app: TestApp): Promise<Tenant> {
  const domain = `tenant${tenants++}.example`;
  const directory = await createDirectory(app, await createOrganization(app, domain));
  return { ...directory, domain, address: (name) => `${name}@${domain}` };
}

/** The user of an address, once for each membership. */
export async function memberships(app: TestApp, email: string) {
  return app.app.db
    .selectFrom("users")
    .leftJoin("memberships", "memberships.user_id", "users.id")
    .select(["users.id", "users.email_verified", "memberships.organization_id", "memberships.status"])
    .select("memberships.provisioning_method as method")
    .where("users.email", "=", email)
    .orderBy("memberships.organization_id")
    .execute();
}

/** The member of an address with the names of their roles. */
export async function member(app: TestApp, at: TestDirectory, email: string) {
  const found = (await memberships(app, email)).find((row) => row.organization_id === at.organizationId);
  if (!found) return undefined;
  const roles = await app.app.db
    .selectFrom("membership_roles")
    .innerJoin("roles", "roles.id", "membership_roles.role_id")
    .select("roles.name")
    .where("membership_roles.organization_id", "=", at.organizationId)
    .where("membership_roles.user_id", "=", found.id)
    .orderBy("roles.name")
    .execute();
  return { id: found.id, status: found.status, method: found.method, roles: roles.map(({ name }) => name) };
}

/** Makes these the only roles that groups of a directory give. */
export async function assignRoles(
  app: TestApp,
  at: TestDirectory,
  ...pairs: [group: string, role: string][]
) {
  const { status, body } = await app.api(`${at.path}/groups/-/roles:assign`, {
    method: "PUT",
    body: { assignments: pairs.map(([group_id, role_name]) => ({ group_id, role_name })) },
  });
  if (status !== 200) throw new Error(`roles were not assigned: ${JSON.stringify(body)}`);
}
