/** Ids of another kind than a field takes: a user's where an organization's belongs is a mistake, not an unknown row. */
import type { DescField, DescMethod, Message } from "@bufbuild/protobuf";
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
  DirectoryService: { ...ofOrganization, id: "dir", directory_id: "dir", secret_id: "sec" },
  ClientService: { ...ofOrganization, env_id: "env", secret_id: "sks" },
  EnvironmentService: { id: "env", environment_id: "env" },
  MembersService: { id: "mem" },
  SecretService: { id: "sec" },
};

/** What the contract lets stand for the caller's own environment. */
const placeholders = ["", "-"];

/** The fields of a request that hold an id of another kind; only the message's own fields are looked at. */
export function wrongKinds(method: DescMethod, message: Message): FieldViolation[] {
  return idFieldsOf(method).flatMap(({ field, prefix }) => {
    const value = memberIn(message as unknown as Record<string, unknown>, field);
    if (typeof value !== "string" || placeholders.includes(value) || value.startsWith(`${prefix}_`))
      return [];
    const description = `value must begin with "${prefix}_", as the id of every ${idPrefixes[prefix]} does`;
    return [{ field: field.name, constraint: "id.kind", description }];
  });
}

interface IdField {
  field: DescField;
  prefix: IdPrefix;
}

const known = new WeakMap<DescMethod, readonly IdField[]>();

function idFieldsOf(method: DescMethod): readonly IdField[] {
  const kinds = kindsOf[method.parent.name] ?? {};
  const fields =
    known.get(method) ??
    method.input.fields.flatMap((field) => {
      const prefix = kinds[field.name];
      return prefix === undefined ? [] : [{ field, prefix }];
    });
  known.set(method, fields);
  return fields;
}

function memberIn(members: Record<string, unknown>, field: DescField): unknown {
  if (field.oneof === undefined) return members[field.localName];
  const arm = members[field.oneof.localName] as { case?: string; value?: unknown };
  return arm.case === field.localName ? arm.value : undefined;
}
