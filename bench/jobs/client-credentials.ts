/**
 * Access tokens for a machine: client credentials in the body, RS256, 64 keep-alive connections.
 */
import { join } from "node:path";
import { clientCredentials } from "../flows/client-credentials.ts";
import type { Bench } from "../lib/bench.ts";
import { measure, type Side } from "../lib/load.ts";
import { type PeerReady, startPeer } from "../lib/processes.ts";
import { rateLine } from "../lib/report.ts";

const peers = join(import.meta.dirname, "..", "peers");

/** Runs the job and answers its line. */
export async function runClientCredentials(bench: Bench): Promise<object> {
  const gatehouse = await bench.gatehouse();
  await using peer = await startPeer(join(peers, "oidc-provider.ts"), { DATABASE_URL: "" });
  await using bare = await startPeer(join(peers, "bare-token.ts"), {});
  const sides = [sideOf("oidc-provider", peer.ready), sideOf("node:http", bare.ready)];
  if (gatehouse)
    sides.push(side("gatehouse", gatehouse.port, "/oauth/token", gatehouse.clientId, gatehouse.clientSecret));
  const [peerRate, bareRate, ours] = await measure({ workers: 64 }, sides);
  return rateLine("client-credentials", "req/s", ours, {
    peer: peerRate && { name: "oidc-provider 9.13.3, in memory", measured: peerRate, target: 1.4 },
    limit: bareRate && { name: "bare node:http", measured: bareRate, target: 0.8 },
    p99TargetMs: 60,
  });
}

function sideOf(name: string, ready: PeerReady): Side {
  return side(name, ready.port, "/token", String(ready.clientId), String(ready.clientSecret));
}

function side(name: string, port: number, tokenPath: string, clientId: string, clientSecret: string): Side {
  return {
    name,
    port,
    once: clientCredentials({ host: `localhost:${port}`, tokenPath, clientId, clientSecret }),
  };
}
