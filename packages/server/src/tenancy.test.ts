/**
 * Tenancy of the management API: whatever ids a caller sends, another organization's and another environment's rows
 * are neither shown nor changed. The table of attempts must name every method that is built.
 */

import { getOption } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ConnectionService } from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { DomainService } from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import { AuthenticationType, auth_option } from "@gatehouse/contract/scalekit/v1/options/options_pb";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "./testing/app.ts";
import { type Attempt, attempts, ofFirstEnvironment, withoutIds } from "./testing/attempts.ts";
import { TestBrowser } from "./testing/browser.ts";
import { createEnvironment, type OtherEnvironment, rpc, sessionToken } from "./testing/callers.ts";
import { aboutEnvironment, closedToSessions } from "./testing/environment-attempts.ts";
import { createSamlTenant, type SamlTenant, samlSignIn } from "./testing/sign-in.ts";
import { sourceFiles } from "./testing/source-files.ts";
import { webhookIds } from "./testing/webhook-attempts.ts";
import { callerBits } from "./transport/callers.ts";
import type { ServiceDoor } from "./transport/service.ts";

let app: TestApp;
let other: OtherEnvironment;
let ours: SamlTenant;
let theirs: SamlTenant;
let domains: { ours: string; theirs: string };
/** A connection of the whole environment. */
let social: string;
let users: Map<SamlTenant, string>;
let member: string;
/** A portal link of theirs. */
let link: string;
let webhook: Awaited<ReturnType<typeof webhookIds>>;
/** A directory of theirs. */
let directory: string;
const tokens = { all: "", none: "" };

const everyPermission = [
  ...["directories_read", "directories_write"],
  ...["organizations_read", "organizations_write", "connections_read", "connections_write"],
  ...["organizations_users_read", "organizations_sessions_read", "organizations_sessions_write"],
  ...["organizations_users_invite", "organizations_users_remove", "organizations_users_role_update"],
];

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  ours = await createSamlTenant(app);
  theirs = await createSamlTenant(app);
  domains = { ours: await domainOf(ours), theirs: await domainOf(theirs) };
  const github = await app.api("/connections", { body: { provider: "GITHUB", type: "OAUTH" } });
  social = github.body.connection.id;
  member = (await app.api("/members", { body: { email: "ada@acme.com" } })).body.member.id;
  const portal = await app.api(`/organizations/${theirs.organizationId}/portal_links`, { method: "PUT" });
  link = portal.body.link.id;
  webhook = await webhookIds(app);
  const made = await app.api(`/organizations/${theirs.organizationId}/directories`, {
    body: { directory_type: "SCIM" },
  });
  directory = made.body.directory.id;
  await testConnection(theirs);
  users = new Map([
    [ours, await userOf(ours, "our-user")],
    [theirs, await userOf(theirs, "their-user")],
  ]);
  await addMachines(theirs);
  tokens.all = await sessionToken(app, ours, everyPermission);
  tokens.none = await sessionToken(app, ours, []);
  await app.api(`/organizations/${theirs.organizationId}`, {
    method: "PATCH",
    body: { external_id: "theirs" },
  });
  await app.api("/permissions", { body: { name: "their:permission" } });
  const role = { display_name: "Theirs", permissions: ["their:permission"] };
  await app.api("/roles", { body: { ...role, name: "environment_role" } });
  await app.api(`/organizations/${theirs.organizationId}/roles`, { body: { ...role, name: "their_role" } });
});
afterAll(async () => app.stop());

async function domainOf(tenant: SamlTenant): Promise<string> {
  const { body } = await app.api(`/organizations/${tenant.organizationId}/domains`);
  return body.domains[0].id;
}

async function userOf(tenant: SamlTenant, externalId: string): Promise<string> {
  const { body } = await app.api(
    `/organizations/${tenant.organizationId}/users?send_invitation_email=false`,
    { body: { email: `user@${tenant.domain}`, external_id: externalId } },
  );
  return body.user.id;
}

