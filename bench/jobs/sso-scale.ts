/**
 * What ten thousand organizations cost a single login: two servers, each with a database of its own, one with 10 and
 * one with 10,000 organizations of 10 people. Each unit picks an organization and a person at random.
 */
import { randomInt } from "node:crypto";
import { oidcLogin } from "../flows/oidc-login.ts";
import { samlLogin } from "../flows/saml-login.ts";
import type { Bench } from "../lib/bench.ts";
import { appOf, type Gatehouse, startGatehouse } from "../lib/gatehouse.ts";
import { type Connection, requestText } from "../lib/http-client.ts";
import { type IdentityProvider, newKeyPair } from "../lib/identity-provider.ts";
import { type Measured, measure, type Side } from "../lib/load.ts";
import { type OpenIdProviders, startOpenIdProviders } from "../lib/openid-provider.ts";
import { progress, round } from "../lib/report.ts";
import { connectionOf, domainOf, PEOPLE, seedTenants } from "../lib/tenants.ts";

const FEW = 10;
const MANY = 10_000;
/** At most. */
const TARGET = 1.3;
// Few at once: the latency is to be the work of a login, not its wait for the others.
const PLAN = { workers: 2, slices: 5 };

type Install = {
  count: number;
  server: Gatehouse;
  identityProviders: Map<number, IdentityProvider>;
  openIdProviders: OpenIdProviders;
};
/** Milliseconds with 10 and with 10,000 organizations. */
type Compared = { few: number; many: number; ratio: number };
type Once = (install: Install, connection: Connection) => Promise<void>;

const units: Record<string, Once> = { saml_login: samlOnce, oidc_login: oidcOnce, discovery: discoveryOnce };

/** Runs the job and answers its line; `ratio` is the largest of the three. */
export async function runSsoScale(bench: Bench): Promise<object> {
  const line = { job: "sso-scale", peer: null, limit: null, target: TARGET, unit: "ms, p50" };
  if (bench.peersOnly) return { ...line, ours: null, ratio: null };
  await using started = new AsyncDisposableStack();
  const openIdProviders = started.use(await startOpenIdProviders());
  const installs: Install[] = [];
  for (const count of [FEW, MANY]) {
    const databaseUrl = await bench.postgres.createDatabase(`bench_organizations_${count}`);
    const server = await startGatehouse(databaseUrl, openIdProviders.host);
    started.defer(server.stop);
    progress(`  filling ${count} organizations`);
    const peers = { keys: newKeyPair(), openIdProviders };
    const identityProviders = await seedTenants(server, databaseUrl, count, peers);
    installs.push({ count, server, identityProviders, openIdProviders });
  }
  const ours: Record<string, Compared> = {};
  for (const [name, once] of Object.entries(units))
    ours[name] = compared(await measure(PLAN, sides(installs, once)));
  return { ...line, ours, ratio: Math.max(...Object.values(ours).map(({ ratio }) => ratio)) };
}

function compared([few, many]: Measured[]): Compared {
  if (!few || !many) throw new Error("both installs must be measured");
  return { few: round(few.p50, 2), many: round(many.p50, 2), ratio: round(many.p50 / few.p50, 2) };
}

function sides(installs: Install[], once: Once): Side[] {
  return installs.map((install) => ({
    name: `${once.name} of ${install.count}`,
    port: install.server.port,
    once: (connection) => once(install, connection),
  }));
}

async function samlOnce(install: Install, connection: Connection): Promise<void> {
  const number = anyOf(install, 0);
  const target = { ...appOf(install.server), selector: { connection_id: connectionOf(number) } };
  const provider = install.identityProviders.get(number);
  if (!provider) throw new Error(`organization ${number} has no identity provider`);
  await samlLogin(connection, target, provider, anybodyOf(number));
}

async function oidcOnce(
  { server, openIdProviders, ...install }: Install,
  connection: Connection,
): Promise<void> {
  const number = anyOf(install, 1);
  await oidcLogin(connection, appOf(server), connectionOf(number), openIdProviders, anybodyOf(number));
}

/** What the hosted page asks when an address is typed into it. */
async function discoveryOnce(install: Install, connection: Connection): Promise<void> {
  const number = anyOf(install, randomInt(2));
  const body = JSON.stringify({ email: anybodyOf(number) });
  const head = requestText("POST", install.server.host, "/api/v1/auth:discovery").trimEnd();
  const sent = `${head}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const answer = await connection.send(sent);
  if (!answer.body.includes(connectionOf(number))) {
    throw new Error(`discovery answered ${answer.status}: ${answer.body.slice(0, 300)}`);
  }
}

/** The number of an organization whose connection is SAML (0) or OpenID Connect (1). */
function anyOf({ count }: { count: number }, kind: number): number {
  return 2 + 2 * randomInt(count / 2) + kind;
}

function anybodyOf(number: number): string {
  return `person-${randomInt(PEOPLE)}@${domainOf(number)}`;
}
