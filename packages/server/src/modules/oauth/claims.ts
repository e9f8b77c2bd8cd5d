/**
 * The claims of our tokens. `aud` is always a list, and nothing is dated ahead: the official SDKs' verifiers
 * accept nothing else.
 */
import { createHash } from "node:crypto";
import { newId } from "../../lib/ids.ts";
import type { CustomClaim } from "../clients/settings.ts";
import type { Identity } from "../connections/sign-in.ts";
import type { Environment } from "../environments/environments.ts";
import type { Granted } from "../roles/remembered.ts";
import type { Member } from "../users/users.ts";

/** Whom a token is about: a member with a session (full stack) or an identity as it came (modular). */
export type Subject =
  | { mode: "full_stack"; member: Member; sessionId: string; organizationId: string; connectionId: string }
  | { mode: "modular"; identity: Identity };

export interface TokenFacts {
  environment: Environment;
  clientId: string;
  /** What the client's settings add to its access tokens; none = no claim of that name. */
  customClaims: readonly CustomClaim[];
  subject: Subject;
  scope: string;
  /** Seconds since 1970, rounded down. */
  now: number;
  accessTokenLifetime: number;
}

/** @param granted what the member's roles give; undefined in modular mode, where members are the app's own */
export function accessTokenClaims(facts: TokenFacts, granted: Granted | undefined): Record<string, unknown> {
  return {
    ...common(facts, facts.accessTokenLifetime),
    nbf: facts.now,
    jti: newId("tkn"),
    scope: facts.scope,
    scopes: facts.scope.split(" "),
    ...customClaims(facts.customClaims),
    ...(granted && { roles: granted.roles, permissions: granted.permissions }),
  };
}

/** @param bound the access token and, at the first exchange, the code that the ID token vouches for */
export function idTokenClaims(
  facts: TokenFacts,
  bound: { accessToken: string; code?: string; nonce?: string | null; authenticatedAt: Date },
): Record<string, unknown> {
  const connectionId =
    facts.subject.mode === "full_stack" ? facts.subject.connectionId : facts.subject.identity.connectionId;
  return {
    ...common(facts, facts.environment.lifetimes.idToken),
    azp: facts.clientId,
    amr: [connectionId],
    auth_time: Math.floor(bound.authenticatedAt.getTime() / 1000),
    at_hash: halfHash(bound.accessToken),
    ...(bound.code !== undefined && { c_hash: halfHash(bound.code) }),
    ...(bound.nonce != null && { nonce: bound.nonce }),
    ...profileClaims(facts.subject, facts.scope),
  };
}

/** What /userinfo tells (OIDC Core 5.3): the profile part of the ID token. */
export function userInfoClaims(member: Member, scope: string): Record<string, unknown> {
  return { sub: member.id, ...memberProfile(member, scope) };
}

/** Under one name, so that none of them can pass for a claim of ours. */
export function customClaims(claims: readonly CustomClaim[]): Record<string, unknown> {
  if (claims.length === 0) return {};
  return { custom_claims: Object.fromEntries(claims.map(({ key, value }) => [key, value])) };
}

function common(facts: TokenFacts, lifetime: number): Record<string, unknown> {
  return {
    iss: facts.environment.publicUrl,
    aud: [facts.clientId],
    client_id: facts.clientId,
    iat: facts.now,
    exp: facts.now + lifetime,
    ...subjectClaims(facts.subject),
  };
}

function subjectClaims(subject: Subject): Record<string, unknown> {
  if (subject.mode === "modular") {
    const { connectionId, subject: upstream, organizationId } = subject.identity;
    return { sub: `${connectionId};${upstream}`, oid: organizationId };
  }
  return {
    sub: subject.member.id,
    oid: subject.organizationId,
    sid: subject.sessionId,
    ...(subject.member.organization_external_id !== null && {
      xoid: subject.member.organization_external_id,
    }),
    ...(subject.member.external_id !== null && { xuid: subject.member.external_id }),
  };
}

function profileClaims(subject: Subject, scope: string): Record<string, unknown> {
  if (subject.mode === "full_stack") return memberProfile(subject.member, scope);
  const { identity } = subject;
  const mapped = Object.entries(identity.custom).filter(([name]) => !reserved.has(name));
  return {
    ...Object.fromEntries(mapped),
    email: identity.email,
    // An organization's identity provider vouches for its own people; at a social one anybody types any address.
    ...(identity.organizationId === "" && { email_verified: identity.emailVerified }),
    ...optional(scope, {
      name: identity.name ?? [identity.givenName, identity.familyName].filter(Boolean).join(" "),
      given_name: identity.givenName,
      family_name: identity.familyName,
      preferred_username: identity.username,
      locale: identity.locale,
      picture: identity.picture,
    }),
  };
}

/** Claims that no attribute mapping may set. */
const reserved = new Set(
  "iss sub aud exp iat nbf jti oid sid xoid xuid azp amr nonce auth_time at_hash c_hash client_id roles permissions scope scopes email email_verified name given_name family_name".split(
    " ",
  ),
);

function memberProfile(member: Member, scope: string): Record<string, unknown> {
  return {
    email: member.email,
    email_verified: member.email_verified,
    ...optional(scope, {
      name: member.name || `${member.given_name} ${member.family_name}`.trim(),
      given_name: member.given_name,
      family_name: member.family_name,
      preferred_username: member.preferred_username,
      locale: member.locale,
      picture: member.picture,
    }),
  };
}

/** The claims of the profile scope that have a value. */
function optional(scope: string, claims: Record<string, string | undefined>): Record<string, unknown> {
  if (!scope.split(" ").includes("profile")) return {};
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value));
}

/** The left half of the SHA-256 of a token or code (OIDC Core 3.1.3.6). */
function halfHash(value: string): string {
  return createHash("sha256").update(value, "ascii").digest().subarray(0, 16).toString("base64url");
}