async function doors(): Promise<ServiceDoor[]> {
  const files = sourceFiles().filter((file) => /\/modules\/[^/]+\/rpc\.ts$/.test(file.path));
  const loaded = await Promise.all(
    files.map(async (file) => {
      const address = new URL(file.path.replace("packages/server/src/", ""), import.meta.url).href;
      return (await import(address)) as Record<string, ServiceDoor>;
    }),
  );
  return loaded.flatMap((exported) => Object.values(exported));
}

/** Every built method by its name here, with who may call it. */
async function builtMethods(): Promise<Map<string, Allowed>> {
  const methods = (await doors()).flatMap(({ service, handlers }) =>
    service.methods
      .filter((method) => handlers.has(method.localName))
      .map((method) => {
        const prefix = service.typeName.startsWith("gatehouse.") ? "gatehouse." : "";
        const { authenticationType: callers, permissions } = getOption(method, auth_option);
        return [`${prefix}${service.name}/${method.name}`, { callers, permissions }] as const;
      }),
  );
  return new Map(methods);
}

interface Allowed {
  callers: AuthenticationType;
  permissions: readonly string[];
}

function admitsSession(method: Allowed | undefined): boolean {
  return ((method?.callers ?? AuthenticationType.BLOCKED) & callerBits.SESSION) !== 0;
}

function fill(text: string, names: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole);
}

function fillBody(body: object, names: Record<string, string>): object {
  return JSON.parse(fill(JSON.stringify(body), names));
}

function idsOf(tenant: SamlTenant, domain: string) {
  const { organizationId: org, connectionId: connection } = tenant;
  const user = users.get(tenant) ?? "";
  const role = tenant === theirs ? "their_role" : "member";
  const ids = { org, connection, domain, social, user, role, client: app.clientId, env: app.environmentId };
  return { ...ids, ...tested.get(tenant), ...machines.get(tenant), member, link, ...webhook, directory };
}

/** A machine client of the tenant with its secret, and an API token. */
const machines = new Map<SamlTenant, { robot: string; secret: string; token: string }>();

async function addMachines(tenant: SamlTenant): Promise<void> {
  const { body } = await app.api(`/organizations/${tenant.organizationId}/clients`, {
    body: { name: "Robot" },
  });
  const { client_id: robot, secrets } = body.client;
  const made = await app.api("/tokens", { body: { organization_id: tenant.organizationId } });
  machines.set(tenant, { robot, secret: secrets[0].id, token: made.body.token_id });
}

/** A test sign-in at the tenant's connection, and the trace that it left. */
const tested = new Map<
  SamlTenant,
  { test: string; trace: string; session: string; person: string; sealed: string }
>();

async function testConnection(tenant: SamlTenant): Promise<void> {
  const browser = new TestBrowser(app.url);
  await browser.visit(`${app.url}/sso/v1/saml/${tenant.connectionId}/test`);
  const { id } = await app.app.db
    .selectFrom("connection_tests")
    .select("id")
    .where("connection_id", "=", tenant.connectionId)
    .executeTakeFirstOrThrow();
  await samlSignIn(app, tenant);
  const { body } = await app.api(`/traces?connection_id=${tenant.connectionId}`);
  const session = await app.app.db
    .selectFrom("sessions")
    .select(["id", "user_id"])
    .where("organization_id", "=", tenant.organizationId)
    .executeTakeFirstOrThrow();
  const secret = await app.api("/secrets", {
    body: { secret_type: "INTERCEPTOR_HMAC", tenant_type: "INTERCEPTOR" },
  });
  for (const source of ["sso", "directory"]) {
    const declared = { key: "declared", label: "Declared", datatype: "STRING" };
    await app.api(`/${source}-user-attributes`, { body: declared });
  }
  const made = { session: session.id, person: session.user_id, sealed: secret.body.secret.id };
  tested.set(tenant, { test: id, trace: body.traces[0].id, ...made });
}

