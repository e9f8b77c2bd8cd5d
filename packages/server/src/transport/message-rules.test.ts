import { create } from "@bufbuild/protobuf";
import {
  type CreateOrganizationRequest,
  CreateOrganizationRequestSchema,
  GetOrganizationRequestSchema,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { expect, test } from "vitest";
import { brokenRules } from "./message-rules.ts";

test("text that no row can hold is refused by the name of the field that has it", () => {
  const nested = create(CreateOrganizationRequestSchema, { organization: { displayName: "a\0b" } });
  const chosen = create(GetOrganizationRequestSchema, {
    identities: { case: "externalId", value: "\ud800" },
  });
  expect(brokenRules(CreateOrganizationRequestSchema, nested)).toMatchObject([{ field: "organization" }]);
  expect(brokenRules(GetOrganizationRequestSchema, chosen)).toMatchObject([{ field: "external_id" }]);
});

test("every broken rule of a message is told", () => {
  const request: CreateOrganizationRequest = create(CreateOrganizationRequestSchema, {
    organization: { displayName: "", metadata: { k: "v" } },
  });
  expect(brokenRules(CreateOrganizationRequestSchema, request).map(({ field }) => field)).toEqual([
    "organization.display_name",
    'organization.metadata["k"]',
  ]);
});
