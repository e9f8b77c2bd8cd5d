import { toJson } from "@bufbuild/protobuf";
import { WebhookService as GatehouseWebhookService } from "@gatehouse/contract/gatehouse/v1/webhooks/webhooks_pb";
import { expect, test } from "vitest";
import { type Binding, bindingsOf } from "./bindings.ts";
import { contract } from "./contract.ts";
import { compileMethods } from "./methods.ts";
import { readMessage } from "./rest-input.ts";

const bindings = bindingsOf(compileMethods([...contract, GatehouseWebhookService], []));

function bindingOf(name: string): Binding {
  const found = bindings.find(({ method }) => method.desc.name === name);
  if (found === undefined) throw new Error(`no binding of ${name}`);
  return found;
}

/** The message as JSON with proto names, of unset fields nothing. */
function read(name: string, parts: { query?: string; body?: string; variables?: string[] }): unknown {
  const binding = bindingOf(name);
  const variables = parts.variables ?? binding.variables.map(() => "x");
  const message = readMessage(binding, { query: "", body: "", ...parts, variables });
  return toJson(binding.method.desc.input, message, { useProtoFieldName: true });
}

test.each([
  [
    "a list below a message, and a time",
    "GetUserSessions",
    "filter.status=ACTIVE&filter.status=EXPIRED&filter.start_time=2026-01-02T03:04:05Z",
    { user_id: "x", filter: { status: ["ACTIVE", "EXPIRED"], start_time: "2026-01-02T03:04:05Z" } },
  ],
  [
    "a wrapped boolean and camel case",
    "ListTools",
    "filter.summary=TRUE&filter.toolName=a&pageSize=3",
    { filter: { summary: true, tool_name: ["a"] }, page_size: 3 },
  ],
  [
    "wrapped numbers and an enum by name",
    "ListDomains",
    "page_size=5&page_number=0&domain_type=ORGANIZATION_DOMAIN",
    { organization_id: "x", page_size: 5, page_number: 0, domain_type: "ORGANIZATION_DOMAIN" },
  ],
  [
    "an enum by number",
    "ListDomains",
    "domain_type=1",
    { organization_id: "x", domain_type: "ALLOWED_EMAIL_DOMAIN" },
  ],
  ["a boolean as 0 or 1", "ListClient", "include_plain_secret=1", { include_plain_secret: true }],
  [
    "names that lead nowhere",
    "ListTools",
    "filter=x&filter.=y&.filter=z&filter.summary.value=true&a.b.c.d=1&=",
    {},
  ],
])("the query fills %s", (_what, name, query, expected) => {
  expect(read(name, { query })).toEqual(expected);
});

test.each([
  ["ListDomains", "domain_type=NONSENSE", /^domain_type: value must be one of .*ALLOWED_EMAIL_DOMAIN/],
  ["ListClient", "include_plain_secret=maybe", /^include_plain_secret/],
  ["ListClient", "include_plain_secret=constructor", /^include_plain_secret/],
  ["GetUserSessions", "filter.start_time=yesterday", /^start_time: value must be a time such as 2026/],
  ["GetOrganization", "external_id=y", /identities/],
])("%s?%s is refused", (name, query, message) => {
  expect(() => read(name, { query })).toThrow(message);
});

test("the path wins over body and query, and the query over nothing that the body fills", () => {
  const body = '{"organization_id":"evil","organizationId":"evil"}';
  expect(() => read("UpdateOrganizationSessionPolicy", { body, variables: ["org_1"] })).not.toThrow();
  expect(read("UpdateOrganizationSessionPolicy", { body, variables: ["org_1"] })).toEqual({
    organization_id: "org_1",
  });
  const query = "organization_id=evil&connection.organization_id=evil&connection=1";
  expect(
    read("CreateConnection", { body: '{"provider":"OKTA"}', query, variables: ["org_1"] }),
  ).toMatchObject({
    organization_id: "org_1",
    connection: { provider: "OKTA" },
  });
});

test("a body may fill a list, and an empty one leaves it empty", () => {
  const variables = ["org_1", "usr_1"];
  const filled = read("AssignUserRoles", { body: '[{"role_name":"admin","x":1}]', variables });
  expect(filled).toMatchObject({ organization_id: "org_1", user_id: "usr_1", roles: [{}] });
  expect(read("AssignUserRoles", { body: " ", variables })).toEqual({
    organization_id: "org_1",
    user_id: "usr_1",
  });
});

test.each([
  ["ReplayWebhookDeliveries", '{"start_time":"today"}', /^start_time: value must be a time such as 2026/],
  ["ReplayWebhookDeliveries", '{"start_time":5}', /^start_time: /],
  ["ReplayWebhookDeliveries", '{"startTime":{}}', /^start_time: /],
])("a time of the wrong form is refused by its name: %s of %s", (name, body, message) => {
  expect(() => read(name, { body })).toThrow(message);
});

test("the roles of a member may be plain names", () => {
  const variables = ["org_1", "usr_1"];
  const filled = { membership: { roles: [{ name: "admin" }, { name: "member" }] } };
  const body = '{"roles":["admin",{"name":"member"}]}';
  expect(read("CreateMembership", { body, variables })).toMatchObject(filled);
  expect(read("UpdateMembership", { body, variables })).toMatchObject(filled);
  expect(() => read("CreateMembership", { body: '{"roles":[1]}', variables })).toThrow(/Role/);
  expect(() => read("CreateRole", { body: '"admin"' })).toThrow(/object/);
});

test("a query of a method whose body is the whole message counts for nothing", () => {
  expect(read("ValidateToken", { query: "token=evil", body: '{"token":"t"}' })).toEqual({ token: "t" });
});