async function call(attempt: Attempt, names: Record<string, string>, token: string): Promise<ApiAnswer> {
  const [method = "", path = ""] = fill(attempt.request, names).split(" ");
  return app.api(path, { method, token, ...(attempt.body && { body: fillBody(attempt.body, names) }) });
}

/** All that there is of the first environment, as text. */
async function everything(): Promise<string> {
  const tables = [
    "organizations",
    "domains",
    "connections",
    "clients",
    "environments",
    "events",
    "saml_certificates",
    "roles",
    "permissions",
    "users",
    "members",
    "portal_links",
    "api_tokens",
    "secrets",
    "sessions",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_secrets",
    "webhook_replays",
    "directories",
    "directory_secrets",
  ] as const;
  const rows = await Promise.all(
    tables.map((table) => app.app.db.selectFrom(table).selectAll().orderBy("id").execute()),
  );
  const memberships = await app.app.db
    .selectFrom("memberships")
    .leftJoin("membership_roles", "membership_roles.user_id", "memberships.user_id")
    .selectAll()
    .orderBy("memberships.user_id")
    .orderBy("role_id")
    .execute();
  // Not the last use of secrets, which is noted while nobody waits for it.
  const secrets = await app.app.db
    .selectFrom("client_secrets")
    .select(["id", "status"])
    .orderBy("id")
    .execute();
  const declared = await app.app.db.selectFrom("user_attributes").selectAll().orderBy("source").execute();
  return JSON.stringify([rows, memberships, secrets, declared]);
}

test("the table names every method that is built", async () => {
  const built = await builtMethods();
  expect([...Object.keys(attempts), ...withoutIds].sort()).toEqual([...built.keys()].sort());
});

