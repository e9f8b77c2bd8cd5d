// Owns the proof that the generated code says what the recorded contract says: nothing missing, nothing extra, nothing
// different but the exceptions listed here.
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { compareFacts, type Difference } from "./compare-facts.ts";
import type {
  Contract,
  ContractField,
  ContractFile,
  ContractMessage,
  ContractMethod,
  Facts,
} from "./contract-facts.ts";
import { factsOfContract, readContract } from "./contract-facts.ts";
import { factsOfDescriptors } from "./descriptor-facts.ts";
import { loadGeneratedFiles } from "./generated-files.ts";

interface Exception extends Difference {
  reason: string;
}

const notCompilable = "the rule does not fit the type of its field, so no validator can compile it";
const widened = "the seed documents send more than the recorded limit allows";

const exceptions: Exception[] = [
  {
    fact: "field scalekit.v1.directories.Directory.status",
    statement: "rules",
    contract: { enum: { definedOnly: true } },
    generated: undefined,
    reason: notCompilable,
  },
  {
    fact: "field scalekit.v1.roles.GetRoleUsersCountResponse.count",
    statement: "rules",
    contract: { int32: { gt: 0 } },
    generated: undefined,
    reason: notCompilable,
  },
  {
    fact: "field scalekit.v1.roles.GetOrganizationRoleUsersCountResponse.count",
    statement: "rules",
    contract: { int32: { gt: 0 } },
    generated: undefined,
    reason: notCompilable,
  },
  {
    fact: "field scalekit.v1.directories.ListDirectoryUsersRequest.page_size",
    statement: "rules",
    contract: { uint32: { lte: 30 } },
    generated: { uint32: { lte: 100 } },
    reason: widened,
  },
  {
    fact: "field scalekit.v1.directories.ListDirectoryGroupsRequest.page_size",
    statement: "rules",
    contract: { uint32: { lte: 30 } },
    generated: { uint32: { lte: 100 } },
    reason: widened,
  },
  {
    fact: "field scalekit.v1.connections.ListConnectionsRequest.domain",
    statement: "rules",
    contract: { string: { minLen: "1", maxLen: "32" } },
    generated: { string: { minLen: "1", maxLen: "253" } },
    reason: widened,
  },
];

let generated: Facts;
beforeAll(async () => {
  generated = factsOfDescriptors(await loadGeneratedFiles());
});

function unexplained(differences: Difference[]): Difference[] {
  return differences.filter(
    (difference) => !exceptions.some(({ reason: _, ...listed }) => isDeepStrictEqual(listed, difference)),
  );
}

describe("the generated contract", () => {
  test("differs from the recorded one in the listed exceptions only", () => {
    expect(unexplained(compareFacts(factsOfContract(readContract()), generated))).toEqual([]);
  });

  test("has every listed exception", () => {
    const differences = compareFacts(factsOfContract(readContract()), generated);
    expect(differences).toHaveLength(exceptions.length);
  });

  test("has the 28 services and 320 methods", () => {
    const kinds = [...generated.keys()].map((name) => name.split(" ")[0]);
    expect(kinds.filter((kind) => kind === "service")).toHaveLength(28);
    expect(kinds.filter((kind) => kind === "method")).toHaveLength(320);
  });
});

const organizations = "scalekit/v1/organizations/organizations.proto";
const organization = "scalekit.v1.organizations.Organization";
const service = "scalekit.v1.organizations.OrganizationService";

interface Mutation {
  change: string;
  mutate: (contract: Contract) => void;
  reported: [fact: string, statement: string];
}

