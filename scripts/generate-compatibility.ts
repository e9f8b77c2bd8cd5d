/**
 * Writes docs/compatibility.md: which methods of the contract answer, from the doors in app.ts and the descriptors, and
 * which test proves each of them.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import type { DescService } from "@bufbuild/protobuf";
import { services } from "../packages/server/src/app.ts";
import { bindingsOf } from "../packages/server/src/transport/bindings.ts";
import { contract } from "../packages/server/src/transport/contract.ts";
import { compileMethods, type Method } from "../packages/server/src/transport/methods.ts";
import { code, notice, table, writePage } from "./markdown.ts";
import { notBuilt } from "./not-built.ts";
import { readProofs } from "./proofs.ts";

/** The page, from the doors as they are now. */
export function compatibilityPage(): string {
  const methods = allMethods();
  const built = methods.filter(isBuilt);
  const reasons = reasonsOf(methods.filter((method) => !isBuilt(method)));
  const added = methods.filter(({ desc }) => ours.includes(desc.parent)).length;
  return `${notice("generate-compatibility.ts", "packages/server/src/app.ts and proto/")}

# Compatibility

The contract has ${methods.length - added} methods in ${contract.length} services, and Gatehouse adds ${added} of its own. Of these
${methods.length}, **${built.length} answer** in this version. Every other one exists on the wire, checks the caller, and then answers
\`UNIMPLEMENTED\` (gRPC 12, HTTP 501).

${table(
  ["Service", "Built", "Methods"],
  [...contract, ...ours].map((service) => countRow(service, methods)),
)}

## What answers

${table(["Method", "REST", "Proven by"], built.map(methodRow))}

A test proves a method when the method answers in it without an error and the test passes; a test file that is named here
fails when it does so no more. gRPC, gRPC-Web and Connect reach every method at \`/<service>/<method>\`.

## What does not yet

Each belongs to a part that is not there, or is left out for the reason that stands with it.

${table(["What it belongs to, or why it is left out", "Methods"], [...reasons].map(reasonRow))}
`;
}

/** The services that Gatehouse adds to the contract. */
const ours = services.map(({ service }) => service).filter((service) => !contract.includes(service));

function allMethods(): Method[] {
  return compileMethods([...contract, ...ours], services);
}

function isBuilt(method: Method): boolean {
  return method.handler !== undefined;
}

function countRow(service: DescService, methods: readonly Method[]): string[] {
  const own = methods.filter(({ desc }) => desc.parent === service);
  return [code(service.typeName), String(own.filter(isBuilt).length), String(own.length)];
}

function methodRow(method: Method): string[] {
  const rest = bindingsOf([method]).map(({ verb, template }) => code(`${verb} ${template}`));
  const name = code(`${shortName(method.desc.parent)}/${method.desc.name}`);
  return [name, rest.join("<br>") || "none", proofOf(method)];
}

function proofOf(method: Method): string {
  const file = provingFile(method);
  return file === undefined ? "no test yet" : `[${file.replace("packages/server/src/", "")}](../${file})`;
}

const proofs = readProofs();

/** The test file that proves a method; undefined when there is none, or none any more. */
function provingFile({ path }: Method): string | undefined {
  const file = proofs[path.slice(1)];
  return file !== undefined && existsSync(join(import.meta.dirname, "..", file)) ? file : undefined;
}

/** The methods that answer although no test proves it. */
export function unprovenMethods(): string[] {
  const answering = allMethods().filter(isBuilt);
  return answering.filter((method) => provingFile(method) === undefined).map(({ path }) => path.slice(1));
}

/** @throws Error for a method without a reason */
function reasonsOf(missing: readonly Method[]): Map<string, Method[]> {
  const reasons = new Map<string, Method[]>();
  for (const method of missing) {
    const service = shortName(method.desc.parent);
    const entry = [`${service}/${method.desc.name}`, service].find((name) => Object.hasOwn(notBuilt, name));
    const reason = entry === undefined ? undefined : notBuilt[entry];
    if (reason === undefined) throw new Error(`${method.path} is not built: say why in scripts/not-built.ts`);
    reasons.set(reason, [...(reasons.get(reason) ?? []), method]);
  }
  return reasons;
}

function reasonRow([reason, methods]: readonly [string, readonly Method[]]): string[] {
  const services = Map.groupBy(methods, ({ desc }) => desc.parent);
  const lines = [...services].map(
    ([service, own]) => `${code(shortName(service))}: ${own.map(({ desc }) => desc.name).join(", ")}`,
  );
  return [reason, lines.join("<br>")];
}

/** The service without the package, unless the package is not the contract's. */
function shortName(service: DescService): string {
  return service.typeName.startsWith("scalekit.v1.") ? service.name : service.typeName;
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  writePage("compatibility.md", compatibilityPage());
}
