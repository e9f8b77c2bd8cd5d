/** The peers scim2-tester and scim-sanity: SCIM clients that try what RFC 7643 and 7644 ask of a server. */
import { join } from "node:path";
import type { Peer } from "../../lib/cases.ts";
import type { Gatehouse } from "../../lib/gatehouse.ts";
import { finishProgram } from "../../lib/processes.ts";
import { installPython, missingPython, type PythonEnvironment } from "../../lib/python.ts";
import { createDirectory } from "./directory.ts";
import { casesOf, type Finding } from "./findings.ts";

const WITHIN_MS = 5 * 60_000;

/** Both tools, in one environment. */
const install = () => installPython("scim", join(import.meta.dirname, "requirements.txt"));

export const scim2Tester = peer("scim2-tester", tryByTester);

export const scimSanity = peer("scim-sanity", tryBySanity);

type Tool = (python: PythonEnvironment, gatehouse: Gatehouse) => Promise<Finding[]>;

function peer(name: string, tool: Tool): Peer {
  return {
    name,
    missing: missingPython,
    start: async (gatehouse) => {
      const python = install();
      const cases = casesOf(await tool(python, gatehouse));
      return { version: python.versionOf(name), cases, stop: async () => undefined };
    },
  };
}

async function tryByTester({ python }: PythonEnvironment, gatehouse: Gatehouse): Promise<Finding[]> {
  const { url, token } = await createDirectory(gatehouse);
  const program = join(import.meta.dirname, "tester.py");
  const said = await finishProgram(python, [program, url, token], { withinMs: WITHIN_MS });
  const checks = JSON.parse(said) as { title: string; status: string; reason: string }[];
  return checks.map(({ title, status, reason }) => ({
    name: title,
    problem: status === "ERROR" || status === "CRITICAL" ? reason : undefined,
  }));
}

async function tryBySanity({ bin }: PythonEnvironment, gatehouse: Gatehouse): Promise<Finding[]> {
  const { url, token } = await createDirectory(gatehouse);
  const words = ["probe", url, "--token", token, "--json-output", "--i-accept-side-effects"];
  // Its exit code says whether it is content, which the cases judge; what it prints is on stdout in either case.
  const said = await finishProgram(join(bin, "scim-sanity"), words, {
    withinMs: WITHIN_MS,
    statuses: [0, 1],
  });
  const { results } = JSON.parse(said) as { results: { name: string; status: string; message?: string }[] };
  // It skips drafts that the server does not claim to know.
  const tried = results.filter(({ status }) => status !== "skip");
  return tried.map(({ name, status, message }) => ({
    name,
    problem: status === "pass" ? undefined : (message ?? status),
  }));
}
