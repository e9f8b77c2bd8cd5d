/**
 * SAML 2.0 connections as a service provider: our metadata, the request that begins a leg, and the judgement of
 * the response. What the identity provider publishes is read in `idp-metadata.ts`. The pure protocol is in `protocols/saml`, loaded at first use.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { known } from "./remembered.ts";
import { type NameIdFormat, type SamlAddresses, type SamlSettings, samlAddresses } from "./settings.ts";
import {
  beginLeg,
  type Departure,
  findLeg,
  type LegOptions,
  newHandle,
  type Proof,
  type SsoRequest,
  seenNames,
} from "./sign-in.ts";
import * as requests from "./sso-requests.store.ts";

const clockSkewSeconds = 120;

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
  const nameIdFormat = await nameIdUri(settings.nameIdFormat ?? "EMAIL");
  return buildSpMetadata({
    entityId: ours.entityId,
    acsUrl: ours.assertionUrl,
    authnRequestsSigned: false,
    wantAssertionsSigned: assertionMustBeSigned(settings),
    ...(nameIdFormat !== undefined && { nameIdFormat }),
  });
}

/** Begins a leg: the AuthnRequest on its way to the identity provider (SAML profiles 4.1.2). */
export async function begin(ctx: Ctx, connection: Connection, options: LegOptions): Promise<Departure> {
  const { buildAuthnRequest, postForm, redirectUrl } = await import("../../protocols/saml/authn-request.ts");
  const settings = connection.settings as SamlSettings;
  const ours = await addresses(ctx, connection);
  const ssoUrl = settings.idpSsoUrl ?? "";
  const samlRequestId = `_${newSecret(20)}`;
  const nameIdFormat = await nameIdUri(settings.nameIdFormat ?? "EMAIL");
  const xml = buildAuthnRequest({
    id: samlRequestId,
    issueInstant: ctx.now(),
    issuer: ours.entityId,
    destination: ssoUrl,
    acsUrl: ours.assertionUrl,
    forceAuthn: options.forceAuthentication || settings.forceAuthn === true,
    ...(nameIdFormat !== undefined && { nameIdFormat }),
  });
  const handle = newHandle();
  await beginLeg(ctx, connection, options, { handle, samlRequestId });
  if (settings.idpSsoBinding === "HTTP_POST")
    return { to: "form", ...postForm({ ssoUrl, xml, relayState: handle }) };
  return { to: "url", url: redirectUrl({ ssoUrl, xml, relayState: handle }) };
}

/**
 * Keeps a posted response for one GET of ours: the cross-site POST comes without our Lax cookies, and only
 * they tell whether this browser began the sign-in. Only an answer to a sign-in that is under way is kept, since
 * anyone may post here.
 * @returns the ticket that names it
 * @throws invalid_saml_form_params, invalid_state
 */
export async function keepResponse(
  ctx: Ctx,
  connectionId: string,
  posted: { samlResponse: string | null; relayState: string | null },
): Promise<string> {
  if (!posted.samlResponse) throw errors.invalid_saml_form_params();
  const leg = await findLeg(ctx, connectionId, posted.relayState ?? "");
  const ticket = newSecret();
  const now = ctx.now();
  await requests.setResponse(ctx, {
    ticket_hash: hashSecret(ticket),
    environment_id: ctx.environmentId,
    connection_id: leg.connection_id,
    handle_hash: leg.handle_hash,
    response: posted.samlResponse,
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

/**
 * Judges a response (SAML profiles 4.1.4.3) and reads who has signed in.
 * @throws AppError with a code of the integration error table
 */
export async function verify(
  ctx: Ctx,
  connection: Connection,
  leg: SsoRequest,
  response: string,
): Promise<Proof> {
  const [{ verifyResponse }, { mapProfile }] = await Promise.all([
    import("../../protocols/saml/response.ts"),
    import("../../protocols/saml/profile.ts"),
  ]);
  const settings = connection.settings as SamlSettings;
  const ours = await addresses(ctx, connection);
  const trusted = (await known.remember(ctx, connection.id))?.certificates ?? [];
  const assertion = await samlAttempt(() =>
    verifyResponse(
      response,
      {
        idpEntityId: settings.idpEntityId ?? "",
        certificates: trusted.map((row) => row.certificate),
        audience: ours.entityId,
        acsUrl: ours.assertionUrl,
        inResponseTo: leg.saml_request_id ?? "",
        signed: signedPart[settings.signingOption ?? defaultSigningOption],
        clockSkewSeconds,
      },
      ctx.now(),
    ),
  );
  const { email, rejectedEmail, ...profile } = mapProfile(
    assertion,
    connection.attribute_mapping as Record<string, string>,
  );
  if (!email)
    throw errors.mandatory_attribute_missing(seenNames(Object.keys(assertion.attributes), rejectedEmail));
  return {
    identity: {
      ...profile,
      email,
      emailVerified: true,
      connectionId: connection.id,
      organizationId: connection.organization_id ?? "",
      // A transient NameID is another one at each sign-in, so it cannot name a person.
      subject: assertion.nameId.format?.endsWith(":transient") ? email : assertion.nameId.value,
    },
    assertion: { id: assertion.assertionId, until: assertion.conditionsNotOnOrAfter },
  };
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

async function nameIdUri(format: NameIdFormat): Promise<string | undefined> {
  const { NAME_ID_FORMAT } = await import("../../protocols/saml/names.ts");
  const uris: Record<NameIdFormat, string> = {
    EMAIL: NAME_ID_FORMAT.emailAddress,
    PERSISTENT: NAME_ID_FORMAT.persistent,
    TRANSIENT: NAME_ID_FORMAT.transient,
    UNSPECIFIED: NAME_ID_FORMAT.unspecified,
  };
  return uris[format];
}

async function samlAttempt<T>(judge: () => T): Promise<T> {
  const { SamlError } = await import("../../protocols/saml/saml-error.ts");
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof SamlError)) throw error;
    throw new AppError(error.code, "INVALID_ARGUMENT", error.message, { cause: error });
  }
}
