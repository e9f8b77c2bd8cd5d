/**
 * What a million organizations cost a page of ten: two servers, each with a database of its own, one with 1,000 and one
 * with 1,000,000 organizations. Each unit reads a page, `total_size` included.
 */
import type { Bench } from "../lib/bench.ts";
import { accessToken, type Gatehouse, startGatehouse } from "../lib/gatehouse.ts";
import { type Connection, requestText } from "../lib/http-client.ts";
import { type Measured, measure } from "../lib/load.ts";
import { COMMON_TEXT, RARE_TEXT, seedOrganizations } from "../lib/organizations.ts";
import { progress, round } from "../lib/report.ts";

const FEW = 1_000;
const MANY = 1_000_000;
/** At most. */
const TARGET = 1.5;
// Few at once: the latency is to be the work of a page, not its wait for the others.
const PLAN = { workers: 2, warmUpMs: 1_000, sliceMs: 1_000, slices: 5 };
const LATER = 20;

type Install = { count: number; server: Gatehouse; bearer: string };
/** Milliseconds with 1,000 and with 1,000,000 organizations. */
type Compared = { few: number; many: number; ratio: number };
type Page = { organizations: { id: string }[]; total_size: number; next_page_token: string };

/** Each page by its path; `total` is what it must say of an install's size. */
const units: Record<
  string,
  { path: (install: Install) => Promise<string>; total: (count: number) => number }
> = {
  first_page: { path: async () => "/organizations?page_size=10", total: (count) => count },
  later_page: { path: laterPage, total: (count) => count },
  search_rare: { path: async () => `/organizations:search?query=${RARE_TEXT}`, total: () => 10 },
  // A search counts exactly to 1,000 and then answers 1,000.
  search_common: {
    path: async () => `/organizations:search?query=${COMMON_TEXT}`,
    total: (count) => Math.min(count - 10, 1_000),
  },
};

/** Runs the job and answers its line; `ratio` is the largest. */
export async function runLists(bench: Bench): Promise<object> {
  const line = { job: "lists", peer: null, limit: null, target: TARGET, unit: "ms, p50" };
  if (bench.peersOnly) return { ...line, ours: null, ratio: null };
  await using started = new AsyncDisposableStack();
  const installs: Install[] = [];
  for (const count of [FEW, MANY]) {
    const databaseUrl = await bench.postgres.createDatabase(`bench_lists_${count}`);
    const server = await startGatehouse(databaseUrl);
    started.defer(server.stop);
    progress(`  filling ${count} organizations`);
    await seedOrganizations(databaseUrl, count);
    installs.push({ count, server, bearer: await accessToken(server) });
  }
  const ours: Record<string, Compared> = {};
  for (const name of Object.keys(units))
    ours[name] = compared(await measure(PLAN, await sides(installs, name)));
  return { ...line, ours, ratio: Math.max(...Object.values(ours).map(({ ratio }) => ratio)) };
}

function compared([few, many]: Measured[]): Compared {
  if (!few || !many) throw new Error("both installs must be measured");
  return { few: round(few.p50, 2), many: round(many.p50, 2), ratio: round(many.p50 / few.p50, 2) };
}

function sides(installs: Install[], name: string) {
  return Promise.all(
    installs.map(async (install) => ({
      name: `${name} of ${install.count}`,
      port: install.server.port,
      once: await readPage(install, name),
    })),
  );
}

/** Prepares the request once; each call of the result sends it and expects ten organizations, or all that match. */
async function readPage(install: Install, name: string): Promise<(connection: Connection) => Promise<void>> {
  const unit = units[name];
  if (unit === undefined) throw new Error(`there is no page ${name}`);
  const path = await unit.path(install);
  const request = requestText("GET", install.server.host, `/api/v1${path}`, { bearer: install.bearer });
  // One more was there before: the environment's own test organization.
  const least = unit.total(install.count);
  return async (connection) => {
    const answer = await connection.send(request);
    const page = answer.status === 200 ? (JSON.parse(answer.body) as Page) : undefined;
    const right = page?.organizations.length === 10 && [least, least + 1].includes(page.total_size);
    if (!right) throw new Error(`${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
  };
}

/** The path of the twentieth page. */
async function laterPage({ server, bearer }: Install): Promise<string> {
  let path = "/organizations?page_size=10";
  for (let page = 1; page < LATER; page++) {
    const answer = await fetch(`http://${server.host}/api/v1${path}`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    const { next_page_token } = (await answer.json()) as Page;
    path = `/organizations?page_size=10&page_token=${next_page_token}`;
  }
  return path;
}
