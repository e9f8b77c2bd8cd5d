/** Ids of another kind than a field takes: a user's where an organization's belongs is a mistake, not an unknown row. */
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { FieldViolation } from "../errors.ts";
import { type IdPrefix, idPrefixes } from "../lib/ids.ts";

type Kinds = Readonly<Record<string, IdPrefix>>;

const ofOrganization: Kinds = { organization_id: "org", org_id: "org" };

/** By service, since a field of one name is not the same everywhere: an agent's `user_id` is whatever its app says. */
const kindsOf: Readonly<Record<string, Kinds>> = {
  OrganizationService: { id: "org", organization_id: "org" },
  UserService: { ...ofOrganization, id: "usr", user_id: "usr" },
  RolesService: ofOrganization,
  DomainService: { ...ofOrganization, id: "dom" },
  ConnectionService: { ...ofOrganization, id: "conn", connection_id: "conn", test_request_id: "test" },
  ClientService: { ...ofOrganization, env_id: "env", secret_id: "sks" },
  EnvironmentService: { id: "env", environment_id: "env" },
  MembersService: { id: "mem" },
  SecretService: { id: "sec" },
};

/** What the contract lets stand for the caller's own environment. */
const placeholders = ["", "-"];

/** The fields of a request that hold an id of another kind, by the message's own fields alone. */
export function wrongKinds(method: DescMethod, message: Message): FieldViolation[] {
  const kinds = kindsOf[method.parent.name] ?? {};
  return method.input.fields.flatMap((field) => {
    const prefix = kinds[field.name];
    if (prefix === undefined) return [];
    const members = message as unknown as Record<string, unknown>;
    const arm = field.oneof && (members[field.oneof.localName] as { case?: string; value?: unknown });
    const value = arm ? arm.case === field.localName && arm.value : members[field.localName];
    if (typeof value !== "string" || placeholders.includes(value) || value.startsWith(`${prefix}_`))
      return [];
    const description = `value must be the id of a ${idPrefixes[prefix]}: ${prefix}_ and digits`;
    return [{ field: field.name, constraint: "id.kind", description }];
  });
}
