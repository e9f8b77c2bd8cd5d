/**
 * The smallest call of the management API that asks the database: an organization by its id, 64 at once. What it
 * is held against does nothing: an empty route of Fastify, an empty method of grpc-js. What bounds it on a machine is
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

const peers = join(import.meta.dirname, "..", "peers");
const WORKERS = 64;
const GET_ORGANIZATION = "/scalekit.v1.organizations.OrganizationService/GetOrganization";

/** Over REST, 64 connections. */
export async function runOrganizationById(bench: Bench): Promise<object> {
  const organization = await readyOrganization(bench);
  const database = await bench.postgres.createDatabase("bench_fastify");
  await using fastify = await startPeer(join(peers, "fastify.ts"), { DATABASE_URL: database });
  const { port, id } = fastify.ready;
  const host = `localhost:${port}`;
  const sides: Side[] = [
    { name: "fastify, empty", port, once: getJson({ host, path: "/" }, '{"ok":true}') },
    { name: "fastify, row", port, once: getJson({ host, path: "/organization" }, String(id)) },
  ];
  if (organization) {
    const { host, port, bearer, id } = organization;
    const once = getJson({ host, path: `/api/v1/organizations/${id}`, bearer }, id);
    sides.push({ name: "gatehouse", port, once });
  }
  const measured = await measure({ workers: WORKERS }, sides);
  return line("organization-by-id", "Fastify 5.12.8", measured, 0.3);
}

/** Over gRPC, one connection as an SDK has it. */
export async function runOrganizationByIdGrpc(bench: Bench): Promise<object> {
  const organization = await readyOrganization(bench);
  const database = await bench.postgres.createDatabase("bench_grpc_js");
  await using grpcJs = await startPeer(join(peers, "grpc-js.ts"), { DATABASE_URL: database });
  const { port, id } = grpcJs.ready;
  const call = { authority: `localhost:${port}`, message: new Uint8Array() };
  const sides: Side<GrpcConnection>[] = [
    { name: "grpc-js, empty", port, once: callGrpc({ ...call, path: "/bench.Empty/Call" }, "") },
    { name: "grpc-js, row", port, once: callGrpc({ ...call, path: "/bench.Organization/Read" }, String(id)) },
  ];
  if (organization) {
    const { host, port, bearer, id } = organization;
    const message = getOrganizationMessage(id);
    const once = callGrpc({ path: GET_ORGANIZATION, authority: host, bearer, message }, id);
    sides.push({ name: "gatehouse", port, once });
  }
  const link = { open: (port: number) => GrpcConnection.open(port), share: WORKERS };
  const measured = await measureOver(link, { workers: WORKERS }, sides);
  return line("organization-by-id-grpc", "@grpc/grpc-js 1.14.7", measured, 0.4);
}

async function readyOrganization(bench: Bench) {
  const gatehouse = await bench.gatehouse();
  if (gatehouse === undefined) return undefined;
  const call = await apiOf(gatehouse);
  const fields = { display_name: "Read by its id", external_id: randomUUID(), metadata: { plan: "gold" } };
  const { organization } = await call("POST", "/organizations", fields);
  const { host, port } = gatehouse;
  return { host, port, bearer: await accessToken(gatehouse), id: organization?.id ?? "" };
}

function line(job: string, name: string, [empty, row, ours]: Measured[], target: number): object {
  return rateLine(job, "req/s", ours, {
    peer: empty && { name: `${name}, empty`, measured: empty, target },
    limit: row && { name: `${name}, the row by plain pg`, measured: row, target: 0.5 },
  });
}
