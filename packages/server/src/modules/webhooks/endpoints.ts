/**
 * Webhook endpoints: where an environment's events are sent, which of them, and whether. What was sent and what became
 * of it is in `deliveries.ts`.
 */
import { isIP } from "node:net";
import { type Ctx, inTransaction } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { targetOf } from "../../lib/outbound-connector.ts";
import { addressRefused, schemeRefused } from "../../lib/outbound-error.ts";
import { createOutboundPolicy } from "../../lib/outbound-policy.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import { reachable } from "../../reachable.ts";
import * as organizations from "../organizations/organizations.ts";
import type { EndpointRow } from "./endpoints.store.ts";
import * as store from "./endpoints.store.ts";
import { webhookErrors as errors } from "./errors.ts";
import { checkPatterns } from "./event-types.ts";
import {
  type EndpointPayload,
  endpointCreated,
  endpointDeleted,
  endpointDisabled,
  endpointUpdated,
  signingSecretRotated,
} from "./events.ts";
import * as signingSecrets from "./signing-secrets.ts";
import { forget } from "./subscriptions.ts";
import { wake } from "./wake.ts";

export type Endpoint = EndpointRow & { secrets: signingSecrets.SecretRow[] };

export interface NewEndpoint {
  url: string;
  description: string;
  eventTypes: string[];
  organizationId: string | undefined;
  enabled: boolean;
}

export type EndpointPatch = Partial<Omit<NewEndpoint, "organizationId">>;

/** Each event is matched against all of them. */
const mostEndpoints = 50;

/**
 * @returns the endpoint with its signing secret, which is shown this once
 * @throws WEBHOOK_ENDPOINT_LIMIT, WEBHOOK_URL_REFUSED, WEBHOOK_EVENT_TYPE_UNKNOWN, ORGANIZATION_NOT_FOUND
 */
export async function create(ctx: Ctx, input: NewEndpoint): Promise<{ endpoint: Endpoint; secret: string }> {
  checkPatterns(input.eventTypes);
  const url = judged(ctx, input.url);
  return inTransaction(ctx, async (ctx) => {
    if (input.organizationId !== undefined) await organizations.get(ctx, { id: input.organizationId });
    if ((await store.countLocked(ctx)) >= mostEndpoints) throw errors.WEBHOOK_ENDPOINT_LIMIT(mostEndpoints);
    const now = ctx.now();
    const row = await store.insert(ctx, {
      id: newId("whep"),
      environment_id: ctx.environmentId,
      organization_id: input.organizationId ?? null,
      url,
      description: input.description,
      event_types: input.eventTypes,
      enabled: input.enabled,
      disabled_reason: input.enabled ? null : "requested",
      created_at: now,
      updated_at: now,
    });
    const secret = await signingSecrets.renew(ctx, row.id);
    await ctx.emit(endpointCreated, payloadOf(row), row.organization_id ?? undefined);
    await forget(ctx);
    return { endpoint: await withSecrets(ctx, row), secret };
  });
}

/** @throws WEBHOOK_ENDPOINT_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<Endpoint> {
  const row = await store.find(ctx, id);
  if (!row) throw errors.WEBHOOK_ENDPOINT_NOT_FOUND(id);
  return withSecrets(ctx, row);
}

/** An endpoint that is on. @throws WEBHOOK_ENDPOINT_NOT_FOUND, WEBHOOK_ENDPOINT_DISABLED */
export async function getEnabled(ctx: Ctx, id: string): Promise<EndpointRow> {
  const row = await store.find(ctx, id);
  if (!row) throw errors.WEBHOOK_ENDPOINT_NOT_FOUND(id);
  if (!row.enabled) throw errors.WEBHOOK_ENDPOINT_DISABLED(id);
  return row;
}

/** One page, newest first. @throws PAGE_TOKEN_INVALID */
export async function list(ctx: Ctx, request: PageRequest): Promise<Page<Endpoint>> {
  const page = openPage(request, "webhook_endpoints");
  const rows = await store.list(ctx, page.range);
  const secrets = await signingSecrets.list(ctx, rows.map(idOf));
  const described = rows.map((row) => ({
    ...row,
    secrets: secrets.filter((one) => one.endpoint_id === row.id),
  }));
  return page.close(described, await store.count(ctx));
}

/**
 * Changes the fields that are given. Switched on again, it gets what was held back while it was off.
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, WEBHOOK_URL_REFUSED, WEBHOOK_EVENT_TYPE_UNKNOWN
 */
