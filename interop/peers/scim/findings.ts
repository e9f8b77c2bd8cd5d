/** From what a tool found to rows of the table: a case for each thing that it checks. */
import { type Case, expectThat } from "../../lib/cases.ts";

/** What a tool says of one thing that it tried; `problem` is undefined when it is content. */
export type Finding = { name: string; problem?: string | undefined };

/** One case for all findings of a name. */
export function casesOf(findings: Finding[]): Case[] {
  return [...Map.groupBy(findings, ({ name }) => name)].map(([name, own]) => ({
    name,
    run: async () => {
      const problems = own.flatMap(({ problem }) => problem ?? []);
      expectThat(problems.length === 0, problems.join("\n"));
      return own.length > 1 ? `${own.length} checks` : "";
    },
  }));
}
