/** Requests that hold in one field what nobody should send there: read from the descriptors of the contract. */
import {
  type DescField,
  type DescMethod,
  hasOption,
  type JsonObject,
  type JsonValue,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { field as rules } from "@gatehouse/contract/buf/validate/validate_pb";
import { bindingsOf } from "../transport/bindings.ts";
import type { Method } from "../transport/methods.ts";
import { readMessage } from "../transport/rest-input.ts";
import type { TestApp } from "./app.ts";
import { attempts } from "./attempts.ts";
import type { SamlTenant } from "./sign-in.ts";

export interface OddRequest {
  method: DescMethod;
  /** The field, and what is odd about it. */
  what: string;
  request: JsonObject;
}

/** Requests that do not come with ids, so that `attempts` has none of them. */
const withoutIds: Readonly<Record<string, JsonObject>> = {
  CreateClient: { client: { name: "Odd", client_type: "WEB_APP" } },
  CreateEnvironment: { environment: { display_name: "odd" } },
  CreateEnvironmentConnection: { connection: { provider: "GITHUB", type: "OAUTH" } },
  CreateMember: { member: { email: "odd@acme.com" } },
  CreateOrganization: { organization: { display_name: "Odd" } },
  CreatePermission: { permission: { name: "odd:permission" } },
  CreateRole: { role: { name: "odd", display_name: "Odd" } },
  CreateSecret: { secret: { secret_type: "INTERCEPTOR_HMAC", tenant_type: "INTERCEPTOR" } },
  SearchOrganization: { query: "odd" },
  SearchUsers: { query: "odd" },
  UpdateCurrentMember: { member: { first_name: "Odd" } },
  UpdateDefaultRoles: { default_creator_role: "admin" },
};

/** A request of the method that is in order, as far as the ids in `places` are. */
export function baseOf(desc: DescMethod, places: Readonly<Record<string, string>>): JsonObject {
  const prefix = desc.parent.typeName.startsWith("gatehouse.") ? "gatehouse." : "";
  const attempt = attempts[`${prefix}${desc.parent.name}/${desc.name}`];
  if (attempt === undefined) return withoutIds[desc.name] ?? {};
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole);
  const [verb = "", address = ""] = fill(attempt.request).split(" ");
  const [path = "", query = ""] = `/api/v1${address}`.split("?");
  const binding = bindingsOf([{ desc } as Method]).find(
    (each) => each.verb === verb && patternOf(each.template).test(path),
  );
  if (binding === undefined) throw new Error(`${desc.name} has no binding for ${attempt.request}`);
  const variables = patternOf(binding.template).exec(path)?.slice(1).map(decodeURIComponent) ?? [];
  const body = attempt.body === undefined ? "" : fill(JSON.stringify(attempt.body));
  const message = readMessage(binding, { variables, query, body });
  return toJson(desc.input, message, { useProtoFieldName: true }) as JsonObject;
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{[^}]+\}/g, "([^/]+?)")}$`);
}

/** The request, with one odd value at a time in each field of it and of the messages in it. */
export function oddRequests(method: DescMethod, base: JsonObject): OddRequest[] {
  return odd(method.input.fields, base, "", (request) => request).map((each) => ({ method, ...each }));
}

function odd(
  fields: readonly DescField[],
  base: JsonObject,
  path: string,
  around: (part: JsonObject) => JsonObject,
): Omit<OddRequest, "method">[] {
  return fields.flatMap((field) => {
    const place = `${path}${field.name}`;
    const present = base[field.name];
    const own = oddValues(field).map((value) => ({
      what: `${place} = ${JSON.stringify(value).slice(0, 40)}`,
      request: around({ ...base, [field.name]: value }),
    }));
    const isMessage = field.fieldKind === "message" && !field.message.typeName.startsWith("google.protobuf.");
    if (!isMessage || path.split(".").length > 3) return own;
    const inner = typeof present === "object" && present !== null ? (present as JsonObject) : {};
    const below = odd(field.message.fields, inner, `${place}.`, (part) =>
      around({ ...base, [field.name]: part }),
    );
    return [...own, ...below];
  });
}

/** More than any field keeps, and short enough for a sweep of hundreds; a body past the limit never gets this far. */
const long = "x".repeat(120_000);

function oddValues(field: DescField): JsonValue[] {
  if (field.fieldKind === "list") return [Array.from({ length: 5_000 }, () => "x")];
  if (field.fieldKind === "map") return [{ "": "\u0001" }, { constructor: long }];
  if (field.fieldKind === "enum") return [field.number % 2 === 0 ? 99 : "NOT_THERE"];
  if (field.fieldKind === "message") return [oddMessage(field)];
  if (field.scalar === ScalarType.STRING) return oddTexts(field);
  if (field.scalar === ScalarType.BOOL || field.scalar === ScalarType.BYTES) return ["maybe"];
  return [field.number % 2 === 0 ? -1 : "9223372036854775807", 1e30];
}

/** Wrappers take what they wrap. */
function oddMessage(field: DescField): JsonValue {
  const { typeName = "" } = field.message ?? {};
  if (typeName.endsWith("Int32Value")) return -2_147_483_648;
  return typeName.endsWith("Timestamp") ? "9999-12-31T23:59:59Z" : "no message";
}

function oddTexts(field: DescField): JsonValue[] {
  // One in each field, so that the sweep stays short: what cannot be stored, or what can and is no text to read.
  const odd = ["a\u0000b", "\u0001\u001b[31m\u202e", "\ud800"][field.name.length % 3] ?? "";
  return [odd, ...(hasOption(field, rules) ? [] : [long])];
}

/** Ids of what the first environment holds, by the names that `attempts` has for them. */
export async function placesOf(app: TestApp, tenant: SamlTenant): Promise<Record<string, string>> {
  const { organizationId: org, connectionId: connection } = tenant;
  const made = async (path: string, body?: object, method = "POST") =>
    (await app.api(path, { method, ...(body && { body }) })).body;
  const { domains } = (await app.api(`/organizations/${org}/domains`)).body;
  const { user } = await made(`/organizations/${org}/users?send_invitation_email=false`, {
    email: "odd@odd.com",
  });
  const robot = (await made(`/organizations/${org}/clients`, { name: "Odd" })).client;
  return {
    org,
    connection,
    domain: domains[0].id,
    user: user.id,
    person: user.id,
    role: "member",
    client: app.clientId,
    env: app.environmentId,
    social: (await made("/connections", { provider: "GITHUB", type: "OAUTH" })).connection.id,
    member: (await made("/members", { email: "odd.member@acme.com" })).member.id,
    link: (await made(`/organizations/${org}/portal_links`, undefined, "PUT")).link.id,
    robot: robot.client_id,
    secret: robot.secrets[0].id,
    token: (await made("/tokens", { organization_id: org })).token_id,
    sealed: (await made("/secrets", { secret_type: "INTERCEPTOR_HMAC", tenant_type: "INTERCEPTOR" })).secret
      .id,
    directory: (await made(`/organizations/${org}/directories`, { directory_type: "SCIM" })).directory.id,
    test: "test_100000000000000001",
    trace: "trc_100000000000000001",
    session: "ses_100000000000000001",
  };
}
