/**
 * The first sync of a company: 10,000 people and 100 groups of 100, in an organization whose people become users.
 */
import { createGroup } from "../flows/scim.ts";
import type { Bench } from "../lib/bench.ts";
import { createDirectory } from "../lib/gatehouse.ts";
import { Connection } from "../lib/http-client.ts";
import { round } from "../lib/report.ts";
import { fillDirectory } from "./scim-people.ts";

const PEOPLE = 10_000;
const GROUPS = 100;
const TARGET_SECONDS = 20;

/** Runs the job and answers its line. */
export async function runScimSync(bench: Bench): Promise<object> {
  const line = { job: "scim-sync", peer: null, limit: null, target: TARGET_SECONDS, unit: "s" };
  const gatehouse = await bench.gatehouse();
  if (!gatehouse) return { ...line, ours: null, ratio: null };
  const target = await createDirectory(gatehouse, "scim-sync", "scim.example.com");
  const started = performance.now();
  const people = await fillDirectory(gatehouse.port, target, PEOPLE);
  const connection = await Connection.open(gatehouse.port);
  for (let number = 0; number < GROUPS; number++) {
    const members = people.filter((_id, index) => index % GROUPS === number);
    await createGroup(connection, target, `Group ${number}`, members);
  }
  connection.close();
  return { ...line, ours: round((performance.now() - started) / 1000, 1), ratio: null };
}
