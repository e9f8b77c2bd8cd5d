/**
 * Signing in through a connection: one leg to the identity provider and back. This file owns what both kinds
 * share: choosing a connection, the one-time handle that finds the leg again, and the identity that comes back.
 */
import type { Ctx } from "../../context.ts";
import type { AppError } from "../../errors.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import type { Upstream } from "../sessions/sessions.ts";
import { beginTrace, note, type Trace, type TraceKind } from "../traces/trace.ts";
import type { Profile } from "../users/users.ts";
import type { Connection } from "./connections.store.ts";
import * as store from "./connections.store.ts";
import { connectionErrors as errors } from "./errors.ts";
import { providerNames } from "./oauth-presets.ts";
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
  /** The attributes that the environment declares, in their datatypes. */
  custom: Record<string, unknown>;
  /** The names of attributes that were sent and mapped, and not declared or not of their datatype. */
  leftOut?: string[];
  /** The user's session at the identity provider; absent where it says nothing of one. */
  upstream?: Upstream;
}

/** A verified answer of an identity provider, not yet used. */
export interface Proof {
  identity: Identity;
  /** The assertion to remember, so that it is used once; only SAML has one. */
  assertion?: { id: string; until: Date };
  /** When the user proved who they are, as far as the identity provider says. */
  authenticatedAt?: Date;
  /** The leg was used up on the way to the proof, see `takeLeg`. */
  legTaken?: boolean;
}

/** Where the browser goes: an address, or a form that a page posts there. */
export type Departure =
  | { to: "url"; url: string }
  | { to: "form"; action: string; fields: Record<string, string> };

/** What the leg is for. */
export interface LegOptions {
  /** Of the sign-in (`req_…`) or of the test (`test_…`) that the leg belongs to. */
  authRequestId: string;
  loginHint: string;
  forceAuthentication: boolean;
}

/**
 * A connection that users may sign in through.
 * @throws invalid_connection_id for an unknown one, connection_not_active
 */
export async function usable(ctx: Ctx, connectionId: string): Promise<Connection> {
  const connection = (await known.remember(ctx, connectionId))?.connection;
  if (!connection) throw errors.invalid_connection_id();
  if (!connection.enabled || connection.status !== "COMPLETED") throw errors.connection_not_active();
  return connection;
}

/**
 * The environment's connection to a social provider: the oldest one that is on.
 * @param provider as apps name it, such as `google`
 * @throws no_configured_connections when there is none at all, connection_not_active when none is on
 */
export async function ofProvider(ctx: Ctx, provider: string): Promise<Connection> {
  const name = provider.toUpperCase();
  const connection = providerNames.includes(name) ? await store.findOfProvider(ctx, name) : undefined;
  if (!connection) throw errors.no_configured_connections();
  if (!connection.enabled || connection.status !== "COMPLETED") throw errors.connection_not_active();
  return connection;
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

/** A connection by an id that may be wrong, whatever its state. */
export async function knownConnection(ctx: Ctx, id: string): Promise<Connection | undefined> {
  return (await known.remember(ctx, id))?.connection;
}

/** Notes a leg that begins. The handle travels as RelayState or state and comes back with the answer. */
export async function beginLeg(
  ctx: Ctx,
  connection: Connection,
  options: LegOptions,
  upstream: {
    handle: string;
    samlRequestId?: string;
    nonce?: string;
    verifier?: string;
    /** For the trace. */
    sent: Record<string, string>;
  },
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
    sent: JSON.stringify(upstream.sent),
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
  if (!assertionFresh) throw replayedAssertion();
}

/** Uses up the assertion of a response that nobody asked for. @throws invalid_saml_response when it was used before */
export async function takeAssertion(ctx: Ctx, connectionId: string, { assertion }: Proof): Promise<void> {
  if (assertion && (await requests.insertAssertion(ctx, connectionId, assertion))) return;
  throw replayedAssertion();
}

/**
 * Uses up a leg. Of many at once, one wins.
 * @throws invalid_state for the others
 */
export async function takeLeg(ctx: Ctx, leg: SsoRequest): Promise<void> {
  if (!(await requests.consume(ctx, leg.handle_hash, ctx.now()))) throw errors.invalid_state();
}

function replayedAssertion(): AppError {
  const text =
    "This SAML assertion was used before: each one is accepted once. Sign in again, so that the identity provider issues a fresh one";
  return errors.invalid_saml_response(text).with({ evidence: { reason: "assertion_replayed" } });
}

/** Uses up a leg whose answer was refused, so that one leg is judged once. */
export async function spendLeg(ctx: Ctx, leg: SsoRequest): Promise<void> {
  await requests.consume(ctx, leg.handle_hash, ctx.now());
}

/** The telling of a leg: it begins with what was sent to the identity provider. */
export async function traceOfLeg(
  ctx: Ctx,
  kind: TraceKind,
  leg: SsoRequest,
  about: { clientId?: string; email?: string; authRequestId?: string },
): Promise<Trace> {
  const trace = beginTrace(kind, await knownConnection(ctx, leg.connection_id), about);
  note(trace, "request_sent", leg.created_at, leg.sent as Record<string, string>);
  return trace;
}

/** Tells who the answer says has signed in. Values stay out, but for those of a test's own user. */
export function noteProfile(
  trace: Trace,
  at: Date,
  identity: Identity,
  received: Record<string, unknown>,
): void {
  trace.email = identity.email;
  const values = Object.entries(received).map(([name, value]) => `${name} = ${[value].flat().join(", ")}`);
  const shown = trace.kind === "test" ? values : Object.keys(received);
  const missing = Object.entries({ givenName: "first name", familyName: "last name" })
    .filter(([field]) => !identity[field as "givenName" | "familyName"])
    .map(([, words]) => words);
  note(
    trace,
    "profile_read",
    at,
    {
      email: identity.email,
      attributes: shown.join("; "),
      missing: missing.join(", "),
      left_out: identity.leftOut?.join(", ") ?? "",
    },
    { values: values.join("; "), subject: identity.subject },
  );
}

/** The refusal of an answer without an address. @param sent the names of what came instead */
export function missingEmail(sent: string[], rejectedEmail: string | undefined): AppError {
  const names = sent.slice(0, 20).join(", ") || "no attributes";
  const observed =
    rejectedEmail === undefined
      ? names
      : `${names} (and "${rejectedEmail.slice(0, 100)}", which is no e-mail address)`;
  return errors.mandatory_attribute_missing(observed).with({ evidence: { observed, expected: "email" } });
}

/** An unguessable handle that fits RelayState (80 bytes, SAML bindings 3.4.3). */
export function newHandle(): string {
  return newSecret();
}

function verifierContext(handleHash: Buffer): string {
  return `sso_requests.verifier_sealed:${handleHash.toString("hex")}`;
}
