/** What the command line says of itself. */
import { type Command, shortName } from "./commands.ts";

const usage = `gatehouse <group> <command> [values] [--flags]

  --output json|table   table in a terminal, json elsewhere
  --credentials <file>  with SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET; by default the
                        environment, then data/credentials.env of this folder or one above
  --json '{…}'          the whole body at once; flags change it
  --<flag> @file        the value is what the file holds; @- reads standard input
  --help                of a group or a command

  gatehouse completion bash|zsh|fish   a script for your shell`;

export function generalHelp(commands: readonly Command[]): string {
  const groups = [...new Set(commands.map(({ group }) => group))].sort();
  const width = Math.max(...groups.map((group) => group.length));
  const lines = groups.map((group) => {
    const names = commands.filter((command) => command.group === group).map(({ name }) => name);
    return `  ${group.padEnd(width)}  ${names.join(", ")}`;
  });
  return `${usage}\n\nGroups:\n${lines.join("\n")}`;
}

export function groupHelp(group: string, commands: readonly Command[]): string {
  const own = commands.filter((command) => command.group === group);
  const width = Math.max(...own.map(({ name }) => name.length));
  return own.map(({ name, summary }) => `gatehouse ${group} ${name.padEnd(width)}  ${summary}`).join("\n");
}

export function commandHelp(command: Command): string {
  const values = command.positionals.map((name) => ` <${name}>`).join("");
  const flags = command.flags.map((flag) => {
    const kind =
      flag.choices.length > 0 ? flag.choices.join("|") : flag.kind === "map" ? "key=value" : flag.kind;
    const negation = flag.kind === "boolean" ? "[no-]" : "";
    const marks = [flag.isRequired && "required", flag.isList && "repeatable"].filter(Boolean).join(", ");
    return `  --${negation}${shortName(command, flag)} ${kind}${marks ? ` (${marks})` : ""}${flag.about ? `\n      ${flag.about}` : ""}`;
  });
  const head = `gatehouse ${command.group} ${command.name}${values}`;
  return [head, "", command.description, ...(flags.length > 0 ? ["", ...flags] : [])].join("\n");
}
