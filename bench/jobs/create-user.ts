/**
 * The most frequent change of the management API: a user with a membership, its role, its event and its counters. What
 * bounds it is a transaction of two inserts into the same tables of the same database. Each worker has an organization
 * of its own.
 */
import { join } from "node:path";
import { createUser } from "../flows/create-user.ts";
import type { Bench } from "../lib/bench.ts";
import { accessToken, apiOf, startGatehouse } from "../lib/gatehouse.ts";
import { measure } from "../lib/load.ts";
import { startPeer } from "../lib/processes.ts";
import { rateLine } from "../lib/report.ts";

const WORKERS = 16;
/** Of the bound; 1,500 a second are enough where that is more. */
const TARGET = 0.6;

/** Runs the job and answers its line. */
export async function runCreateUser(bench: Bench): Promise<object> {
  if (bench.peersOnly) return rateLine("create-user", "users/s", undefined, {});
  const databaseUrl = await bench.postgres.createDatabase("bench_create_user");
  const server = await startGatehouse(databaseUrl);
  await using started = new AsyncDisposableStack();
  started.defer(server.stop);
  await using limit = await startPeer(join(import.meta.dirname, "..", "peers", "two-rows.ts"), {
    DATABASE_URL: databaseUrl,
  });
  const call = await apiOf(server);
  const made = Array.from({ length: WORKERS }, async (_, n) => {
    const { organization } = await call("POST", "/organizations", { display_name: `Customer ${n}` });
    return organization?.id ?? "";
  });
  const ids = await Promise.all(made);
  const { host, port } = server;
  const path = (worker: number) => `/organizations/${ids[worker]}/users`;
  const ourPath = (worker: number) => `/api/v1${path(worker)}?send_invitation_email=false`;
  const [bare, ours] = await measure({ workers: WORKERS }, [
    {
      name: "two rows",
      port: limit.ready.port,
      once: createUser({ host: `localhost:${limit.ready.port}` }, path),
    },
    { name: "gatehouse", port, once: createUser({ host, bearer: await accessToken(server) }, ourPath) },
  ]);
  return rateLine("create-user", "users/s", ours, {
    limit: bare && { name: "two rows by plain pg", measured: bare, target: TARGET },
  });
}
