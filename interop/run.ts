/**
 * `npm run interop [-- <peer> …] [--case=<part of a name>]`: starts our server and each peer in turn, lets the two
 * work with each other, and prints a table, a row a case. Exit code 1 when a case failed. Progress goes to stderr.
 */
import { type Peer, type Result, runPeer } from "./lib/cases.ts";
import { startGatehouse } from "./lib/gatehouse.ts";
import { trustLocalAuthority } from "./lib/local-tls.ts";
import { progress } from "./lib/progress.ts";
import { failuresOf, summaryOf, tableOf } from "./lib/table.ts";
import { peers } from "./peers/list.ts";

trustLocalAuthority();
const words = process.argv.slice(2);
const part = words.find((word) => word.startsWith("--case="))?.slice("--case=".length) ?? "";

const names = words.filter((word) => !word.startsWith("--"));
const unknown = names.find((name) => !peers.some((peer) => peer.name === name));
if (unknown !== undefined) {
  progress(`there is no peer "${unknown}"; the peers are ${peers.map((peer) => peer.name).join(", ")}`);
  process.exit(1);
}
const results = await runAll(peers.filter(({ name }) => names.length === 0 || names.includes(name)));
process.stdout.write(`${tableOf(results)}\n${failuresOf(results)}\n${summaryOf(results)}\n`);
process.exitCode = results.some(({ result }) => result === "failed") ? 1 : 0;

/** One peer at a time: each takes its share of memory. */
async function runAll(chosen: Peer[]): Promise<Result[]> {
  progress("gatehouse: starting …");
  const gatehouse = await startGatehouse();
  try {
    const rows: Result[] = [];
    for (const peer of chosen) {
      rows.push(...(await runPeer(peer, gatehouse, (name) => name.includes(part))));
    }
    return rows;
  } finally {
    await gatehouse.stop();
  }
}