export async function update(ctx: Ctx, id: string, patch: EndpointPatch): Promise<Endpoint> {
  checkPatterns(patch.eventTypes ?? []);
  const url = patch.url === undefined ? undefined : judged(ctx, patch.url);
  const updated = await inTransaction(ctx, async (ctx) => {
    const former = await store.findForChange(ctx, id);
    if (!former) throw errors.WEBHOOK_ENDPOINT_NOT_FOUND(id);
    const row = await store.set(ctx, id, {
      ...(url !== undefined && { url }),
      ...(patch.description !== undefined && { description: patch.description }),
      ...(patch.eventTypes && { event_types: patch.eventTypes }),
      ...switched(former, patch.enabled),
      updated_at: ctx.now(),
    });
    if (!row) throw errors.WEBHOOK_ENDPOINT_NOT_FOUND(id);
    await ctx.emit(endpointUpdated, payloadOf(row), row.organization_id ?? undefined);
    await forget(ctx);
    return withSecrets(ctx, row);
  });
  wake(ctx.app, [id]);
  return updated;
}

/** The columns of a change of `enabled`. A failure that was known before the pause must not end the new try at once. */
function switched(former: EndpointRow, enabled: boolean | undefined) {
  if (enabled === undefined || enabled === former.enabled) return {};
  return { enabled, disabled_reason: enabled ? null : "requested", failing_since: null };
}

/** @throws WEBHOOK_ENDPOINT_NOT_FOUND */
async function remove(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const row = await store.set(ctx, id, { enabled: false, deleted_at: ctx.now() });
    if (!row) throw errors.WEBHOOK_ENDPOINT_NOT_FOUND(id);
    await ctx.emit(endpointDeleted, payloadOf(row), row.organization_id ?? undefined);
    await forget(ctx);
  });
}

export { remove as delete };

/** Makes a new signing secret; the former one signs along for a day. @throws WEBHOOK_ENDPOINT_NOT_FOUND */
export async function rotateSecret(ctx: Ctx, id: string): Promise<{ endpoint: Endpoint; secret: string }> {
  return inTransaction(ctx, async (ctx) => {
    const row = await store.findForChange(ctx, id);
    if (!row) throw errors.WEBHOOK_ENDPOINT_NOT_FOUND(id);
    const secret = await signingSecrets.renew(ctx, id);
    await ctx.emit(signingSecretRotated, payloadOf(row), row.organization_id ?? undefined);
    return { endpoint: await withSecrets(ctx, row), secret };
  });
}

/** An endpoint as an attempt found it. */
export interface Seen {
  at: Date;
  failingSince: Date | null;
}

/**
 * Gives up an endpoint that can no longer be reached, and says so. One that is off already is left as it is.
 * @param seen what the attempt that shows it knew when it began: of what was changed since, it says nothing
 */
export async function disable(ctx: Ctx, id: string, reason: "gone" | "failing", seen: Seen): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const former = await store.findForChange(ctx, id);
    if (!former?.enabled || former.updated_at > seen.at) return;
    // Another attempt, begun at the same time, succeeded.
    if (reason === "failing" && former.failing_since?.getTime() !== seen.failingSince?.getTime()) return;
    const row = await store.set(ctx, id, { enabled: false, disabled_reason: reason, updated_at: ctx.now() });
    if (!row) return;
    ctx.log.warn({ endpointId: id, reason }, "a webhook endpoint was switched off");
    await forget(ctx);
    await ctx.emit(endpointDisabled, { ...payloadOf(row), reason }, row.organization_id ?? undefined);
  });
}

/** Notes when an endpoint began to fail; null: it works again. */
export async function noteFailing(ctx: Ctx, id: string, since: Date | null): Promise<void> {
  await store.set(ctx, id, { failing_since: since });
}

/**
 * What can be told of an address before anything is sent to it. Each connection is judged again by the guarded fetch.
 * @throws WEBHOOK_URL_REFUSED
 */
function judged(ctx: Ctx, text: string): string {
  const url = URL.parse(text);
  if (!url) throw errors.WEBHOOK_URL_REFUSED(`"${text}" is not a URL`);
  if (url.hash !== "") throw errors.WEBHOOK_URL_REFUSED(`"${text}" has a fragment, which is never sent`);
  if (url.username !== "" || url.password !== "")
    throw errors.WEBHOOK_URL_REFUSED(`The URL of ${url.host} carries a user name or password`);
  const policy = createOutboundPolicy({ allow: reachable(ctx.app.config), allowHttp: false });
  const target = targetOf(url);
  if (!policy.mayUseScheme(target))
    throw errors.WEBHOOK_URL_REFUSED(schemeRefused(url.host, url.protocol).message);
  if (isIP(target.hostname) !== 0 && policy.judge(target, target.hostname) === "address_refused")
    throw errors.WEBHOOK_URL_REFUSED(addressRefused(url.host, "").message);
  return url.href;
}

async function withSecrets(ctx: Ctx, row: EndpointRow): Promise<Endpoint> {
  return { ...row, secrets: await signingSecrets.list(ctx, [row.id]) };
}

function payloadOf({ id, url, event_types, enabled, organization_id }: EndpointRow): EndpointPayload {
  return { id, url, event_types, enabled, organization_id };
}

function idOf({ id }: { id: string }): string {
  return id;
}
