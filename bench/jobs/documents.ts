/**
 * The two public documents that every client reads, discovery and keys, against `node:http` answering the same bytes.
 */
import { join } from "node:path";
import { readDocument } from "../flows/document.ts";
import type { Bench } from "../lib/bench.ts";
import { measure, type Side } from "../lib/load.ts";
import { startPeer } from "../lib/processes.ts";
import { rateLine } from "../lib/report.ts";

const bareDocument = join(import.meta.dirname, "..", "peers", "bare-document.ts");
// About the size of a discovery document, for the limit alone (without our server there is nothing to copy).
const standIn = JSON.stringify({ filler: "x".repeat(2_000) });

/** GET /.well-known/openid-configuration. */
export function runDiscovery(bench: Bench): Promise<object> {
  return runDocument(bench, "discovery", "/.well-known/openid-configuration");
}

/** GET /keys. */
export function runKeys(bench: Bench): Promise<object> {
  return runDocument(bench, "keys", "/keys");
}

async function runDocument(bench: Bench, job: string, path: string): Promise<object> {
  const gatehouse = await bench.gatehouse();
  const body = gatehouse ? await (await fetch(`http://${gatehouse.host}${path}`)).text() : standIn;
  await using bare = await startPeer(bareDocument, { DOCUMENT: body, DOCUMENT_PATH: path });
  const sides = [side("node:http", bare.ready.port, path, body)];
  if (gatehouse) sides.push(side("gatehouse", gatehouse.port, path, body));
  const [bareRate, ours] = await measure({ workers: 64 }, sides);
  return rateLine(job, "req/s", ours, {
    limit: bareRate && { name: "bare node:http, same bytes", measured: bareRate, target: 0.5 },
  });
}

function side(name: string, port: number, path: string, body: string): Side {
  return { name, port, once: readDocument(`localhost:${port}`, path, body) };
}
