/** The addresses of an application: what may be registered, and where a browser may therefore be sent. */
import type { Ctx } from "../../context.ts";
import { AppError, invalidArgument } from "../../errors.ts";
import { isTemplate, type ValueOf } from "../../protocols/oauth/redirect-template.ts";
import {
  addressProblem,
  expandAll,
  isRegistered,
  type RedirectRules,
  registrationProblem,
} from "../../protocols/oauth/redirect-uri.ts";
import * as environments from "../environments/environments.ts";
import * as organizations from "../organizations/organizations.ts";
import type { Client } from "./clients.store.ts";
import * as store from "./clients.store.ts";

/** Addresses that somebody wants to register, those that are given. */
export interface Addresses {
  postLoginUris?: readonly string[];
  postLogoutRedirectUris?: readonly string[];
  backChannelLogoutUris?: readonly string[];
  initiateLoginUri?: string;
}

const mostRedirectUris = 5;

/** @throws INVALID_ARGUMENT naming the list and the address that cannot be registered */
export async function checkAddresses(ctx: Ctx, type: string, given: Addresses): Promise<void> {
  const rules = await rulesOf(ctx, { type });
  const judges: [string, readonly string[], (uri: string) => string | undefined][] = [
    ["post_login_uris", given.postLoginUris ?? [], (uri) => registrationProblem(uri, rules)],
    [
      "post_logout_redirect_uris",
      given.postLogoutRedirectUris ?? [],
      (uri) => registrationProblem(uri, rules),
    ],
    [
      "back_channel_logout_uris",
      given.backChannelLogoutUris ?? [],
      (uri) => addressProblem(uri, rules, { template: false }),
    ],
    [
      "initiate_login_uri",
      given.initiateLoginUri ? [given.initiateLoginUri] : [],
      (uri) => addressProblem(uri, rules, { template: true }),
    ],
  ];
  for (const [field, uris, problemOf] of judges) {
    for (const uri of uris) {
      const problem = problemOf(uri);
      if (problem) throw invalidArgument(`client.${field}`, `client.${field}.uri`, `"${uri}" ${problem}`);
    }
  }
  if ((given.postLoginUris?.length ?? 0) > mostRedirectUris) {
    const most = `at most ${mostRedirectUris} are allowed`;
    throw invalidArgument("client.post_login_uris", "repeated.max_items", most);
  }
}

/**
 * Whether the app may receive the answer of a sign-in at `uri`.
 * @param organizationId the organization that the sign-in is bound to; without one no template counts
 */
export async function allowsRedirect(
  ctx: Ctx,
  client: Client,
  uri: string,
  organizationId: string | undefined,
): Promise<boolean> {
  return allows(ctx, client, client.post_login_uris, { uri, organizationId });
}

/** Whether the browser may be sent to `uri` after the logout of a session in that organization. */
export async function allowsPostLogout(
  ctx: Ctx,
  client: Client,
  uri: string,
  organizationId: string | undefined,
): Promise<boolean> {
  return allows(ctx, client, client.post_logout_redirect_uris, { uri, organizationId });
}

/**
 * Where the app takes up a sign-in that began elsewhere, for one organization: the preferred address if it is one
 * of the app's, else its initiate-login URI, else its first callback.
 */
export async function startOf(
  ctx: Ctx,
  client: Client,
  organizationId: string | null,
  preferred: string | undefined,
): Promise<string | undefined> {
  const exact = [client.initiate_login_uri, ...client.post_login_uris].filter(
    (uri) => uri !== "" && !uri.includes("*"),
  );
  const valueFor = await valuesOf(ctx, exact, organizationId ?? undefined);
  const rules = await rulesOf(ctx, client);
  const uris = exact.flatMap((uri) => (isTemplate(uri) ? expandAll([uri], rules, valueFor) : [uri]));
  return uris.find((uri) => uri === preferred) ?? uris[0];
}

/** Whether pages of an origin may call the token endpoint and its kin: it stands in a client's redirect URIs. */
export async function allowsOrigin(ctx: Ctx, origin: string): Promise<boolean> {
  if ((await registeredOrigins(ctx)).has(origin)) return true;
  const { type } = await environments.current(ctx);
  return type === "DEV" && /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin);
}

/** The origins of the redirect URIs that the clients of the environment have registered. */
export async function registeredOrigins(ctx: Ctx): Promise<ReadonlySet<string>> {
  return ctx.app.cache.get("client_origins", ctx.environmentId, async () => {
    const uris = await store.listRedirectUris({ db: ctx.app.loadDb, environmentId: ctx.environmentId });
    const origins = uris.map((uri) => URL.parse(uri)?.origin ?? opaqueOrigin);
    return new Set(origins.filter((known) => known !== opaqueOrigin));
  });
}

/** Of every custom scheme, and what sandboxed frames and local files of anybody send: it names no app. */
const opaqueOrigin = "null";

async function allows(
  ctx: Ctx,
  client: Client,
  registered: readonly string[],
  wanted: { uri: string; organizationId: string | undefined },
): Promise<boolean> {
  const rules = await rulesOf(ctx, client);
  if (isRegistered(wanted.uri, registered, rules)) return true;
  const valueFor = await valuesOf(ctx, registered, wanted.organizationId);
  return expandAll(registered, rules, valueFor).includes(wanted.uri);
}

async function rulesOf(ctx: Ctx, client: Pick<Client, "type">): Promise<RedirectRules> {
  const environment = await environments.current(ctx);
  return { development: environment.type === "DEV", native: client.type === "NTV" };
}

const nothing: ValueOf = () => undefined;

/** What placeholders mean in an organization; asks for the organization only when there are any. */
async function valuesOf(
  ctx: Ctx,
  uris: readonly string[],
  organizationId: string | undefined,
): Promise<ValueOf> {
  if (organizationId === undefined || !uris.some(isTemplate)) return nothing;
  const organization = await find(ctx, organizationId);
  if (!organization) return nothing;
  const { slug, external_id: externalId } = organization;
  const own: Record<string, string | null> = { org_slug: slug, slug, external_id: externalId };
  const values = new Map(Object.entries({ ...(organization.metadata as Record<string, string>), ...own }));
  return (name) => values.get(name) ?? undefined;
}

async function find(ctx: Ctx, id: string): Promise<organizations.Organization | undefined> {
  try {
    return await organizations.get(ctx, { id });
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
