/**
 * People of a SCIM directory, 16 requests at once: creating one, and finding one of 10,000 by user name, which every
 * identity provider asks before it creates.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createPerson, findPerson, type ScimTarget } from "../flows/scim.ts";
import type { Bench } from "../lib/bench.ts";
import { createDirectory } from "../lib/gatehouse.ts";
import { Connection } from "../lib/http-client.ts";
import { measure, type Side } from "../lib/load.ts";
import { startPeer } from "../lib/processes.ts";
import { type RateLine, rateLine } from "../lib/report.ts";

const scimJackson = join(import.meta.dirname, "..", "peers", "scim-jackson.ts");
const WORKERS = 16;
const PEOPLE = 10_000;

type Unit = (connection: Connection, target: ScimTarget) => Promise<void>;

/** POST /Users. */
export function runScimCreate(bench: Bench): Promise<RateLine> {
  const once: Unit = async (connection, target) => {
    await createPerson(connection, target, `${randomUUID()}@scim.example.com`);
  };
  return run(bench, { job: "scim-create", unit: "people/s", target: 4, fill: 0, once });
}

/** GET /Users by filter. */
export function runScimFilter(bench: Bench): Promise<RateLine> {
  const once: Unit = (connection, target) =>
    findPerson(connection, target, nameOf(Math.floor(Math.random() * PEOPLE)));
  return run(bench, { job: "scim-filter", unit: "requests/s", target: 6, fill: PEOPLE, once });
}

type Job = { job: string; unit: string; target: number; fill: number; once: Unit };

async function run(bench: Bench, { job, unit, target, fill, once }: Job): Promise<RateLine> {
  const gatehouse = await bench.gatehouse();
  const database = await bench.postgres.createDatabase("bench_scim_jackson");
  await using peer = await startPeer(scimJackson, { DATABASE_URL: database });
  const { port, base, secret } = peer.ready;
  const sides = [
    side("saml-jackson", port, { host: `localhost:${port}`, base: `${base}`, secret: `${secret}` }, once),
  ];
  if (gatehouse) sides.push(side("gatehouse", gatehouse.port, await createDirectory(gatehouse, job), once));
  for (const { port, target } of sides) await fillDirectory(port, target, fill);
  const [peerRate, ours] = await measure({ workers: WORKERS }, sides);
  return rateLine(job, unit, ours, {
    peer: peerRate && { name: "@boxyhq/saml-jackson 26.2.0, PostgreSQL", measured: peerRate, target },
  });
}

function side(name: string, port: number, target: ScimTarget, once: Unit): Side & { target: ScimTarget } {
  return { name, port, target, once: (connection) => once(connection, target) };
}

/** Puts people into a directory, by as many connections as will measure it. @returns their ids, in order */
export async function fillDirectory(port: number, target: ScimTarget, count: number): Promise<string[]> {
  const ids: string[] = new Array(count);
  let next = 0;
  const work = async () => {
    const connection = await Connection.open(port);
    for (let number = next++; number < count; number = next++)
      ids[number] = await createPerson(connection, target, nameOf(number));
    connection.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return ids;
}

function nameOf(number: number): string {
  return `person-${number}@scim.example.com`;
}
