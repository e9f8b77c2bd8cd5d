/**
 * SAML 2.0 connections as a service provider: our metadata, the request that begins a leg, and the judgement of
 * the response. What the identity provider publishes is read in `idp-metadata.ts`. The pure protocol is in
 * `protocols/saml`; what of it needs an XML parser is loaded at first use.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import type { VerifiedAssertion } from "../../protocols/saml/expectations.ts";
import { NAME_ID_FORMAT } from "../../protocols/saml/names.ts";
import { mapProfile } from "../../protocols/saml/profile.ts";
import { SamlError } from "../../protocols/saml/saml-error.ts";
import * as environments from "../environments/environments.ts";
import type { Upstream } from "../sessions/sessions.ts";
import { note, type Trace } from "../traces/trace.ts";
import { declaredOf, mappingOf } from "./attributes.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { judgeByPublished } from "./metadata-refresh.ts";
import * as ownCertificates from "./own-certificates.ts";
import { known } from "./remembered.ts";
import { type NameIdFormat, type SamlAddresses, type SamlSettings, samlAddresses } from "./settings.ts";
import {
  beginLeg,
  type Departure,
  type Identity,
  type LegOptions,
  missingEmail,
  newHandle,
  noteProfile,
  type Proof,
  type SsoRequest,
} from "./sign-in.ts";
import * as requests from "./sso-requests.store.ts";

/** How far an identity provider's clock may be from ours. */
export const clockSkewSeconds = 120;

/** The service provider's side of a connection. */
export async function addresses(ctx: Ctx, connection: Connection): Promise<SamlAddresses> {
  const { publicUrl } = await environments.current(ctx);
  return samlAddresses(publicUrl, connection.id, connection.settings as SamlSettings);
}

/** Our metadata document for the customer's identity provider. @throws CONNECTION_NOT_FOUND */
export async function spMetadata(ctx: Ctx, connectionId: string): Promise<string> {
  const { buildSpMetadata } = await import("../../protocols/saml/sp-metadata.ts");
  const connection = await connections.get(ctx, connectionId);
  if (connection.type !== "SAML") throw errors.invalid_connection_id();
  const settings = connection.settings as SamlSettings;
  const ours = await addresses(ctx, connection);
  const nameIdFormat = nameIdUri(settings.nameIdFormat ?? "EMAIL");
  const certificates = await ownCertificates.published(ctx, settings);
  return buildSpMetadata({
    entityId: ours.entityId,
    acsUrl: ours.assertionUrl,
    sloUrl: ours.sloUrl,
    authnRequestsSigned: settings.wantRequestSigned === true,
    wantAssertionsSigned: assertionMustBeSigned(settings),
    signingCertificates: certificates.signing,
    encryptionCertificates: certificates.encryption,
    ...(nameIdFormat !== undefined && { nameIdFormat }),
  });
}

/**
 * Begins a leg: the AuthnRequest on its way to the identity provider (SAML profiles 4.1.2).
 * @throws invalid_saml_request when it cannot be signed as the connection wants it
 */
export async function begin(ctx: Ctx, connection: Connection, options: LegOptions): Promise<Departure> {
  const { buildAuthnRequest, postForm, redirectUrl } = await import("../../protocols/saml/authn-request.ts");
  const settings = connection.settings as SamlSettings;
  const ours = await addresses(ctx, connection);
  const ssoUrl = settings.idpSsoUrl ?? "";
  const signing = await ownCertificates.signer(ctx, settings);
  const samlRequestId = `_${newSecret(20)}`;
  const nameIdFormat = nameIdUri(settings.nameIdFormat ?? "EMAIL");
  const xml = buildAuthnRequest({
    id: samlRequestId,
    issueInstant: ctx.now(),
    issuer: ours.entityId,
    destination: ssoUrl,
    acsUrl: ours.assertionUrl,
    forceAuthn: options.forceAuthentication || settings.forceAuthn === true,
    ...(nameIdFormat !== undefined && { nameIdFormat }),
  });
  const sign = signing && { sign: signing };
  const handle = newHandle();
  const binding = settings.idpSsoBinding === "HTTP_POST" ? "HTTP-POST" : "HTTP-Redirect";
  await beginLeg(ctx, connection, options, {
    handle,
    samlRequestId,
    sent: {
      sent_to: ssoUrl,
      binding,
      request_id: samlRequestId,
      issuer: ours.entityId,
      answer_to: ours.assertionUrl,
    },
  });
  if (settings.idpSsoBinding === "HTTP_POST")
    return { to: "form", ...postForm({ ssoUrl, xml, relayState: handle, ...sign }) };
  return { to: "url", url: redirectUrl({ ssoUrl, xml, relayState: handle, ...sign }) };
}

