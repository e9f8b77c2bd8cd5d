/** Which connection or organization a sign-in is for (home-realm discovery, contract of /oauth/authorize). */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { Connection } from "../connections/connections.ts";
import { connectionErrors } from "../connections/errors.ts";
import * as signIn from "../connections/sign-in.ts";
import * as domains from "../domains/domains.ts";
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
  if (by.provider !== "") throw connectionErrors.no_configured_connections();
  if (by.connectionId !== "") {
    const connection = await signIn.usable(ctx, by.connectionId);
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
  const owner = await domains.ownerOf(ctx, domain);
  const connection = owner && (await signIn.ofOrganizationIfAny(ctx, owner));
  if (!connection) throw errors.NO_SSO_FOR_EMAIL(domain);
  return connection;
}

async function ofOrganization(ctx: Ctx, mode: AuthenticationMode, organizationId: string): Promise<Target> {
  if (mode === "MODULAR_AUTH") {
    return { connection: await signIn.ofOrganization(ctx, organizationId), organizationId, exact: false };
  }
  const connection = await signIn.ofOrganizationIfAny(ctx, organizationId);
  return { organizationId, exact: false, ...(connection && { connection }) };
}

async function ofDomain(ctx: Ctx, mode: AuthenticationMode, domain: string): Promise<Target> {
  const owner = await domains.ownerOf(ctx, domain);
  if (owner !== undefined) {
    const target = await ofOrganization(ctx, mode, owner);
    // A domain says who the user may be, not which organization the app wants them in.
    return target.connection ? target : { exact: false };
  }
  if (mode === "MODULAR_AUTH") throw errors.domain_not_found(domain);
  return { exact: false };
}

async function existing(ctx: Ctx, organizationId: string): Promise<string> {
  try {
    return (await organizations.get(ctx, { id: organizationId })).id;
  } catch (error) {
    throw error instanceof AppError ? connectionErrors.invalid_organization_id() : error;
  }
}
