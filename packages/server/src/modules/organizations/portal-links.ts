/**
 * Links into the admin portal, by which an IT admin of a customer gets in without an account. An application asks for
 * one each time it shows the portal: it opens once, within a minute. A member of the dashboard makes one to be sent
 * around: it opens for 7 days, until it is taken back.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { type AppError, invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import { organizationErrors as errors } from "./errors.ts";
import { portalLinkCreated } from "./events.ts";
import { enabledFeatures, type Feature } from "./features.ts";
import * as organizations from "./organizations.ts";
import type { PortalLink } from "./portal-links.store.ts";
import * as store from "./portal-links.store.ts";

export type { PortalLink };

/** The modules of the portal that an application can ask for by name. */
export type PortalFeature = Extract<Feature, "sso" | "dir_sync">;

const minute = 60_000;
const sharedLinkMs = 7 * 24 * 60 * minute;
const mostListed = 100;

/**
 * Makes a link.
 * @param features none = every module that the organization has when the link is opened
 * @returns the link with its address, which nobody can be told again
 * @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT for a feature that is off
 */
export async function generate(
  ctx: Ctx,
  organizationId: string,
  features: readonly PortalFeature[],
): Promise<{ link: PortalLink; location: string }> {
  const shared = ctx.caller.kind === "WORKSPACE";
  // In hexadecimal: what follows the secret in the address must not look like a part of it.
  const secret = Buffer.from(newSecret(), "base64url").toString("hex");
  const now = ctx.now();
  const lifetimeMs = shared ? sharedLinkMs : ctx.app.config.portalLinkMinutes * minute;
  const link = await inTransaction(ctx, async (ctx) => {
    const organization = await organizations.get(ctx, { id: organizationId });
    const on = enabledFeatures(organization);
    const off = features.find((feature) => !on.includes(feature));
    if (off !== undefined) throw featureOff(off);
    const row = {
      id: newId("lnk"),
      environment_id: ctx.environmentId,
      organization_id: organization.id,
      secret_hash: hashSecret(secret),
      features: [...new Set(features)],
      single_use: !shared,
      created_at: now,
      expires_at: new Date(now.getTime() + lifetimeMs),
    };
    const made = await store.insert(ctx, row).catch(organizations.rejectDeleted(organization.id));
    const { id, features: named, expires_at } = made;
    await ctx.emit(portalLinkCreated, { id, features: named, expires_at }, organization.id);
    return made;
  });
  return { link, location: `${await portalAddress(ctx)}${secret}${shared ? "_p" : ""}` };
}

/** The links that still open something, newest first, and where links lead; their secrets are not kept. */
export async function list(
  ctx: Ctx,
  organizationId: string,
): Promise<{ links: PortalLink[]; location: string }> {
  const { id } = await organizations.get(ctx, { id: organizationId });
  const links = await store.listOpen(ctx, id, { now: ctx.now(), limit: mostListed });
  return { links, location: await portalAddress(ctx) };
}

/** Takes back all links of an organization. @throws ORGANIZATION_NOT_FOUND */
export async function deleteAll(ctx: Ctx, organizationId: string): Promise<void> {
  const { id } = await organizations.get(ctx, { id: organizationId });
  await store.remove(ctx, id);
}

/** Takes one link back. @throws ORGANIZATION_NOT_FOUND, PORTAL_LINK_NOT_FOUND */
async function remove(ctx: Ctx, organizationId: string, linkId: string): Promise<void> {
  const { id } = await organizations.get(ctx, { id: organizationId });
  if ((await store.remove(ctx, id, linkId)) === 0) throw errors.PORTAL_LINK_NOT_FOUND(linkId);
}

export { remove as delete };

/** The link of an address, used or not, until its time is over; undefined for any other text, ids among them. */
export async function find(ctx: Ctx, token: string): Promise<PortalLink | undefined> {
  const secret = secretOf(token);
  return secret === undefined ? undefined : store.find(ctx, hashSecret(secret), ctx.now());
}

/** Follows a link, which uses it up unless it is one to be shared. @throws PORTAL_LINK_INVALID */
export async function open(ctx: Ctx, token: string): Promise<PortalLink> {
  const secret = secretOf(token);
  const link = secret === undefined ? undefined : await store.consume(ctx, hashSecret(secret), ctx.now());
  if (!link) throw errors.PORTAL_LINK_INVALID();
  return link;
}

/** The official Java SDK knows no other code than INVALID_ARGUMENT for it. */
function featureOff(name: string): AppError {
  const advice = "switch it on in its settings, then ask for the link again";
  return invalidArgument(
    "features",
    "portal_feature.enabled",
    `the organization does not have the feature ${name}: ${advice}`,
  );
}

async function portalAddress(ctx: Ctx): Promise<string> {
  return `${(await environments.current(ctx)).publicUrl}/magicLink/`;
}

/** Embedding pages know a link with `_p` or `_pc` behind it. */
function secretOf(token: string): string | undefined {
  return /^([0-9a-f]{64})(_pc?)?$/.exec(token)?.[1];
}