/**
 * Keeps a posted response for one GET of ours: the cross-site POST comes without our Lax cookies, and only
 * they tell whether this browser began the sign-in. Only an answer to a sign-in that is under way is kept, since
 * anyone may post here.
 * @returns the ticket that names it
 */
export async function keepResponse(ctx: Ctx, leg: SsoRequest, response: string): Promise<string> {
  const ticket = newSecret();
  const now = ctx.now();
  await requests.setResponse(ctx, {
    ticket_hash: hashSecret(ticket),
    environment_id: ctx.environmentId,
    connection_id: leg.connection_id,
    handle_hash: leg.handle_hash,
    response,
    created_at: now,
    expires_at: new Date(now.getTime() + 120_000),
  });
  return ticket;
}

/**
 * The response behind a ticket, and the leg that it answers.
 * @throws invalid_state when it has expired, was used, or belongs to another connection
 */
export async function keptResponse(
  ctx: Ctx,
  connectionId: string,
  ticket: string,
): Promise<{ response: string; leg: SsoRequest }> {
  const kept = await requests.findResponse(ctx, hashSecret(ticket), ctx.now());
  if (kept?.connection_id !== connectionId) throw errors.invalid_state();
  const { response, ...leg } = kept;
  return { response, leg };
}

/** The leg that a posted RelayState names; undefined when it names none, as in an unsolicited response. */
export async function legOfRelayState(
  ctx: Ctx,
  connectionId: string,
  relayState: string,
): Promise<SsoRequest | undefined> {
  const leg = relayState !== "" ? await requests.find(ctx, hashSecret(relayState), ctx.now()) : undefined;
  return leg?.connection_id === connectionId ? leg : undefined;
}

/**
 * Judges a response (SAML profiles 4.1.4.3) and reads who has signed in.
 * @param inResponseTo the id of our request; undefined for a response that nobody asked for
 * @throws AppError with a code of the integration error table
 */
export async function verify(
  ctx: Ctx,
  connection: Connection,
  { response, inResponseTo }: { response: string; inResponseTo: string | undefined },
  trace: Trace,
): Promise<Proof> {
  const { verifyResponse } = await import("../../protocols/saml/response.ts");
  const settings = connection.settings as SamlSettings;
  const ours = await addresses(ctx, connection);
  const expected = {
    idpEntityId: settings.idpEntityId ?? "",
    audience: ours.entityId,
    acsUrl: ours.assertionUrl,
    inResponseTo,
    signed: signedPart[settings.signingOption ?? defaultSigningOption],
    mustBeEncrypted: settings.assertionEncrypted === true,
    decryptionKeys: await ownCertificates.decryptionKeys(ctx),
    clockSkewSeconds,
  };
  const judge = (certificates: string[]) =>
    samlAttempt(() => verifyResponse(response, { ...expected, certificates }, ctx.now()));
  const assertion = await judgeByPublished(ctx, connection, judge).catch(async (error: unknown) => {
    const { certificate_fingerprint: seen } = await noteReceived(ctx, trace, response);
    throw seen === undefined ? error : await withFingerprints(ctx, connection, error, seen);
  });
  if (trace.debug || trace.kind !== "sign_in") await noteReceived(ctx, trace, response);
  const { issuer, nameId, authnInstant } = assertion;
  note(trace, "response_verified", ctx.now(), {
    issuer,
    name_id_format: nameId.format,
    authenticated_at: authnInstant?.toISOString(),
  });
  const identity = await identityOf(ctx, connection, assertion);
  noteProfile(trace, ctx.now(), identity, assertion.attributes);
  return {
    identity,
    assertion: { id: assertion.assertionId, until: assertion.conditionsNotOnOrAfter },
    ...(authnInstant && { authenticatedAt: authnInstant }),
  };
}

