/**
 * The environments of an install: making one, naming it, and the address at which it answers. They belong to the one
 * workspace of the install, so only its members see them all; an application knows of its own alone.
 */
import { type Ctx, inEnvironment, inTransaction, invalidate } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import { addressAt, addressBelow, labelOf } from "./addresses.ts";
import type { EnvironmentRow } from "./environments.store.ts";
import * as store from "./environments.store.ts";
import { type AuthenticationMode, firstId, hostsOf, payloadOf } from "./environments.ts";
import { environmentErrors as errors } from "./errors.ts";
import { environmentCreated, environmentUpdated } from "./events.ts";
import { reach } from "./reach.ts";

export type { EnvironmentRow };

export interface NewEnvironment {
  displayName: string;
  regionCode: "US" | "EU";
  type: "DEV" | "PRD";
  mode: AuthenticationMode;
}

/** All of them are read to find the one that a host means. */
const mostEnvironments = 200;
const longestName = 200;

/**
 * Makes an environment at `<name>.<host of the first one>`. What it starts with (keys, roles, an application) is made
 * by reactions, in the same transaction.
 * @throws ENVIRONMENT_CREATION_CLOSED, ENVIRONMENT_LIMIT, ENVIRONMENT_HOST_NAMELESS
 */
export async function create(ctx: Ctx, input: NewEnvironment): Promise<EnvironmentRow> {
  if (!(await mayCreate(ctx))) throw errors.ENVIRONMENT_CREATION_CLOSED();
  return inTransaction(ctx, async (ctx) => {
    const all = await store.listLocked(ctx.db);
    if (all.length >= mostEnvironments) throw errors.ENVIRONMENT_LIMIT(mostEnvironments);
    const now = ctx.now();
    const id = newId("env");
    const row = await store.insert(ctx.db, {
      id,
      name: input.displayName,
      type: input.type,
      region_code: input.regionCode,
      authentication_mode: input.mode,
      public_url: freeAddress(all, labelOf(input.displayName) || id.replace("_", "-")),
      created_at: now,
      updated_at: now,
    });
    await forgetAddresses(ctx, id);
    const made = inEnvironment(ctx, id);
    await made.emit(environmentCreated, payloadOf(row));
    return row;
  });
}

/**
 * Takes the one chance to get the first credentials of an environment that was created here. Of many at once, one wins.
 * @returns the context of that environment, in the open transaction
 * @throws ENVIRONMENT_NOT_FOUND for callers who may not create environments, ENVIRONMENT_SECRET_TAKEN
 */
export async function takeFirstSecret(ctx: Ctx, id: string): Promise<Ctx> {
  const mayKnow = (await mayCreate(ctx)) && (await store.find(ctx.db, id)) !== undefined;
  if (!mayKnow) throw errors.ENVIRONMENT_NOT_FOUND(id);
  // Those of the first one stand in credentials.env.
  const isFirst = id === (await firstId(ctx.app));
  if (isFirst || !(await store.takeFirstSecret(ctx.db, id, ctx.now())))
    throw errors.ENVIRONMENT_SECRET_TAKEN();
  return inEnvironment(ctx, id);
}

/** @throws ENVIRONMENT_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<EnvironmentRow> {
  const { db, environmentId } = await reach(ctx, id);
  const row = await store.find(db, environmentId);
  if (!row) throw errors.ENVIRONMENT_NOT_FOUND(id);
  return row;
}

/** One page, newest first, for members of the dashboard. @throws ENVIRONMENT_CALLER, PAGE_TOKEN_INVALID */
export async function list(ctx: Ctx, request: PageRequest): Promise<Page<EnvironmentRow>> {
  if (ctx.caller.kind !== "WORKSPACE") throw errors.ENVIRONMENT_CALLER();
  const page = openPage(request, "environments");
  const rows = await store.listPage(ctx.db, page.range);
  return page.close(rows, (await store.list(ctx.db)).length);
}

