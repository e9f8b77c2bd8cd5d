/** Which connection or organization a sign-in is for (home-realm discovery, contract of /oauth/authorize). */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { Connection } from "../connections/connections.ts";
import { homeOf } from "../connections/domains-of-connection.ts";
import { connectionErrors } from "../connections/errors.ts";
import * as signIn from "../connections/sign-in.ts";
import type { AuthenticationMode } from "../environments/environments.ts";
import * as organizations from "../organizations/organizations.ts";
import { authErrors as errors } from "./errors.ts";

/** The selectors of an authorize request; the first present one wins, in this order. */
export interface Selectors {
  provider: string;
  connectionId: string;
  organizationId: string;
  domain: string;
  loginHint: string;
}

export interface Target {
  /** Where the user signs in; without one, the hosted page asks. */
  connection?: Connection;
  /** The organization that the user must end up in. */
  organizationId?: string;
  /** The app named the very connection, so another one of the same organization does not do. */
  exact: boolean;
}

/**
 * @throws the codes of the integration error table: invalid_connection_id, connection_not_active,
 * invalid_organization_id, no_active_connections, no_configured_connections, domain_not_found,
 * invalid_connection_selector
 */
export async function chooseTarget(ctx: Ctx, mode: AuthenticationMode, by: Selectors): Promise<Target> {
  if (by.provider !== "") return ofEnvironment(ctx, mode, await signIn.ofProvider(ctx, by.provider), by);
  if (by.connectionId !== "") {
    const connection = await signIn.usable(ctx, by.connectionId);
    if (connection.organization_id === null) return ofEnvironment(ctx, mode, connection, by);
    return { connection, organizationId: connection.organization_id, exact: true };
  }
  if (by.organizationId !== "") return ofOrganization(ctx, mode, await existing(ctx, by.organizationId));
  const domain = by.domain || by.loginHint.slice(by.loginHint.lastIndexOf("@") + 1);
  if (domain !== "") return ofDomain(ctx, mode, domain);
  if (mode === "MODULAR_AUTH") throw errors.invalid_connection_selector();
  return { exact: false };
}

/** The connection that an e-mail address typed on the hosted page leads to. @throws NO_SSO_FOR_EMAIL */
export async function connectionOfEmail(ctx: Ctx, email: string): Promise<Connection> {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  const home = await homeOf(ctx, domain);
  if (!home?.connection) throw errors.NO_SSO_FOR_EMAIL(domain);
  return home.connection;
}

/** A social provider serves all organizations, so the one that the app asks for is still to be kept in mind. */
async function ofEnvironment(
  ctx: Ctx,
  mode: AuthenticationMode,
  connection: Connection,
  { organizationId }: Selectors,
): Promise<Target> {
  if (mode === "MODULAR_AUTH" || organizationId === "") return { connection, exact: true };
  return { connection, organizationId: await existing(ctx, organizationId), exact: true };
}

async function ofOrganization(ctx: Ctx, mode: AuthenticationMode, organizationId: string): Promise<Target> {
  if (mode === "MODULAR_AUTH") {
    return { connection: await signIn.ofOrganization(ctx, organizationId), organizationId, exact: false };
  }
  const connection = await signIn.ofOrganizationIfAny(ctx, organizationId);
  return { organizationId, exact: false, ...(connection && { connection }) };
}

async function ofDomain(ctx: Ctx, mode: AuthenticationMode, domain: string): Promise<Target> {
  const home = await homeOf(ctx, domain);
  if (home?.connection) {
    return { connection: home.connection, organizationId: home.organizationId, exact: false };
  }
  // A domain says who the user may be, not which organization the app wants them in.
  if (mode === "FULL_STACK_AUTH") return { exact: false };
  if (!home) throw errors.domain_not_found(domain);
  return ofOrganization(ctx, mode, home.organizationId);
}

async function existing(ctx: Ctx, organizationId: string): Promise<string> {
  try {
    return (await organizations.get(ctx, { id: organizationId })).id;
  } catch (error) {
    throw error instanceof AppError ? connectionErrors.invalid_organization_id() : error;
  }
}
