/**
 * The peer schemathesis: it reads our OpenAPI document and calls every operation with what the document allows and
 * with what it does not. One run serves all cases.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Case, expectThat, type Peer } from "../../lib/cases.ts";
import { type Gatehouse, startGatehouse } from "../../lib/gatehouse.ts";
import { finishProgram } from "../../lib/processes.ts";
import { installPython, missingPython, type PythonEnvironment } from "../../lib/python.ts";
import { makeWorld } from "./world.ts";

const NAME = "schemathesis";
const CACHE = join(import.meta.dirname, "..", "..", ".cache");
const REPORT = join(CACHE, "logs", `${NAME}.json`);
const LOG = join(CACHE, "logs", `${NAME}.log`);
// Two minutes on a machine with nothing else to do.
const WITHIN_MS = 30 * 60_000;

/** What a run has found, as far as we read it. */
type Report = {
  operations: { total: number; tested: number };
  test_cases: { generated: number };
  failures: { type: string; title: string; operations: string[] }[];
  errors: { title: string }[];
  /** By operation and phase, how its calls were answered. */
  valid_rates: Record<string, Record<string, { accepted: number }>>;
};

export const schemathesis: Peer = {
  name: NAME,
  missing: missingPython,
  start: async () => {
    const python = installPython(NAME, join(import.meta.dirname, "requirements.txt"));
    const gatehouse = await startGatehouse({ name: `gatehouse-${NAME}` });
    return { version: python.versionOf(NAME), cases: casesOf(gatehouse, python), stop: gatehouse.stop };
  },
};

function casesOf(gatehouse: Gatehouse, python: PythonEnvironment): Case[] {
  let running: Promise<Report> | undefined;
  const report = () => {
    running ??= tryAll(gatehouse, python);
    return running;
  };
  const none = (name: string, ...types: string[]): Case => ({
    name,
    run: async () => expectNone(await report(), (type) => types.includes(type)),
  });
  const named = ["ServerError", "UndefinedStatusCode", "UndefinedContentType", "MissingContentType"];
  return [
    { name: "every operation is tried", run: async () => totalsOf(await report()) },
    none("no 5xx", "ServerError"),
    none("no undocumented status", "UndefinedStatusCode"),
    none("no undocumented content type", "UndefinedContentType", "MissingContentType"),
    {
      name: "answers are as their schemas say, and nothing else is found",
      run: async () => expectNone(await report(), (type) => !named.includes(type)),
    },
  ];
}

async function tryAll(gatehouse: Gatehouse, { bin }: PythonEnvironment): Promise<Report> {
  const world = await makeWorld(gatehouse);
  const token = await gatehouse.token();
  const args = [
    ...["run", `${gatehouse.url}/api/v1/openapi.json`],
    ...["--header", `Authorization: Bearer ${token}`],
    ...["--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "1", "--no-shrink"],
    "--continue-on-failure",
    "--checks",
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    // Its own doubt about rules that few random values keep, such as those of metadata; it tries them all the same.
    ...["--suppress-health-check", "filter_too_much,too_slow"],
    ...["--generation-database", "none", "--no-color", "--report-json-path", REPORT],
  ];
  rmSync(REPORT, { force: true });
  const env = {
    SCHEMATHESIS_HOOKS: "hooks",
    PYTHONPATH: import.meta.dirname,
    PYTHONDONTWRITEBYTECODE: "1",
    INTEROP_CLIENT: gatehouse.clientId,
    INTEROP_WORLD: JSON.stringify(world),
  };
  // Its exit code says whether it has found anything, which is the cases' matter.
  const limits = { withinMs: WITHIN_MS, statuses: [0, 1] };
  await finishProgram(join(bin, NAME), args, { ...limits, logFile: LOG, env, cwd: CACHE });
  // It must not have locked itself out on the way, and tried nothing but the 401 from there on.
  await gatehouse.api("GET", "/organizations");
  return JSON.parse(readFileSync(REPORT, "utf8")) as Report;
}

function totalsOf({ operations, test_cases, errors, valid_rates }: Report): string {
  const { total, tested } = operations;
  const phases = Object.values(valid_rates).map((each) => Object.values(each));
  const accepted = phases.filter((each) => each.some((phase) => phase.accepted > 0));
  expectThat(tested === total && total > 0, `${tested} of ${total} operations were tried`);
  expectThat(errors.length === 0, errors.map(({ title }) => title).join());
  return `${total} operations (${accepted.length} with success), ${test_cases.generated} requests`;
}

function expectNone({ failures }: Report, wanted: (type: string) => boolean): undefined {
  const found = failures.filter(({ type }) => wanted(type));
  const lines = found.map(({ title, operations }) => `${title}: ${operations.join(", ")}`);
  expectThat(found.length === 0, [...lines, `The requests are in ${LOG}`].join("\n"));
}
