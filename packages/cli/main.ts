/** Runs one command line: finds the command, calls the API, prints the answer. */
import { readFileSync } from "node:fs";
import { split, toRequest, UsageError } from "./arguments.ts";
import { CallError, call, findCredentials } from "./call.ts";
import { type Command, findFlag, loadCommands } from "./commands.ts";
import { complete, completionScript } from "./completion.ts";
import { commandHelp, generalHelp, groupHelp } from "./help.ts";
import { asJson, asTable, printable } from "./output.ts";

/** What a command line touches outside of itself. */
export interface World {
  env: Readonly<Record<string, string | undefined>>;
  folder: string;
  out(text: string): void;
  err(text: string): void;
  isTerminal: boolean;
  fetch: typeof globalThis.fetch;
}

/** @returns the exit code: 0, 1 when the server refused or was not reached, 2 when the words are wrong */
export async function main(argv: readonly string[], world: World): Promise<number> {
  try {
    await run(argv, world);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      world.err(`${error.message}. Try --help`);
      return 2;
    }
    if (!(error instanceof CallError)) throw error;
    world.err(printable(error.message));
    return 1;
  }
}

async function run(argv: readonly string[], world: World): Promise<void> {
  const commands = loadCommands();
  const [group, name] = argv;
  if (group === "__complete") return world.out(complete(commands, argv.slice(1)).join("\n"));
  if (group === "completion") return world.out(scriptFor(name ?? ""));
  if (group === undefined || group.startsWith("-") || group === "help")
    return world.out(generalHelp(commands));
  requireGroup(group, commands);
  if (name === undefined || name.startsWith("-")) return world.out(groupHelp(group, commands));
  const command = commandNamed(group, name, commands);
  const isBoolean = (flag: string) => findFlag(command, flag.replace(/^no-/, ""))?.kind === "boolean";
  const { words, flags, options } = split(argv.slice(2), isBoolean);
  if (options.help) return world.out(commandHelp(command));
  const request = toRequest(command, words, flags, readText);
  const credentials = findCredentials(world.env, world.folder, options.credentials);
  const answer = await call(credentials, request, world.fetch);
  const output = options.output ?? (world.isTerminal ? "table" : "json");
  world.out(output === "json" ? asJson(answer) : asTable(answer));
}

function scriptFor(shell: string): string {
  const script = completionScript(shell);
  if (script === undefined) throw new UsageError(`Completion is made for bash, zsh and fish, not "${shell}"`);
  return script;
}

function requireGroup(group: string, commands: readonly Command[]): void {
  if (commands.some((command) => command.group === group)) return;
  throw new UsageError(`There is no group "${group}"`);
}

function commandNamed(group: string, name: string, commands: readonly Command[]): Command {
  const command = commands.find((each) => each.group === group && each.name === name);
  if (command) return command;
  const names = commands.filter((each) => each.group === group).map((each) => each.name);
  throw new UsageError(`${group} has no command "${name}". It has: ${names.join(", ")}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    throw new UsageError(`The file cannot be read: ${(cause as Error).message}`);
  }
}
