import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { SessionService } from "@gatehouse/contract/scalekit/v1/sessions/sessions_pb";
import { expect, test } from "vitest";
import { contract } from "./contract.ts";
import { compileMethods } from "./methods.ts";

const methods = compileMethods(contract, []);

function named(name: string) {
  const found = methods.find(({ desc }) => desc.name === name);
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}

test("callers are the bits of the contract; absent and BLOCKED admit nobody, NONE everybody", () => {
  expect(named("CreateOrganization")).toMatchObject({ isPublic: false, callers: 4 + 64 });
  expect(named("GetOrganization")).toMatchObject({
    callers: 4 + 16 + 32 + 64,
    permissions: ["organizations_read"],
  });
  expect(named("ListAuthMethods")).toMatchObject({ isPublic: true, callers: 0 });
  for (const closed of ["FetchToken", "SendWebhookEvent", "DeleteEnvironment"]) {
    expect(named(closed)).toMatchObject({ isPublic: false, callers: 0 });
  }
});

test("organizations are found where a message names one", () => {
  expect(named("GetOrganization").organizationsOf({ identities: { case: "id", value: "org_1" } })).toEqual([
    "org_1",
  ]);
  expect(
    named("GetOrganization").organizationsOf({ identities: { case: "externalId", value: "x" } }),
  ).toEqual([]);
  expect(named("ListOrganizationRoles").organizationsOf({ orgId: "org_1" })).toEqual(["org_1"]);
  expect(named("ListEvents").organizationsOf({ filter: { organizationId: "org_1" } })).toEqual(["org_1"]);
  expect(named("GetConnection").organizationsOf({ organizationId: "", id: "conn_1" })).toEqual([]);
});

test("a door that does not fit the contract stops the start", () => {
  const misspelt = {
    service: OrganizationService,
    handlers: new Map([["getOrganisation", async () => ({})]]),
  };
  expect(() => compileMethods(contract, [misspelt])).toThrow('no method "getOrganisation"');
  const foreign = { service: SessionService, handlers: new Map() };
  expect(() => compileMethods([OrganizationService], [foreign])).toThrow("not in the contract");
});