/** Renames an environment; its address stays. @throws ENVIRONMENT_NOT_FOUND, INVALID_ARGUMENT */
export async function rename(ctx: Ctx, id: string, displayName: string | undefined): Promise<EnvironmentRow> {
  if (displayName === undefined) return get(ctx, id);
  if ([...displayName].length > longestName) {
    const problem = `value length must be at most ${longestName} characters`;
    throw invalidArgument("environment.display_name", "string.max_len", problem);
  }
  return change(await reach(ctx, id), { name: displayName });
}

/**
 * Gives an environment another address, which is its issuer from then on unless a custom domain is; nothing answers at
 * the former one.
 * @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_DOMAIN_FIXED, ENVIRONMENT_DOMAIN_TAKEN, INVALID_ARGUMENT
 */
export async function setDomain(ctx: Ctx, id: string, domain: string | undefined): Promise<EnvironmentRow> {
  if (domain === undefined) return get(ctx, id);
  return inTransaction(await reach(ctx, id), async (ctx) => {
    const all = await store.listLocked(ctx.db);
    const row = all.find((each) => each.id === ctx.environmentId);
    if (!row) throw errors.ENVIRONMENT_NOT_FOUND(id);
    if (row.id === all[0]?.id) throw errors.ENVIRONMENT_DOMAIN_FIXED();
    const address = addressAt(all[0]?.public_url ?? row.public_url, domain);
    if (address === undefined) {
      const problem = "value must be a host name, with a port if it needs one";
      throw invalidArgument("environment.domain", "string.host", problem);
    }
    refuseTaken(all, row.id, address);
    return change(ctx, row.base_url === null ? { public_url: address } : { base_url: address });
  });
}

/**
 * Refuses an address at which another environment answers.
 * @param all of the install, read with their addresses locked
 * @throws ENVIRONMENT_DOMAIN_TAKEN
 */
export function refuseTaken(all: readonly EnvironmentRow[], id: string, address: string): void {
  const { host } = new URL(address);
  const isTaken = all.some((each) => each.id !== id && hostsOf(each).includes(host));
  if (isTaken) throw errors.ENVIRONMENT_DOMAIN_TAKEN(host);
}

/** Writes what is said of an environment and where it answers, and makes all processes read it anew. */
export async function change(ctx: Ctx, columns: store.EnvironmentChange): Promise<EnvironmentRow> {
  return inTransaction(ctx, async (ctx) => {
    const row = await store.set(ctx.db, ctx.environmentId, { ...columns, updated_at: ctx.now() });
    if (!row) throw errors.ENVIRONMENT_NOT_FOUND(ctx.environmentId);
    await forgetAddresses(ctx, row.id);
    await ctx.emit(environmentUpdated, payloadOf(row));
    return row;
  });
}

/** Which host means which environment is remembered as a whole, under "*". */
async function forgetAddresses(ctx: Ctx, id: string): Promise<void> {
  for (const key of [id, "*"]) await invalidate(ctx, "environments", key);
}

async function mayCreate({ caller, environmentId, app }: Ctx): Promise<boolean> {
  if (caller.kind === "WORKSPACE") return true;
  return caller.kind === "CLIENT" && environmentId === (await firstId(app));
}

/** The address of a new environment: below the first one's own, with a number where the name is taken. */
function freeAddress(all: readonly EnvironmentRow[], label: string): string {
  const [first] = all;
  if (!first) throw errors.ENVIRONMENT_NOT_FOUND("yet: start Gatehouse once");
  const base = first.base_url ?? first.public_url;
  const taken = new Set(all.flatMap(hostsOf));
  for (let number = 1; ; number++) {
    const address = addressBelow(base, number === 1 ? label : `${label}-${number}`);
    if (address === undefined) throw errors.ENVIRONMENT_HOST_NAMELESS(new URL(base).hostname);
    if (!taken.has(new URL(address).host)) return address;
  }
}
