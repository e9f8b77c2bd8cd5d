// Owns the reading of contract.json: it turns the recorded contract into facts that can be compared with the facts of
// the generated descriptors.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };

/** One named thing of the contract and what is stated about it; an absent statement is `undefined`. */
export type Fact = Record<string, Json | undefined>;

/** All facts by kind and full name, such as `field scalekit.v1.users.User.id`. */
export type Facts = Map<string, Fact>;

export interface HttpBinding {
  verb: string;
  path: string;
  body?: string;
  additional?: HttpBinding[];
}

export interface ContractMethod {
  name: string;
  input: string;
  output: string;
  kind: string;
  http: HttpBinding;
  auth?: { type: string; permissions: string[]; policy: string };
  visibility?: string;
  deprecated?: boolean;
}

export interface ContractField {
  no: number;
  name: string;
  type: string;
  optional?: boolean;
  behavior?: string[];
  rules?: { [rule: string]: Json };
  visibility?: string;
  deprecated?: boolean;
}

export interface ContractMessage {
  name: string;
  oneofs: { name: string; fields: string[] }[];
  fields: ContractField[];
  rules?: { [rule: string]: Json };
}

export interface ContractFile {
  package: string;
  file: string;
  services: { name: string; methods: ContractMethod[] }[];
  messages: ContractMessage[];
  enums: { name: string; values: { name: string; no: number }[] }[];
}

export interface Contract {
  files: ContractFile[];
}

/** Reads the recorded contract. */
export function readContract(): Contract {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "contract.json"), "utf8")) as Contract;
}

/** States every fact of a contract. */
export function factsOfContract(contract: Contract): Facts {
  return new Map(contract.files.flatMap(factsOfFile));
}

function factsOfFile(file: ContractFile): [string, Fact][] {
  return [
    [`file ${file.file}`, { package: file.package }],
    ...file.services.flatMap((service) => factsOfService(file, service)),
    ...file.messages.flatMap((message) => factsOfMessage(file, message)),
    ...file.enums.flatMap((declared) => factsOfEnum(file, declared)),
  ];
}

function factsOfService(file: ContractFile, service: ContractFile["services"][number]): [string, Fact][] {
  const name = `${file.package}.${service.name}`;
  const methods = service.methods.map(({ name: method, http, auth, ...rest }): [string, Fact] => [
    `method ${name}/${method}`,
    { ...rest, http: http as unknown as Json, auth },
  ]);
  return [[`service ${name}`, { file: file.file }], ...methods];
}

function factsOfMessage(file: ContractFile, message: ContractMessage): [string, Fact][] {
  const fields = message.fields.map(({ name, rules, ...rest }): [string, Fact] => {
    const oneof = message.oneofs.find((candidate) => candidate.fields.includes(name))?.name;
    return [`field ${message.name}.${name}`, { ...rest, oneof, rules: isEmpty(rules) ? undefined : rules }];
  });
  const oneofs = message.oneofs.map((oneof) => oneof.name);
  return [[`message ${message.name}`, { file: file.file, oneofs, rules: message.rules }], ...fields];
}

function factsOfEnum(file: ContractFile, declared: ContractFile["enums"][number]): [string, Fact][] {
  const values = declared.values.map(({ name, no }): [string, Fact] => [
    `value ${declared.name}.${name}`,
    { no },
  ]);
  return [[`enum ${declared.name}`, { file: file.file }], ...values];
}

// Two fields of the TOTP messages are recorded with an empty set of rules, which states nothing.
function isEmpty(rules: object | undefined): boolean {
  return rules !== undefined && Object.keys(rules).length === 0;
}
