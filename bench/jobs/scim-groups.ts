/**
 * What a group's size costs a change of it: one member more in a group of 10, of 1,000 and of 50,000.
 */
import { addMembers, createGroup, type ScimTarget } from "../flows/scim.ts";
import type { Bench } from "../lib/bench.ts";
import { createDirectory } from "../lib/gatehouse.ts";
import { Connection } from "../lib/http-client.ts";
import { measure, type Side } from "../lib/load.ts";
import { progress, round } from "../lib/report.ts";
import { fillDirectory } from "./scim-people.ts";

const SIZES = [10, 1_000, 50_000];
/** The largest p50 over the smallest, at most. */
const TARGET = 1.3;
const TARGET_P50_MS = 4;
/** People who become members while it is measured; a side that has used them up ends the job. */
const NEWCOMERS = 8_000;
const PER_REQUEST = 1_000;
// One at a time: a provider sends the changes of one group one after the other.
const PLAN = { workers: 1, warmUpMs: 500, sliceMs: 1_000, slices: 5 };

/** Runs the job and answers its line. */
export async function runScimGroups(bench: Bench): Promise<object> {
  const line = { job: "scim-groups", peer: null, limit: null, target: TARGET, p50_target_ms: TARGET_P50_MS };
  const gatehouse = await bench.gatehouse();
  if (!gatehouse) return { ...line, ours: null, ratio: null };
  const target = await createDirectory(gatehouse, "scim-groups");
  progress("  filling a directory");
  const largest = Math.max(...SIZES);
  const people = await fillDirectory(gatehouse.port, target, largest + NEWCOMERS);
  const newcomers = people.slice(largest);
  const sides: Side[] = [];
  for (const size of SIZES) sides.push(await side(gatehouse.port, target, people.slice(0, size), newcomers));
  const measured = await measure(PLAN, sides);
  const p50 = measured.map((each) => each.p50);
  return {
    ...line,
    unit: "ms, p50",
    ours: Object.fromEntries(SIZES.map((size, index) => [size, round(p50[index] ?? Number.NaN, 2)])),
    ratio: round(Math.max(...p50) / Math.min(...p50), 2),
  };
}

async function side(
  port: number,
  target: ScimTarget,
  members: readonly string[],
  newcomers: readonly string[],
): Promise<Side> {
  const name = `a group of ${members.length}`;
  const connection = await Connection.open(port);
  const group = await createGroup(connection, target, name, []);
  for (let start = 0; start < members.length; start += PER_REQUEST)
    await addMembers(connection, target, group, members.slice(start, start + PER_REQUEST));
  connection.close();
  let next = 0;
  const once = async (connection: Connection) => {
    const newcomer = newcomers[next++];
    if (newcomer === undefined) throw new Error(`${newcomers.length} newcomers were too few`);
    await addMembers(connection, target, group, [newcomer]);
  };
  return { name, port, once };
}
