/**
 * Directories: what an identity provider keeps in step with an organization by SCIM. This module owns the people and
 * groups that it sends, beside the users of the environment, and makes memberships and roles follow them.
 *
 * A directory that is disabled is either being set up (DRAFT until the provider's first call, then IN_PROGRESS) and
 * takes in what it is sent without any effect, or was in use (COMPLETED) and refuses the provider.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { removeCount } from "../../db/counters.ts";
import { isMissingParent } from "../../db/scope.ts";
import { newId } from "../../lib/ids.ts";
import { organizationErrors } from "../organizations/errors.ts";
import { enabledFeatures, switchFeatures } from "../organizations/features.ts";
import * as organizations from "../organizations/organizations.ts";
import type { DirectoryRow } from "./directories.store.ts";
import * as store from "./directories.store.ts";
import { directoryErrors as errors } from "./errors.ts";
import { directoryCreated, directoryData, directoryDeleted, directoryEnabled } from "./events.ts";
import { known } from "./remembered.ts";

export type DirectoryType = "SCIM" | "LDAP" | "POLL";

export type DirectoryProvider =
  | "DIRECTORY_PROVIDER_UNSPECIFIED"
  | "OKTA"
  | "GOOGLE"
  | "MICROSOFT_AD"
  | "AUTH0"
  | "ONELOGIN"
  | "JUMPCLOUD"
  | "PING_IDENTITY";

export type DirectoryStatus = "DRAFT" | "IN_PROGRESS" | "COMPLETED";

/** Which attribute of the provider fills which declared one. */
export interface AttributeMapping {
  /** The provider's name of it, or a dotted path. */
  key: string;
  map_to: string;
  display_name?: string;
}

export interface Directory {
  id: string;
  environmentId: string;
  organizationId: string;
  name: string;
  type: DirectoryType;
  provider: DirectoryProvider;
  enabled: boolean;
  status: DirectoryStatus;
  attributeMappings: AttributeMapping[];
  lastSyncedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewDirectory {
  type: DirectoryType;
  provider: DirectoryProvider;
}

/** They are listed without pages. */
const mostDirectories = 50;

/** A provider that is not listed is called what the set-up page calls it. */
const providerNames: Readonly<Record<DirectoryProvider, string>> = {
  DIRECTORY_PROVIDER_UNSPECIFIED: "Custom Provider",
  OKTA: "Okta",
  GOOGLE: "Google Workspace",
  MICROSOFT_AD: "Azure AD",
  AUTH0: "Auth0",
  ONELOGIN: "OneLogin",
  JUMPCLOUD: "JumpCloud",
  PING_IDENTITY: "Ping Identity",
};

/**
 * Creates a directory, enabled at once. An application or a member of the workspace thereby lets the organization have
 * directories; its own people must have been allowed to before.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_FEATURE_OFF, DIRECTORY_TYPE_UNSUPPORTED, DIRECTORY_LIMIT
 */
export async function create(ctx: Ctx, organizationId: string, input: NewDirectory): Promise<Directory> {
  if (input.type !== "SCIM") throw errors.DIRECTORY_TYPE_UNSUPPORTED(input.type);
  return inTransaction(ctx, async (ctx) => {
    await requireFeature(ctx, organizationId);
    if ((await store.list(ctx, organizationId)).length >= mostDirectories)
      throw errors.DIRECTORY_LIMIT(mostDirectories);
    const now = ctx.now();
    const row = await store
      .insert(ctx, {
        id: newId("dir"),
        environment_id: ctx.environmentId,
        organization_id: organizationId,
        name: providerNames[input.provider],
        type: input.type,
        provider: input.provider,
        enabled: true,
        status: "COMPLETED",
        created_at: now,
        updated_at: now,
      })
      .catch((error: unknown) => {
        throw isMissingParent(error) ? organizationErrors.ORGANIZATION_NOT_FOUND(organizationId) : error;
      });
    await ctx.emit(directoryCreated, directoryData(row), organizationId);
    await ctx.emit(directoryEnabled, directoryData(row), organizationId);
    // Somebody may have asked for the id before, by chance or by guessing.
    await known.forget(ctx, row.id);
    return toDirectory(row);
  });
}

/** @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND */
export async function get(ctx: Ctx, organizationId: string, id: string): Promise<Directory> {
  await organizations.get(ctx, { id: organizationId });
  const row = await store.find(ctx, organizationId, id);
  if (!row) throw errors.DIRECTORY_NOT_FOUND(id);
  return toDirectory(row);
}

/**
 * The same, as nobody else changes it until the transaction ends.
 * @param strength `switch` to wait for what the provider is changing, too
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND
 */
export async function hold(
  ctx: Ctx,
  organizationId: string,
  id: string,
  strength: "change" | "switch" = "change",
): Promise<Directory> {
  await organizations.get(ctx, { id: organizationId });
  const row = await store.findHeld(ctx, organizationId, id, strength);
  if (!row) throw errors.DIRECTORY_NOT_FOUND(id);
  return toDirectory(row);
}

/** Oldest first. @throws ORGANIZATION_NOT_FOUND */
export async function list(ctx: Ctx, organizationId: string): Promise<Directory[]> {
  await organizations.get(ctx, { id: organizationId });
  return (await store.list(ctx, organizationId)).map(toDirectory);
}

/**
 * Deletes a directory with its people, groups and tokens. Memberships stay as they are.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, DIRECTORY_ENABLED
 */
async function remove(ctx: Ctx, organizationId: string, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const directory = await hold(ctx, organizationId, id, "switch");
    if (directory.enabled) throw errors.DIRECTORY_ENABLED();
    const row = await store.find(ctx, organizationId, id);
    if (row) await ctx.emit(directoryDeleted, directoryData(row), organizationId);
    await store.remove(ctx, id);
    await forget(ctx, id);
  });
}

export { remove as delete };

/** Forgets what is kept of a directory beside its rows, which go or are gone. */
export async function forget(ctx: Ctx, id: string): Promise<void> {
  for (const name of ["directory_users", "directory_groups"]) await removeCount(ctx, name, id);
  await known.forget(ctx, id);
}

/** Notes that the provider has called for the first time, unless somebody has set the directory's state meanwhile. */
export async function noteFirstCall(ctx: Ctx, directory: Directory): Promise<Directory> {
  await inTransaction(ctx, async (ctx) => {
    if (await store.setFirstCall(ctx, directory.id)) await known.forget(ctx, directory.id);
  });
  return { ...directory, status: "IN_PROGRESS" };
}

/** Whether it takes in what it is sent without any effect. */
export function isBeingSetUp({ enabled, status }: Directory): boolean {
  return !enabled && status !== "COMPLETED";
}

export function toDirectory(row: DirectoryRow): Directory {
  return {
    id: row.id,
    environmentId: row.environment_id,
    organizationId: row.organization_id,
    name: row.name,
    type: row.type as DirectoryType,
    provider: row.provider as DirectoryProvider,
    enabled: row.enabled,
    status: row.status as DirectoryStatus,
    attributeMappings: row.attribute_mappings as AttributeMapping[],
    lastSyncedAt: row.last_synced_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

async function requireFeature(ctx: Ctx, organizationId: string): Promise<void> {
  const ref = { id: organizationId };
  const isOn = enabledFeatures(await organizations.get(ctx, ref)).includes("dir_sync");
  if (isOn) return;
  if (ctx.caller.kind === "SESSION" || ctx.caller.kind === "CUSTOMER_PORTAL")
    throw errors.DIRECTORY_FEATURE_OFF();
  await switchFeatures(ctx, ref, [{ name: "dir_sync", enabled: true }]);
}
