/**
 * The smallest call of the management API that asks the database: an organization by its id, 64 at once, each of them
 * another one. What it is held against does nothing: an empty route of Fastify, an empty method of grpc-js. What bounds it on a machine is
 * the same query behind the same two, with nobody to authenticate.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { callGrpc, getJson, getOrganizationMessage } from "../flows/organization-by-id.ts";
import type { Bench } from "../lib/bench.ts";
import { accessToken, apiOf } from "../lib/gatehouse.ts";
import { GrpcConnection } from "../lib/grpc-client.ts";
import { type Measured, measure, measureOver, type Side } from "../lib/load.ts";
import { startPeer } from "../lib/processes.ts";
import { rateLine } from "../lib/report.ts";
import { ids } from "../peers/one-row.ts";

const peers = join(import.meta.dirname, "..", "peers");
const WORKERS = 64;
const GET_ORGANIZATION = "/scalekit.v1.organizations.OrganizationService/GetOrganization";

/** Over REST, 64 connections. */
export async function runOrganizationById(bench: Bench): Promise<object> {
  const organizations = await readyOrganizations(bench);
  const database = await bench.postgres.createDatabase("bench_fastify");
  await using fastify = await startPeer(join(peers, "fastify.ts"), { DATABASE_URL: database });
  const { port } = fastify.ready;
  const host = `localhost:${port}`;
  const get = (target: { host: string; bearer?: string }, path: string, ids: string[]) =>
    getJson(target, (worker) => ({ request: `${path}/${ids[worker]}`, part: ids[worker] ?? "" }));
  const sides: Side[] = [
    { name: "fastify, empty", port, once: getJson({ host }, () => ({ request: "/", part: '{"ok":true}' })) },
    { name: "fastify, row", port, once: get({ host }, "/organizations", ids) },
  ];
  if (organizations) {
    const { port, ids, ...target } = organizations;
    sides.push({ name: "gatehouse", port, once: get(target, "/api/v1/organizations", ids) });
  }
  const measured = await measure({ workers: WORKERS }, sides);
  return line("organization-by-id", "Fastify 5.12.8", measured, 0.3);
}

/** Over gRPC, one connection as an SDK has it. */
export async function runOrganizationByIdGrpc(bench: Bench): Promise<object> {
  const organizations = await readyOrganizations(bench);
  const database = await bench.postgres.createDatabase("bench_grpc_js");
  await using grpcJs = await startPeer(join(peers, "grpc-js.ts"), { DATABASE_URL: database });
  const { port } = grpcJs.ready;
  const authority = `localhost:${port}`;
  const empty = { request: new Uint8Array(), part: "" };
  const rowOf = (worker: number) => ({ request: Buffer.from(ids[worker] ?? ""), part: ids[worker] ?? "" });
  const sides: Side<GrpcConnection>[] = [
    { name: "grpc-js, empty", port, once: callGrpc({ authority, path: "/bench.Empty/Call" }, () => empty) },
    { name: "grpc-js, row", port, once: callGrpc({ authority, path: "/bench.Organization/Read" }, rowOf) },
  ];
  if (organizations) {
    const { host, port, bearer, ids } = organizations;
    const once = callGrpc({ path: GET_ORGANIZATION, authority: host, bearer }, (worker) => {
      const id = ids[worker] ?? "";
      return { request: getOrganizationMessage(id), part: id };
    });
    sides.push({ name: "gatehouse", port, once });
  }
  const link = { open: (port: number) => GrpcConnection.open(port), share: WORKERS };
  const measured = await measureOver(link, { workers: WORKERS }, sides);
  return line("organization-by-id-grpc", "@grpc/grpc-js 1.14.7", measured, 0.4);
}

/** One organization for each worker. */
async function readyOrganizations(bench: Bench) {
  const gatehouse = await bench.gatehouse();
  if (gatehouse === undefined) return undefined;
  const call = await apiOf(gatehouse);
  const made = Array.from({ length: WORKERS }, async () => {
    const fields = { display_name: "Read by its id", external_id: randomUUID(), metadata: { plan: "gold" } };
    const { organization } = await call("POST", "/organizations", fields);
    return organization?.id ?? "";
  });
  const { host, port } = gatehouse;
  return { host, port, bearer: await accessToken(gatehouse), ids: await Promise.all(made) };
}

function line(job: string, name: string, [empty, row, ours]: Measured[], target: number): object {
  return rateLine(job, "req/s", ours, {
    peer: empty && { name: `${name}, empty`, measured: empty, target },
    limit: row && { name: `${name}, the row by plain pg`, measured: row, target: 0.5 },
  });
}
