/** The contract's methods, compiled once: who may call, with which permission, which handler answers. */
import { type DescField, type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { AuthenticationType, auth_option } from "@gatehouse/contract/scalekit/v1/options/options_pb";
import type { AnyHandler, ServiceDoor } from "./service.ts";

export interface Method {
  desc: DescMethod;
  /** `/scalekit.v1.organizations.OrganizationService/GetOrganization` */
  path: string;
  /** Anybody may call; otherwise `callers` holds the bits of `callers.ts`, 0 = closed to all. */
  isPublic: boolean;
  callers: number;
  /** Asked of SESSION callers only. */
  permissions: readonly string[];
  /** Undefined: not built. */
  handler: AnyHandler | undefined;
  /** The organizations that a request message names; empty strings are left out. */
  organizationsOf(message: object): string[];
}

/**
 * Joins the contract with the doors that are built.
 * @throws Error when a door opens a service that is not in the contract, or a handler that no method has
 */
export function compileMethods(contract: readonly DescService[], doors: readonly ServiceDoor[]): Method[] {
  for (const door of doors) checkDoor(door, contract);
  return contract.flatMap((service) => {
    const handlers = new Map(doors.flatMap((door) => (door.service === service ? [...door.handlers] : [])));
    return service.methods.map((desc) => compileMethod(desc, handlers.get(desc.localName)));
  });
}

function checkDoor(door: ServiceDoor, contract: readonly DescService[]): void {
  if (!contract.includes(door.service)) throw new Error(`${door.service.typeName} is not in the contract`);
  const known = new Set(door.service.methods.map((method) => method.localName));
  for (const name of door.handlers.keys()) {
    if (!known.has(name)) throw new Error(`${door.service.typeName} has no method "${name}"`);
  }
}

function compileMethod(desc: DescMethod, handler: AnyHandler | undefined): Method {
  const option = hasOption(desc, auth_option) ? getOption(desc, auth_option) : undefined;
  const type = option?.authenticationType ?? AuthenticationType.BLOCKED;
  const isPublic = type === AuthenticationType.NONE;
  return {
    desc,
    path: `/${desc.parent.typeName}/${desc.name}`,
    isPublic,
    callers: isPublic ? 0 : type,
    permissions: option?.permissions ?? [],
    handler,
    organizationsOf: organizationReader(desc),
  };
}

/** Finds the fields that name an organization: `organization_id` or `org_id`, at the top or one message below. */
function organizationReader(desc: DescMethod): Method["organizationsOf"] {
  const names = new Set(["organization_id", "org_id"]);
  if (desc.parent.name === "OrganizationService") names.add("id");
  const fields = desc.input.fields.filter((field) => field.fieldKind === "scalar" && names.has(field.name));
  const nested = desc.input.fields.flatMap((field) =>
    field.fieldKind !== "message"
      ? []
      : field.message.fields
          .filter((inner) => inner.fieldKind === "scalar" && /^org(anization)?_id$/.test(inner.name))
          .map((inner) => ({ field, inner })),
  );
  return (message) => {
    const found = fields.map((field) => memberOf(message, field));
    for (const { field, inner } of nested) {
      const below = memberOf(message, field);
      if (typeof below === "object" && below !== null) found.push(memberOf(below, inner));
    }
    return found.filter((value): value is string => typeof value === "string" && value !== "");
  };
}

function memberOf(message: object, field: DescField): unknown {
  const members = message as Record<string, unknown>;
  if (field.oneof === undefined) return members[field.localName];
  const arm = members[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
  return arm?.case === field.localName ? arm.value : undefined;
}
