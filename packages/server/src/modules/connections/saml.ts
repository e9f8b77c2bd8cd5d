/**
 * SAML 2.0 connections as a service provider: metadata of both sides, the request that begins a leg, and the
 * judgement of the response. The pure protocol is in `protocols/saml`, loaded at first use.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import type { IdpMetadata } from "../../protocols/saml/idp-metadata.ts";
import * as environments from "../environments/environments.ts";
import * as certificates from "./certificates.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { type NameIdFormat, type SamlAddresses, type SamlSettings, samlAddresses } from "./settings.ts";
import {
  beginLeg,
  type Departure,
  type LegOptions,
  newHandle,
  type Proof,
  type SsoRequest,
} from "./sign-in.ts";
import * as requests from "./sso-requests.store.ts";

const clockSkewSeconds = 120;
const metadataLimit = 5 * 1024 * 1024;

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
    wantAssertionsSigned: settings.signingOption !== "SAML_ONLY_RESPONSE_SIGNING",
    ...(nameIdFormat !== undefined && { nameIdFormat }),
  });
}

/**
 * Takes over what an identity provider publishes about itself: entity id, addresses and certificates.
 * @throws CONNECTION_METADATA_SOURCE, CONNECTION_METADATA_INVALID, CONNECTION_NOT_FOUND, CONNECTION_TYPE_FIXED
 */
export async function importIdpMetadata(
  ctx: Ctx,
  connectionId: string,
  source: { xml: string } | { url: string },
  organizationId?: string,
): Promise<Connection> {
  const metadata = await readMetadata(ctx, "xml" in source ? source.xml : await download(ctx, source.url));
  const fromUrl = "url" in source;
  return connections.update(
    ctx,
    connectionId,
    {
      type: "SAML",
      configurationType: fromUrl ? "DISCOVERY" : "MANUAL",
      saml: { ...settingsOf(metadata), ...(fromUrl && { idpMetadataUrl: source.url }) },
      idpCertificates: metadata.certificates.join("\n"),
    },
    organizationId,
  );
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
 * they tell whether this browser began the sign-in.
 * @returns the ticket that names it
 * @throws invalid_saml_form_params
 */
export async function keepResponse(
  ctx: Ctx,
  connectionId: string,
  posted: { samlResponse: string | null; relayState: string | null },
): Promise<string> {
  if (!posted.samlResponse) throw errors.invalid_saml_form_params();
  const connection = await connections.get(ctx, connectionId);
  const ticket = newSecret();
  const now = ctx.now();
  await requests.insertResponse(ctx, {
    ticket_hash: hashSecret(ticket),
    environment_id: ctx.environmentId,
    connection_id: connection.id,
    relay_state: posted.relayState ?? "",
    response: posted.samlResponse,
    created_at: now,
    expires_at: new Date(now.getTime() + 120_000),
  });
  return ticket;
}

/** The response behind a ticket. @throws invalid_state when it has expired or belongs to another connection */
export async function keptResponse(
  ctx: Ctx,
  connectionId: string,
  ticket: string,
): Promise<{ response: string; handle: string }> {
  const kept = await requests.findResponse(ctx, hashSecret(ticket), ctx.now());
  if (kept?.connection_id !== connectionId) throw errors.invalid_state();
  return { response: kept.response, handle: kept.relay_state };
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
  const trusted = await certificates.list(ctx, connection.id);
  const assertion = await samlAttempt(() =>
    verifyResponse(
      response,
      {
        idpEntityId: settings.idpEntityId ?? "",
        certificates: trusted.map((row) => row.certificate),
        audience: ours.entityId,
        acsUrl: ours.assertionUrl,
        inResponseTo: leg.saml_request_id ?? "",
        signed: signedPart[settings.signingOption ?? "SAML_ONLY_ASSERTION_SIGNING"],
        clockSkewSeconds,
      },
      ctx.now(),
    ),
  );
  const { email, rejectedEmail, ...profile } = mapProfile(
    assertion,
    connection.attribute_mapping as Record<string, string>,
  );
  if (!email) throw errors.mandatory_attribute_missing(seenAttributes(assertion.attributes, rejectedEmail));
  return {
    identity: {
      ...profile,
      email,
      connectionId: connection.id,
      organizationId: connection.organization_id ?? "",
      // A transient NameID is another one at each sign-in, so it cannot name a person.
      subject: assertion.nameId.format?.endsWith(":transient") ? email : assertion.nameId.value,
    },
    assertion: { id: assertion.assertionId, until: assertion.conditionsNotOnOrAfter },
  };
}

const signedPart = {
  SAML_ONLY_RESPONSE_SIGNING: "response",
  SAML_ONLY_ASSERTION_SIGNING: "assertion",
  SAML_RESPONSE_ASSERTION_SIGNING: "both",
  SAML_RESPONSE_OR_ASSERTION_SIGNING: "either",
} as const;

function seenAttributes(attributes: Record<string, string[]>, rejectedEmail: string | undefined): string {
  const names = Object.keys(attributes).slice(0, 20).join(", ") || "no attributes";
  return rejectedEmail === undefined
    ? names
    : `${names} (and "${rejectedEmail}", which is no e-mail address)`;
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

async function readMetadata(ctx: Ctx, xml: string): Promise<IdpMetadata> {
  const { parseIdpMetadata } = await import("../../protocols/saml/idp-metadata.ts");
  try {
    return parseIdpMetadata(xml, { allowInsecureUrls: ctx.app.config.mode === "development" });
  } catch (error) {
    throw errors.CONNECTION_METADATA_INVALID((error as Error).message).because(error);
  }
}

async function download(ctx: Ctx, url: string): Promise<string> {
  try {
    const answer = await ctx.app.fetch(url, { maxBytes: metadataLimit });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return await answer.text();
  } catch (error) {
    throw errors.CONNECTION_METADATA_INVALID((error as Error).message).because(error);
  }
}

function settingsOf(metadata: IdpMetadata): SamlSettings {
  const { redirect, post } = metadata.ssoUrls;
  const slo = metadata.sloUrls.redirect ?? metadata.sloUrls.post;
  return {
    idpEntityId: metadata.entityId,
    idpSsoUrl: redirect ?? post ?? "",
    idpSsoBinding: redirect === undefined ? "HTTP_POST" : "HTTP_REDIRECT",
    ...(slo !== undefined && { idpSloUrl: slo }),
  };
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
