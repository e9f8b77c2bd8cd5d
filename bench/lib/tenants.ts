/**
 * Thousands of organizations in a moment. Two are made through the API and signed in to, one with a SAML and one with
 * an OpenID Connect connection; the rows of these two are copied in SQL with new names. So the tables hold what a
 * server in use holds, whatever columns they have, and the planner knows their size.
 */
import pg from "pg";
import { oidcLogin } from "../flows/oidc-login.ts";
import { samlLogin } from "../flows/saml-login.ts";
import { appOf, createSamlTarget, createTenant, type Gatehouse } from "./gatehouse.ts";
import { Connection } from "./http-client.ts";
import { createIdentityProvider, type IdentityProvider, type KeyPair } from "./identity-provider.ts";
import type { OpenIdProviders } from "./openid-provider.ts";

/** People in each organization, who have all signed in before. */
export const PEOPLE = 10;

/** What a copy has in place of a name in the original: an SQL expression of `n`, the organization, and `p`, the person. */
type Renamed = { from: string; to: string };
type Pattern = { organizationId: string; connectionId: string; domain: string };

/** The domain of organization `number`; even ones have a SAML connection, odd ones an OpenID Connect connection. */
export function domainOf(number: number): string {
  return `tenant-${number}.example.com`;
}

/** The id of its connection. */
export function connectionOf(number: number): string {
  return `conn_${digits(number)}`;
}

/**
 * Fills a database with `count` organizations, numbered from 2; the two patterns are 0 and 1.
 * @param keys with which all SAML identity providers sign
 * @returns the SAML identity providers by the number of their organization
 */
export async function seedTenants(
  server: Gatehouse,
  databaseUrl: string,
  count: number,
  peers: { keys: KeyPair; openIdProviders: OpenIdProviders },
): Promise<Map<number, IdentityProvider>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const pattern of await createPatterns(server, peers)) await copyPattern(client, pattern, count);
    const providers = providersOf(count, peers.keys);
    await setCertificates(client, providers);
    await client.query("analyze");
    return providers;
  } finally {
    await client.end();
  }
}

async function createPatterns(
  server: Gatehouse,
  { keys, openIdProviders }: { keys: KeyPair; openIdProviders: OpenIdProviders },
): Promise<string[]> {
  const [saml, oidc] = [domainOf(0), domainOf(1)];
  const provider = createIdentityProvider(saml, keys);
  const target = await createSamlTarget(server, provider);
  const { clientId: client_id, issuerOf } = openIdProviders;
  const oidc_config = { issuer: issuerOf(oidc), client_id, pkce_enabled: true, scopes: ["openid", "email"] };
  const { connectionId } = await createTenant(server, oidc, "OIDC", { oidc_config });
  const connection = await Connection.open(server.port);
  await samlLogin(connection, target, provider, `person-0@${saml}`);
  await oidcLogin(connection, appOf(server), connectionId, openIdProviders, `person-0@${oidc}`);
  connection.close();
  return [saml, oidc];
}

async function copyPattern(client: pg.Client, domain: string, count: number): Promise<void> {
  const pattern = await patternOf(client, domain);
  const { organizationId, connectionId } = pattern;
  const renamed = await renamedIn(client, pattern);
  const first = Number(domain === domainOf(1)) + 2;
  const copy = async (table: string, where: string, value: string, people = 1) => {
    await client.query(copyStatement(table, where, renamed), [value, first, count + 1, people - 1]);
  };
  await copy("organizations", "id", organizationId);
  await copy("domains", "organization_id", organizationId);
  await copy("connections", "id", connectionId);
  await copy("connection_certificates", "connection_id", connectionId);
  await copy("users", "email", `person-0@${domain}`, PEOPLE);
  await copy("memberships", "organization_id", organizationId, PEOPLE);
  await copy("membership_roles", "organization_id", organizationId, PEOPLE);
  await copy("external_identities", "connection_id", connectionId, PEOPLE);
}

// A row becomes JSON text, in which the names are replaced, and a row again. Every second number is of this kind.
function copyStatement(table: string, where: string, renamed: Renamed[]): string {
  const text = renamed.reduce(
    (inner, { from, to }) => `replace(${inner}, '${from}', ${to})`,
    "to_jsonb(r)::text",
  );
  return `insert into ${table} select (jsonb_populate_record(null::${table}, ${text}::jsonb)).* from ${table} r,
    generate_series($2::int, $3::int, 2) n, generate_series(0, $4::int) p where r.${where} = $1`;
}

async function patternOf(client: pg.Client, domain: string): Promise<Pattern> {
  const { rows } = await client.query(
    `select organization_id, connections.id from connections join domains using (organization_id) where domain = $1`,
    [domain],
  );
  return { organizationId: rows[0].organization_id, connectionId: rows[0].id, domain };
}

async function renamedIn(client: pg.Client, pattern: Pattern): Promise<Renamed[]> {
  const { organizationId, connectionId, domain } = pattern;
  const idOf = async (table: string, column: string, value: string): Promise<string | undefined> => {
    const { rows } = await client.query(`select id from ${table} where ${column} = $1`, [value]);
    return rows[0]?.id;
  };
  const certificate = await idOf("connection_certificates", "connection_id", connectionId);
  const owned = [organizationId, connectionId, await idOf("domains", "domain", domain), certificate];
  const ids = owned.filter((id) => id !== undefined);
  const user = (await idOf("users", "email", `person-0@${domain}`)) ?? "";
  return [
    ...ids.map((id) => ({ from: id, to: numbered(id, "n") })),
    { from: user, to: numbered(user, `n * ${PEOPLE} + p`) },
    { from: "person-0@", to: "'person-' || p || '@'" },
    { from: domain, to: "'tenant-' || n || '.example.com'" },
  ];
}

/** An id of the same kind with another number; `digits` makes the same. */
function numbered(id: string, number: string): string {
  return `'${id.slice(0, id.indexOf("_") + 1)}' || lpad((${number})::text, 18, '0')`;
}

function digits(number: number): string {
  return String(number).padStart(18, "0");
}

function providersOf(count: number, keys: KeyPair): Map<number, IdentityProvider> {
  const providers = new Map<number, IdentityProvider>();
  for (let number = 2; number < count + 2; number += 2) {
    providers.set(number, createIdentityProvider(domainOf(number), keys));
  }
  return providers;
}

async function setCertificates(client: pg.Client, providers: Map<number, IdentityProvider>): Promise<void> {
  await client.query(
    `update connection_certificates set certificate = given.pem, fingerprint = md5(given.pem)
     from unnest($1::text[], $2::text[]) given (connection, pem) where connection_id = given.connection`,
    [[...providers.keys()].map(connectionOf), [...providers.values()].map(({ certificate }) => certificate)],
  );
}
