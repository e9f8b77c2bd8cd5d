import { create } from "@bufbuild/protobuf";
import { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { expect, test } from "vitest";
import { wrongKinds } from "./id-kinds.ts";

const { getOrganization } = OrganizationService.method;
const { getFeatures } = EnvironmentService.method;

test("an id of another kind is named with what belongs there", () => {
  const request = create(getOrganization.input, { identities: { case: "id", value: "usr_1" } });
  expect(wrongKinds(getOrganization, request)).toEqual([
    {
      field: "id",
      constraint: "id.kind",
      description: 'value must begin with "org_", as the id of every organization does',
    },
  ]);
});

test.each([
  ["the right kind", getOrganization, { identities: { case: "id", value: "org_1" } }],
  ["another way to name it", getOrganization, { identities: { case: "externalId", value: "usr_1" } }],
  ["none", getOrganization, {}],
  ["the caller's own environment", getFeatures, { id: "-" }],
] as const)("%s is fine", (_what, method, members) => {
  expect(wrongKinds(method, create(method.input, members as object))).toEqual([]);
});