const mutations: Mutation[] = [
  field("field number", (found) => Object.assign(found, { no: 77 }), "no"),
  field("field type", (found) => Object.assign(found, { type: "repeated string" }), "type"),
  field("field presence", (found) => Object.assign(found, { optional: true }), "optional"),
  field("field behaviour", (found) => Object.assign(found, { behavior: ["INPUT_ONLY"] }), "behavior"),
  field("field rule", (found) => Object.assign(found, { rules: { string: { minLen: "9" } } }), "rules"),
  field("field visibility", (found) => Object.assign(found, { visibility: "PREVIEW" }), "visibility"),
  field("field deprecation", (found) => Object.assign(found, { deprecated: true }), "deprecated"),
  message(
    "oneof",
    (found) => Object.assign(found, { oneofs: [{ name: "either", fields: ["id"] }] }),
    "oneofs",
  ),
  message("message rule", (found) => Object.assign(found, { rules: { cel: [] } }), "rules"),
  method("input", (found) => Object.assign(found, { input: organization }), "input"),
  method("output", (found) => Object.assign(found, { output: organization }), "output"),
  method("kind", (found) => Object.assign(found, { kind: "server_streaming" }), "kind"),
  method("path", (found) => Object.assign(found.http, { path: "/other" }), "http"),
  method("body", (found) => Object.assign(found.http, { body: "id" }), "http"),
  method(
    "binding",
    (found) => Object.assign(found.http, { additional: [{ verb: "GET", path: "/a" }] }),
    "http",
  ),
  method("callers", (found) => Object.assign(found.auth ?? {}, { type: "NONE" }), "auth"),
  method("permissions", (found) => Object.assign(found.auth ?? {}, { permissions: ["other"] }), "auth"),
  method("missing auth", (found) => Object.assign(found, { auth: undefined }), "auth"),
  method("method visibility", (found) => Object.assign(found, { visibility: "PREVIEW" }), "visibility"),
  method("method deprecation", (found) => Object.assign(found, { deprecated: true }), "deprecated"),
  method("method name", (found) => Object.assign(found, { name: "Other" }), "existence"),
  {
    change: "enum value number",
    mutate: (contract) => Object.assign(only(file(contract).enums[1]?.values[1]), { no: 9 }),
    reported: ["value scalekit.v1.organizations.SessionPolicyType.APPLICATION", "no"],
  },
  {
    change: "missing message",
    mutate: (contract) => file(contract).messages.splice(0, 1),
    reported: ["message scalekit.v1.organizations.CreateOrganizationRequest", "existence"],
  },
  {
    change: "missing file",
    mutate: (contract) => contract.files.splice(contract.files.indexOf(file(contract)), 1),
    reported: [`file ${organizations}`, "existence"],
  },
];

describe("the comparison notices", () => {
  test.each(mutations)("another $change", ({ mutate, reported }) => {
    const contract = readContract();
    mutate(contract);
    const differences = unexplained(compareFacts(factsOfContract(contract), generated));
    expect(differences.map(({ fact, statement }) => [fact, statement])).toContainEqual(reported);
  });
});

function field(change: string, mutate: (found: ContractField) => void, statement: string): Mutation {
  const find = (contract: Contract) =>
    only(organizationMessage(contract).fields.find(({ name }) => name === "id"));
  return {
    change,
    mutate: (contract) => mutate(find(contract)),
    reported: [`field ${organization}.id`, statement],
  };
}

function message(change: string, mutate: (found: ContractMessage) => void, statement: string): Mutation {
  return {
    change,
    mutate: (contract) => mutate(organizationMessage(contract)),
    reported: [`message ${organization}`, statement],
  };
}

function method(change: string, mutate: (found: ContractMethod) => void, statement: string): Mutation {
  const find = (contract: Contract) =>
    only(file(contract).services[0]?.methods.find(({ name }) => name === "GetOrganization"));
  const reported: [string, string] = [`method ${service}/GetOrganization`, statement];
  return { change, mutate: (contract) => mutate(find(contract)), reported };
}

function organizationMessage(contract: Contract): ContractMessage {
  return only(file(contract).messages.find(({ name }) => name === organization));
}

function file(contract: Contract): ContractFile {
  return only(contract.files.find((candidate) => candidate.file === organizations));
}

function only<T>(found: T | undefined): T {
  if (found === undefined)
    throw new Error("the contract has changed: choose another example for the mutation");
  return found;
}
