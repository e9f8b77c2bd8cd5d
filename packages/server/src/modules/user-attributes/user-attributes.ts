/**
 * The attributes of users that an environment declares beyond the standard ones, and where they are read from unless a
 * connection says otherwise. Nothing that is not declared here reaches a user or a token.
 */
import { type Ctx, inTransaction, invalidate } from "../../context.ts";
import type { Scope } from "../../db/scope.ts";
import { userAttributeErrors as errors } from "./errors.ts";
import { userAttributeCreated, userAttributeDeleted, userAttributeUpdated } from "./events.ts";
import {
  type AttributeSource,
  type Datatype,
  isStandard,
  standardAttributes,
  type UserAttribute,
} from "./standard.ts";
import type { UserAttributeRow } from "./user-attributes.store.ts";
import * as store from "./user-attributes.store.ts";

export type { AttributeSource, Datatype, UserAttribute };

export interface AttributeInput {
  key: string;
  label: string;
  datatype: Datatype;
  enabled: boolean;
  required: boolean;
  /** Undefined leaves them as they are. */
  mappings?: { saml: string; oidc: string };
}

const topic = "user_attributes";
/** They are all read at every sign-in. */
const mostAttributes = 100;

/** @throws USER_ATTRIBUTES_CALLER, USER_ATTRIBUTE_TAKEN, USER_ATTRIBUTE_LIMIT */
export async function create(
  ctx: Ctx,
  source: AttributeSource,
  input: AttributeInput,
): Promise<UserAttribute> {
  requireWholeEnvironment(ctx);
  if (isStandard(input.key)) throw errors.USER_ATTRIBUTE_TAKEN(input.key);
  return inTransaction(ctx, async (ctx) => {
    const declared = await store.listLocked(ctx);
    if (declared.filter((row) => row.source === source).length >= mostAttributes)
      throw errors.USER_ATTRIBUTE_LIMIT(mostAttributes);
    const row = await store.insert(ctx, newRow(ctx, source, input));
    if (!row) throw errors.USER_ATTRIBUTE_TAKEN(input.key);
    await invalidate(ctx, topic, ctx.environmentId);
    await ctx.emit(userAttributeCreated, toAttribute(row));
    return toAttribute(row);
  });
}

/** Standard ones first, then those declared, oldest first. @throws USER_ATTRIBUTES_CALLER for an end user's session */
export async function list(ctx: Ctx, source: AttributeSource): Promise<UserAttribute[]> {
  if (ctx.caller.kind === "SESSION") throw errors.USER_ATTRIBUTES_CALLER();
  return merged(source, await store.list(ctx));
}

/**
 * Replaces an attribute but for its key. A standard one keeps all but its label and its mappings: sign-in needs it.
 * @throws USER_ATTRIBUTES_CALLER, USER_ATTRIBUTE_NOT_FOUND
 */
export async function update(
  ctx: Ctx,
  source: AttributeSource,
  input: AttributeInput,
): Promise<UserAttribute> {
  requireWholeEnvironment(ctx);
  return inTransaction(ctx, async (ctx) => {
    const all = merged(source, await store.listLocked(ctx));
    const before = all.find(({ key }) => key === input.key);
    if (!before) throw errors.USER_ATTRIBUTE_NOT_FOUND(input.key);
    const { enabled, required, datatype } = before.category === "STANDARD" ? before : input;
    const mappings = input.mappings ?? { saml: before.samlMapping, oidc: before.oidcMapping };
    const row = newRow(ctx, source, { ...input, enabled, required, datatype, mappings });
    const { created_at: _kept, ...change } = row;
    const changed = await store.set(ctx, source, input.key, change);
    // Only a standard one may have no row yet; another one was deleted meanwhile, and stays so.
    const after = changed ?? (before.category === "STANDARD" ? await store.insert(ctx, row) : undefined);
    if (!after) throw errors.USER_ATTRIBUTE_NOT_FOUND(input.key);
    await invalidate(ctx, topic, ctx.environmentId);
    await ctx.emit(userAttributeUpdated, toAttribute(after));
    return toAttribute(after);
  });
}

/** @throws USER_ATTRIBUTES_CALLER, USER_ATTRIBUTE_STANDARD, USER_ATTRIBUTE_NOT_FOUND */
async function remove(ctx: Ctx, source: AttributeSource, key: string): Promise<void> {
  requireWholeEnvironment(ctx);
  if (isStandard(key)) throw errors.USER_ATTRIBUTE_STANDARD(key, "it cannot be deleted");
  await inTransaction(ctx, async (ctx) => {
    const row = await store.remove(ctx, source, key);
    if (!row) throw errors.USER_ATTRIBUTE_NOT_FOUND(key);
    await invalidate(ctx, topic, ctx.environmentId);
    await ctx.emit(userAttributeDeleted, toAttribute(row));
  });
}

export { remove as delete };

/** The first of these names that no attribute in use has; undefined when all are declared. */
export async function undeclared(ctx: Ctx, names: readonly string[]): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  const declared = new Set((await remembered(ctx)).filter((each) => each.enabled).map(({ key }) => key));
  return names.find((name) => !declared.has(name));
}

/** The attributes that sign-in reads beyond what is built in: those declared and in use, and standard ones that were changed. */
export async function readAtSignIn(ctx: Ctx): Promise<readonly UserAttribute[]> {
  return (await remembered(ctx)).filter(({ source, enabled }) => source === "sso" && enabled);
}

/** The attributes that directories fill beyond what is built in: those declared and in use. */
export async function filledByDirectories(ctx: Ctx): Promise<readonly UserAttribute[]> {
  return (await remembered(ctx)).filter(
    ({ source, enabled, category }) => source === "directory" && enabled && category === "CUSTOM",
  );
}

/** What has been committed. */
function remembered(ctx: Ctx): Promise<readonly UserAttribute[]> {
  const { cache, loadDb } = ctx.app;
  const at: Scope = { db: loadDb, environmentId: ctx.environmentId };
  return cache.get(topic, ctx.environmentId, async () => (await store.list(at)).map(toAttribute));
}

/** The contract admits portals and sessions; what they may do concerns one organization, and this concerns all. */
function requireWholeEnvironment({ caller }: Ctx): void {
  if (caller.kind !== "CLIENT" && caller.kind !== "WORKSPACE") throw errors.USER_ATTRIBUTES_CALLER();
}

function merged(source: AttributeSource, rows: readonly UserAttributeRow[]): UserAttribute[] {
  const declared = rows.filter((row) => row.source === source).map(toAttribute);
  const changed = new Map(declared.map((each) => [each.key, each]));
  const standard = standardAttributes(source).map((each) => changed.get(each.key) ?? each);
  return [...standard, ...declared.filter(({ category }) => category === "CUSTOM")];
}

function newRow(ctx: Ctx, source: AttributeSource, input: AttributeInput) {
  const now = ctx.now();
  return {
    environment_id: ctx.environmentId,
    source,
    key: input.key,
    label: input.label,
    datatype: input.datatype,
    enabled: input.enabled,
    required: input.required,
    saml_mapping: input.mappings?.saml ?? "",
    oidc_mapping: input.mappings?.oidc ?? "",
    created_at: now,
    updated_at: now,
  };
}

function toAttribute(row: UserAttributeRow): UserAttribute {
  return {
    source: row.source as AttributeSource,
    key: row.key,
    label: row.label,
    datatype: row.datatype as Datatype,
    enabled: row.enabled,
    required: row.required,
    category: isStandard(row.key) ? "STANDARD" : "CUSTOM",
    samlMapping: row.saml_mapping,
    oidcMapping: row.oidc_mapping,
  };
}
