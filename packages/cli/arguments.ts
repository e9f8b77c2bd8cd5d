/** From the words of a command line to the request of a command. */
import { type Command, type Flag, findFlag, shortName } from "./commands.ts";

/** Something about the words is wrong: the message says what, and help is one flag away. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Request {
  verb: string;
  /** With its variables filled and its query. */
  path: string;
  body: Record<string, unknown> | undefined;
}

/** Flags that every command has. */
export interface Options {
  output: "json" | "table" | undefined;
  credentials: string | undefined;
  help: boolean;
}

export interface Parsed {
  words: string[];
  flags: [name: string, value: string | undefined][];
  options: Options;
}

const booleans = new Set(["help"]);

/** Splits words from flags. `--name value`, `--name=value`; `--name` alone for true and `--no-name` for false. */
export function split(argv: readonly string[], isBoolean: (name: string) => boolean): Parsed {
  const parsed: Parsed = {
    words: [],
    flags: [],
    options: { output: undefined, credentials: undefined, help: false },
  };
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "-h") parsed.options.help = true;
    else if (!word.startsWith("--") || word === "--") parsed.words.push(word);
    else {
      const [name = "", inline] = splitOnce(word.slice(2));
      const next = argv[index + 1] ?? "";
      const alone = booleans.has(name) || (isBoolean(name) && next !== "true" && next !== "false");
      const value = inline ?? (alone ? undefined : argv[++index]);
      if (value === undefined && !alone) throw new UsageError(`--${name} needs a value`);
      take(parsed, name, value);
    }
  }
  return parsed;
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function take(parsed: Parsed, name: string, value: string | undefined): void {
  if (name === "help") parsed.options.help = true;
  else if (name === "credentials") parsed.options.credentials = value;
  else if (name !== "output") parsed.flags.push([name, value]);
  else if (value === "json" || value === "table") parsed.options.output = value;
  else throw new UsageError(`--output is json or table, not ${value}`);
}

/**
 * The request of a command.
 * @param values what follows the command's name: the variables of the path, in their order
 * @throws UsageError naming what is missing, unknown or of the wrong kind
 */
export function toRequest(
  command: Command,
  values: readonly string[],
  flags: Parsed["flags"],
  readFile: (file: string) => string,
): Request {
  const path = fillPath(command, values);
  const query = new URLSearchParams();
  const whole = flags.find(([name]) => name === "json")?.[1];
  const body = whole === undefined ? {} : wholeBody(whole, readFile);
  for (const [name, text] of flags) {
    if (name === "json") continue;
    const { flag, value } = readFlag(command, name, textOf(text, readFile));
    if (flag.in === "query") query.append(flag.path[0] ?? "", String(value));
    else put(body, flag, value);
  }
  requireFlags(command, body, query, whole !== undefined);
  const search = query.size > 0 ? `?${query}` : "";
  return { verb: command.verb, path: `${path}${search}`, body: command.hasBody ? body : undefined };
}

/** `@file` stands for what is in it, as in curl; `@-` for standard input. */
function textOf(text: string | undefined, readFile: (file: string) => string): string | undefined {
  return text?.startsWith("@") ? readFile(text.slice(1)) : text;
}

function fillPath(command: Command, values: readonly string[]): string {
  const missing = command.positionals[values.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const extra = values[command.positionals.length];
  if (extra !== undefined) throw new UsageError(`Nothing takes the word "${extra}"`);
  // They would name another path.
  const misleading = values.find((value) => ["", ".", ".."].includes(value));
  if (misleading !== undefined) throw new UsageError(`"${misleading}" is no id`);
  let index = 0;
  return command.path.replace(/\{\w+\}/g, () => encodeURIComponent(values[index++] ?? ""));
}

function wholeBody(text: string, readFile: (file: string) => string): Record<string, unknown> {
  const value = parseJson("json", textOf(text, readFile) ?? "");
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UsageError("--json takes an object");
}

function readFlag(command: Command, name: string, text: string | undefined): { flag: Flag; value: unknown } {
  const flag = findFlag(command, name);
  if (flag) return { flag, value: convert(flag, name, text ?? "true") };
  const negated = name.startsWith("no-") ? findFlag(command, name.slice(3)) : undefined;
  if (negated?.kind === "boolean") return { flag: negated, value: false };
  const known = command.flags.map((each) => `--${shortName(command, each)}`).join(", ");
  throw new UsageError(`There is no --${name} here. There are: ${known || "no flags"}`);
}

function convert(flag: Flag, name: string, text: string): unknown {
  if (flag.choices.length > 0 && !flag.choices.includes(text))
    throw new UsageError(`--${name} is one of ${flag.choices.join(", ")}, not "${text}"`);
  switch (flag.kind) {
    case "boolean":
      if (text !== "true" && text !== "false") throw new UsageError(`--${name} is true or false`);
      return text === "true";
    case "number":
      if (!/^-?\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${name} is a number, not "${text}"`);
      return Number(text);
    case "map": {
      const [key = "", value] = splitOnce(text);
      if (value === undefined) throw new UsageError(`--${name} is key=value, not "${text}"`);
      return { [key]: value };
    }
    case "json":
      return parseJson(name, text);
    default:
      return text;
  }
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--${name} is not valid JSON`);
  }
}

/** Lists and maps grow with each flag; other values stand once, and the last one counts. */
function put(body: Record<string, unknown>, flag: Flag, value: unknown): void {
  let target = body;
  for (const part of flag.path.slice(0, -1)) {
    target[part] ??= {};
    target = target[part] as Record<string, unknown>;
  }
  const last = flag.path.at(-1) ?? "";
  if (flag.isList) target[last] = [...((target[last] as unknown[]) ?? []), value];
  else if (flag.kind === "map") target[last] = { ...(target[last] as object), ...(value as object) };
  else target[last] = value;
}

function requireFlags(
  command: Command,
  body: Record<string, unknown>,
  query: URLSearchParams,
  isWhole: boolean,
): void {
  const given = (flag: Flag) =>
    flag.in === "query" ? query.has(flag.path[0] ?? "") : Object.hasOwn(body, flag.path[0] ?? "");
  const missing = isWhole ? undefined : command.flags.find((flag) => flag.isRequired && !given(flag));
  if (missing) throw new UsageError(`--${shortName(command, missing)} is missing`);
}