describe("an end user of one organization", () => {
  test("reaches nothing of another by its ids, in any method", async () => {
    const before = await everything();
    const built = await builtMethods();
    for (const [name, attempt] of Object.entries(attempts)) {
      const admitted = admitsSession(built.get(name)) && !aboutEnvironment.includes(name);
      const { status, body } = await call(attempt, idsOf(theirs, domains.theirs), tokens.all);
      expect({ name, status, code: body.code }).toEqual({
        name,
        status: admitted ? 404 : 403,
        code: admitted ? 5 : 7,
      });
    }
    expect(await everything()).toBe(before);
  });

  test("reaches nothing of another through its own organization's address", async () => {
    const before = await everything();
    const built = await builtMethods();
    const mixed = { ...idsOf(theirs, domains.theirs), org: ours.organizationId };
    const below = Object.entries(attempts).filter(([, { request }]) => /\{org\}\/\w+\/\{/.test(request));
    expect(below.length).toBeGreaterThan(6);
    for (const [name, attempt] of below) {
      const { status } = await call(attempt, mixed, tokens.all);
      expect({ name, status }).toEqual({ name, status: admitsSession(built.get(name)) ? 404 : 403 });
    }
    expect(await everything()).toBe(before);
  });

  test("reaches nothing of another by its external id on gRPC", async () => {
    const before = await everything();
    const identities = { case: "externalId", value: "theirs" } as const;
    const organizations = rpc(app, OrganizationService, tokens.all);
    const domainClient = rpc(app, DomainService, tokens.all);
    const calls = [
      () => organizations.getOrganization({ identities }),
      () => organizations.updateOrganization({ identities, organization: { displayName: "taken over" } }),
      () => domainClient.listDomains({ identities }),
      () => domainClient.getDomain({ identities, id: domains.theirs }),
      () => domainClient.createDomain({ identities, domain: { domain: "taken-over.com" } }),
      () => domainClient.deleteDomain({ identities, id: domains.theirs }),
    ];
    for (const attempt of calls) await expect(attempt()).rejects.toMatchObject({ code: Code.NotFound });
    expect(await everything()).toBe(before);
  });

  test("reaches nobody but itself by an external id on gRPC, and nobody of another organization", async () => {
    const before = await everything();
    const identities = { case: "externalId", value: "their-user" } as const;
    const client = rpc(app, UserService, tokens.all);
    const { organizationId } = ours;
    const calls = [
      () => client.getUser({ identities }),
      () => client.getUser({ identities: { case: "externalId", value: "our-user" } }),
      () => client.updateUser({ identities, user: { userProfile: { name: "taken over" } } }),
      () => client.createMembership({ organizationId, identities, membership: {} }),
      () =>
        client.updateMembership({ organizationId, identities, membership: { roles: [{ name: "admin" }] } }),
      () => client.deleteMembership({ organizationId, identities, cascade: true }),
    ];
    for (const attempt of calls) await expect(attempt()).rejects.toMatchObject({ code: Code.NotFound });
    for (const query of ["user@", "their-user"]) {
      const path = `/organizations/${organizationId}/users:search?query=${query}`;
      expect((await app.api(path, { token: tokens.all })).status).toBe(403);
    }
    expect(await everything()).toBe(before);
  });

  test("sees only its own connections in lists, whatever is asked for", async () => {
    const listed = async (query: string) =>
      (await app.api(`/connections?${query}`, { token: tokens.all })).body.connections;
    const own = [expect.objectContaining({ id: ours.connectionId })];
    expect(await listed("include=all")).toEqual(own);
    expect(await listed(`domain=${theirs.domain}`)).toEqual(own);
    for (const path of [
      `/connections?organization_id=${theirs.organizationId}`,
      `/organizations/${theirs.organizationId}/connections`,
    ]) {
      expect((await app.api(path, { token: tokens.all })).status).toBe(404);
    }
    const client = rpc(app, ConnectionService, tokens.all);
    const foreign = client.listConnections({ organizationId: theirs.organizationId });
    await expect(foreign).rejects.toMatchObject({ code: Code.NotFound });
  });

  test("may not call what concerns the environment", async () => {
    const before = await everything();
    const requests: Attempt[] = [
      { request: "POST /organizations", body: { display_name: "Mine" } },
      { request: "GET /organizations" },
      { request: "GET /organizations:external/theirs" },
      { request: "DELETE /organizations/{org}" },
      { request: "GET /clients" },
      { request: "POST /clients", body: { name: "Mine", client_type: "WEB_APP" } },
      { request: "GET /clients/{client}" },
      { request: "PATCH /clients/{client}", body: { name: "Mine" } },
      { request: "GET /connections/{connection}" },
      { request: "POST /connections", body: { provider: "GITHUB", type: "OAUTH" } },
      { request: "GET /organizations/-/connections" },
      { request: "GET /organizations/-/connections:search?query={org}" },
      { request: "POST /features/fsa/disable" },
      { request: "POST /roles", body: { name: "mine", display_name: "Mine" } },
      { request: "GET /roles" },
      { request: "PATCH /roles:set_defaults", body: { default_member_role: "admin" } },
      { request: "POST /permissions", body: { name: "mine" } },
      { request: "GET /permissions" },
      { request: "GET /users" },
      { request: "GET /users:search?query=user" },
      { request: "DELETE /users/{user}" },
      { request: "POST /features/fsa/enable", body: {} },
      ...closedToSessions,
    ];
    for (const attempt of requests) {
      const { status, body } = await call(attempt, idsOf(ours, domains.ours), tokens.all);
      expect({ attempt, status, code: body.code }).toEqual({ attempt, status: 403, code: 7 });
    }
    expect(await everything()).toBe(before);
  });

  test("needs the permission that the method names, for its own organization too", async () => {
    const before = await everything();
    const built = await builtMethods();
    const open = Object.entries(attempts).filter(
      ([name]) => admitsSession(built.get(name)) && built.get(name)?.permissions.length !== 0,
    );
    for (const [name, attempt] of open) {
      const { status, body } = await call(attempt, idsOf(ours, domains.ours), tokens.none);
      expect({ name, status, message: body.message }).toEqual({
        name,
        status: 403,
        message: expect.stringContaining("lacks the permission"),
      });
    }
    expect((await app.api("/connections", { token: tokens.none })).status).toBe(403);
    expect(await everything()).toBe(before);
  });

  test("works in its own organization with the permission", async () => {
    const path = `/organizations/${ours.organizationId}`;
    expect((await app.api(path, { token: tokens.all })).body.organization.id).toBe(ours.organizationId);
    const renamed = await app.api(path, {
      method: "PATCH",
      body: { display_name: "Ours" },
      token: tokens.all,
    });
    expect(renamed.body.organization.display_name).toBe("Ours");
    expect((await app.api(`${path}/connections/${ours.connectionId}`, { token: tokens.all })).status).toBe(
      200,
    );
  });
});

describe("an application of another environment", () => {
  test("reaches nothing of this one by its ids, in any method", async () => {
    const before = await everything();
    const built = await builtMethods();
    for (const [name, { request, body }] of Object.entries(attempts)) {
      const names = idsOf(theirs, domains.theirs);
      const [method = "", path = ""] = fill(request, names).split(" ");
      const { status } = await other.api(path, { method, ...(body && { body: fillBody(body, names) }) });
      const admitted = ((built.get(name)?.callers ?? 0) & callerBits.CLIENT) !== 0;
      const hidden = admitted && !ofFirstEnvironment.includes(name);
      expect({ name, status }).toEqual({ name, status: hidden ? 404 : 403 });
    }
    expect(await everything()).toBe(before);
  });

  test("sees nothing of this one in lists", async () => {
    expect((await other.api("/organizations")).body).toMatchObject({ organizations: [], total_size: 0 });
    expect((await other.api("/organizations?external_id=theirs")).body).toMatchObject({ organizations: [] });
    for (const query of [
      "include=all",
      `organization_id=${theirs.organizationId}`,
      `domain=${theirs.domain}`,
    ]) {
      expect((await other.api(`/connections?${query}`)).body).toEqual({ connections: [] });
    }
    for (const list of ["", ":search", `:search?query=${theirs.connectionId}`]) {
      const { body } = await other.api(`/organizations/-/connections${list}`);
      expect(body).toMatchObject({ connections: [], total_size: 0 });
    }
    expect((await other.api("/roles")).body).toMatchObject({
      roles: [{ name: "member" }, { name: "admin" }],
    });
    expect(JSON.stringify((await other.api("/permissions?page_size=100")).body)).not.toContain("their:");
    for (const path of ["/users", "/users:search?query=user", "/users:search?query=their-user"]) {
      expect((await other.api(path)).body).toMatchObject({ users: [], total_size: 0 });
    }
    expect((await other.api("/clients")).body).toMatchObject({
      clients: [{ id: other.clientId }],
      total_size: 1,
    });
    const { next_page_token: token } = (await app.api("/organizations?page_size=1")).body;
    expect((await other.api(`/organizations?page_token=${token}`)).body).toMatchObject({ organizations: [] });
  });

  test("may use the names that this one uses", async () => {
    const created = await other.api("/organizations", {
      body: { display_name: "Same", external_id: "theirs" },
    });
    expect(created.status).toBe(201);
    const { organization } = created.body as { organization: { id: string } };
    const domain = await other.api(`/organizations/${organization.id}/domains`, {
      body: { domain: theirs.domain },
    });
    expect(domain.status).toBe(200);
    const body = { email: `user@${theirs.domain}`, external_id: "their-user" };
    const user = await other.api(`/organizations/${organization.id}/users`, { body });
    expect(user.status).toBe(201);
    expect((await app.api(`/organizations/${organization.id}`)).status).toBe(404);
    expect((await other.api("/permissions", { body: { name: "their:permission" } })).status).toBe(201);
    const role = { name: "environment_role", display_name: "Same" };
    expect((await other.api("/roles", { body: role })).status).toBe(201);
  });
});
