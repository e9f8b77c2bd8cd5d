/** From what a tool found to rows of the table: a case a check, and what we do otherwise on purpose. */
import { type Case, expectThat } from "../../lib/cases.ts";

/** What a tool says of one thing that it tried; `problem` is undefined when it is content. */
export type Finding = { name: string; problem?: string | undefined };

/** Where the server differs on purpose: what a tool's complaint holds, and why it is so. */
export type Deliberate = [complaint: string, why: string][];

/** One case for all findings of a name. */
export function casesOf(findings: Finding[], deliberate: Deliberate): Case[] {
  const names = [...new Set(findings.map(({ name }) => name))];
  return names.map((name) => {
    const own = findings.filter((finding) => finding.name === name);
    return { name, run: async () => judge(own, deliberate) };
  });
}

function judge(findings: Finding[], deliberate: Deliberate): string {
  const words: string[] = findings.length > 1 ? [`${findings.length} checks`] : [];
  const problems: string[] = [];
  for (const { name, problem } of findings) {
    if (problem === undefined) continue;
    const known = deliberate.find(([complaint]) => `${name}: ${problem}`.includes(complaint));
    if (known) words.push(`on purpose: ${known[1]}`);
    else problems.push(problem);
  }
  expectThat(problems.length === 0, problems.join("\n"));
  return [...new Set(words)].join(" · ");
}