async function identityOf(ctx: Ctx, connection: Connection, assertion: VerifiedAssertion): Promise<Identity> {
  const { nameId, attributes } = assertion;
  const mapping = await mappingOf(ctx, connection);
  const { email, rejectedEmail, custom: read, ...profile } = mapProfile(assertion, mapping);
  if (!email) throw missingEmail(Object.keys(attributes), rejectedEmail);
  return {
    ...profile,
    ...(await declaredOf(ctx, read)),
    email,
    emailVerified: true,
    connectionId: connection.id,
    organizationId: connection.organization_id ?? "",
    // A transient NameID is another one at each sign-in, so it cannot name a person.
    subject: nameId.format?.endsWith(":transient") ? email : nameId.value,
    upstream: upstreamOf(assertion),
  };
}

/** Reading a response a second time for what it claims costs as much as judging it: sign-ins that succeed go without. */
async function noteReceived(ctx: Ctx, trace: Trace, response: string): Promise<Record<string, string>> {
  const { describeResponse } = await import("../../protocols/saml/describe-response.ts");
  const claimed = describeResponse(response);
  note(trace, "response_received", ctx.now(), claimed, { saml_response: response });
  return claimed;
}

/** Which certificate the message was signed with, as it says, and which ones the connection has. */
async function withFingerprints(
  ctx: Ctx,
  connection: Connection,
  error: unknown,
  seen: string,
): Promise<unknown> {
  if (!(error instanceof AppError && error.evidence?.reason === "signature_mismatch")) return error;
  const trusted = (await known.remember(ctx, connection.id))?.certificates ?? [];
  const expected = trusted.map(({ fingerprint }) => fingerprint).join(", ");
  return error.with({ evidence: { ...error.evidence, observed: seen, expected } });
}

/** What a LogoutRequest of either side names (SAML core 3.7.1). */
function upstreamOf({ nameId: { value, ...nameId }, sessionIndex }: VerifiedAssertion): Upstream {
  return { subject: value, nameId, ...(sessionIndex !== undefined && { session: sessionIndex }) };
}

const defaultSigningOption = "SAML_ONLY_ASSERTION_SIGNING";
const signedPart = {
  SAML_ONLY_RESPONSE_SIGNING: "response",
  SAML_ONLY_ASSERTION_SIGNING: "assertion",
  SAML_RESPONSE_ASSERTION_SIGNING: "both",
  SAML_RESPONSE_OR_ASSERTION_SIGNING: "either",
} as const;

/** What our metadata says is what is enforced: with "either", a signed response alone is taken too. */
function assertionMustBeSigned({ signingOption }: SamlSettings): boolean {
  const part = signedPart[signingOption ?? defaultSigningOption];
  return part === "assertion" || part === "both";
}

function nameIdUri(format: NameIdFormat): string | undefined {
  const uris: Record<NameIdFormat, string> = {
    EMAIL: NAME_ID_FORMAT.emailAddress,
    PERSISTENT: NAME_ID_FORMAT.persistent,
    TRANSIENT: NAME_ID_FORMAT.transient,
    UNSPECIFIED: NAME_ID_FORMAT.unspecified,
  };
  return uris[format];
}

/** Runs a judgement of the pure protocol. @throws AppError with its code, and what was seen and expected */
export async function samlAttempt<T>(judge: () => T): Promise<T> {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof SamlError)) throw error;
    const { reason, observed, expected } = error;
    throw new AppError(error.code, "INVALID_ARGUMENT", error.message, {
      cause: error,
      evidence: { reason, observed, expected },
    });
  }
}
