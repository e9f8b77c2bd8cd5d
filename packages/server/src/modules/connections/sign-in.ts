/**
 * Signing in through a connection: one leg to the identity provider and back. This file owns what both kinds
 * share: choosing a connection, the one-time handle that finds the leg again, and the identity that comes back.
 */
import type { Ctx } from "../../context.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import type { Profile } from "../users/users.ts";
import type { Connection } from "./connections.store.ts";
import * as store from "./connections.store.ts";
import { connectionErrors as errors } from "./errors.ts";
import { known } from "./remembered.ts";
import type { SsoRequest } from "./sso-requests.store.ts";
import * as requests from "./sso-requests.store.ts";

export type { SsoRequest };

/** Who an identity provider says has signed in. */
export interface Identity extends Profile {
  connectionId: string;
  organizationId: string;
  /** The identity provider's own, stable name of the person; with the connection, the key of the identity. */
  subject: string;
  /** Normalized: trimmed, lower case. */
  email: string;
  /** False when the identity provider itself says that it has not verified the address. */
  emailVerified: boolean;
  groups?: string[] | undefined;
  /** What the connection's attribute mapping adds. */
  custom: Record<string, string>;
}

/** A verified answer of an identity provider, not yet used. */
export interface Proof {
  identity: Identity;
  /** The assertion to remember, so that it is used once; only SAML has one. */
  assertion?: { id: string; until: Date };
  /** The leg was used up on the way to the proof, see `takeLeg`. */
  legTaken?: boolean;
}

/** Where the browser goes: an address, or a form that a page posts there. */
export type Departure =
  | { to: "url"; url: string }
  | { to: "form"; action: string; fields: Record<string, string> };

/** What the app wants of the leg. */
export interface LegOptions {
  authRequestId: string;
  loginHint: string;
  forceAuthentication: boolean;
}

/**
 * A connection that users may sign in through.
 * @throws invalid_connection_id for an unknown one, connection_not_active
 */
export async function usable(
  ctx: Ctx,
  connectionId: string,
): Promise<Connection & { organization_id: string }> {
  const connection = (await known.remember(ctx, connectionId))?.connection;
  if (!connection || connection.organization_id === null) throw errors.invalid_connection_id();
  if (!connection.enabled || connection.status !== "COMPLETED") throw errors.connection_not_active();
  return { ...connection, organization_id: connection.organization_id };
}

/**
 * The connection that an organization signs in through: its oldest active one.
 * @throws no_configured_connections when it has none at all, no_active_connections when none is active
 */
export async function ofOrganization(ctx: Ctx, organizationId: string): Promise<Connection> {
  const [first] = await store.list(ctx, { organizationId, usable: true, limit: 1 });
  if (first) return first;
  const [any] = await store.list(ctx, { organizationId, usable: false, limit: 1 });
  throw any ? errors.no_active_connections() : errors.no_configured_connections();
}

/** The same, or undefined when the organization has no active connection. */
export async function ofOrganizationIfAny(ctx: Ctx, organizationId: string): Promise<Connection | undefined> {
  const [first] = await store.list(ctx, { organizationId, usable: true, limit: 1 });
  return first;
}

/** Notes a leg that begins. The handle travels as RelayState or state and comes back with the answer. */
export async function beginLeg(
  ctx: Ctx,
  connection: Connection,
  options: LegOptions,
  upstream: { handle: string; samlRequestId?: string; nonce?: string; verifier?: string },
): Promise<void> {
  const now = ctx.now();
  const { lifetimes } = await environments.current(ctx);
  const hash = hashSecret(upstream.handle);
  await requests.insert(ctx, {
    handle_hash: hash,
    environment_id: ctx.environmentId,
    auth_request_id: options.authRequestId,
    connection_id: connection.id,
    saml_request_id: upstream.samlRequestId ?? null,
    nonce: upstream.nonce ?? null,
    verifier_sealed:
      upstream.verifier === undefined ? null : ctx.app.keys.seal(upstream.verifier, verifierContext(hash)),
    created_at: now,
    expires_at: new Date(now.getTime() + lifetimes.signIn * 1000),
  });
}

/**
 * The leg that an answer belongs to. It must have begun at the very connection that the answer came to:
 * an answer of one identity provider never finishes a sign-in that was begun for another.
 * @throws invalid_state
 */
export async function findLeg(ctx: Ctx, connectionId: string, handle: string): Promise<SsoRequest> {
  const leg = await requests.find(ctx, hashSecret(handle), ctx.now());
  if (leg?.connection_id !== connectionId) throw errors.invalid_state();
  return leg;
}

/** The PKCE verifier of a leg; undefined when it began without one. */
export function verifierOf(ctx: Ctx, leg: SsoRequest): string | undefined {
  if (leg.verifier_sealed === null) return undefined;
  return ctx.app.keys.open(leg.verifier_sealed, verifierContext(leg.handle_hash)).toString("utf8");
}

/**
 * Uses up a verified answer: the leg and, for SAML, the assertion. Of many at once, one wins. Runs in the
 * transaction of the sign-in, which a throw rolls back.
 * @throws invalid_state, invalid_saml_response
 */
export async function consume(ctx: Ctx, leg: SsoRequest, proof: Proof): Promise<void> {
  if (!proof.assertion) {
    if (!proof.legTaken) await takeLeg(ctx, leg);
    return;
  }
  const { legTaken, assertionFresh } = await requests.consumeWithAssertion(
    ctx,
    leg,
    proof.assertion,
    ctx.now(),
  );
  if (!legTaken) throw errors.invalid_state();
  if (!assertionFresh) throw errors.invalid_saml_response(replayed);
}

/**
 * Uses up a leg. Of many at once, one wins.
 * @throws invalid_state for the others
 */
export async function takeLeg(ctx: Ctx, leg: SsoRequest): Promise<void> {
  if (!(await requests.consume(ctx, leg.handle_hash, ctx.now()))) throw errors.invalid_state();
}

const replayed =
  "This SAML assertion was used before: each one is accepted once. Sign in again, so that the identity provider issues a fresh one";

/** What an identity provider sent, for the message that the e-mail address is missing. */
export function seenNames(sent: string[], rejectedEmail: string | undefined): string {
  const names = sent.slice(0, 20).join(", ") || "no attributes";
  return rejectedEmail === undefined
    ? names
    : `${names} (and "${rejectedEmail.slice(0, 100)}", which is no e-mail address)`;
}

/** An unguessable handle that fits RelayState (80 bytes, SAML bindings 3.4.3). */
export function newHandle(): string {
  return newSecret();
}

function verifierContext(handleHash: Buffer): string {
  return `sso_requests.verifier_sealed:${handleHash.toString("hex")}`;
}
