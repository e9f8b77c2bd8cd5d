// Owns the list of the generated files of our own packages, found in gen/ so that a new proto file cannot be missed.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { DescFile, DescMessage } from "@bufbuild/protobuf";

const gen = join(import.meta.dirname, "..", "gen");

/** Loads the descriptor of every generated file below `gen/scalekit`. */
export async function loadGeneratedFiles(): Promise<DescFile[]> {
  const paths = readdirSync(join(gen, "scalekit"), { recursive: true, encoding: "utf8" });
  const modules = paths.filter((path) => path.endsWith("_pb.js")).map((path) => join(gen, "scalekit", path));
  return Promise.all(modules.sort().map(loadDescriptor));
}

/** Lists a file's messages, nested ones included. */
export function messagesOf(parent: DescFile | DescMessage): DescMessage[] {
  const own = parent.kind === "file" ? parent.messages : parent.nestedMessages;
  return own.flatMap((message) => [message, ...messagesOf(message)]);
}

async function loadDescriptor(path: string): Promise<DescFile> {
  const exported = (await import(path)) as Record<string, unknown>;
  const name = Object.keys(exported).find((candidate) => candidate.startsWith("file_"));
  if (name === undefined) throw new Error(`${path} exports no file descriptor`);
  return exported[name] as DescFile;
}
