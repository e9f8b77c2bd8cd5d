/**
 * The simulated SAML identity provider. It signs for connections of its own environment only, at their own
 * addresses, so that it is no signing service for strangers.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { newSecret } from "../../lib/secrets.ts";
import type { Connection } from "../connections/connections.ts";
import * as connections from "../connections/connections.ts";
import { type SamlAddresses, type SamlSettings, samlAddresses } from "../connections/settings.ts";
import * as environments from "../environments/environments.ts";
import * as samlCertificates from "../environments/saml-certificates.ts";
import { simulatorAddresses } from "./addresses.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { currentKey, untrustedKey } from "./key.ts";
import type { Choice, SignedIn } from "./people.ts";
import type { AuthnRequest, ResponseInput } from "./saml-messages.ts";
import { testConnection } from "./simulator.ts";

/** A sign-in that a service provider has asked for, or that begins here. */
export interface SamlSignIn {
  connection: Connection;
  sp: SamlAddresses;
  /** Undefined where nobody asked. */
  requestId: string | undefined;
  relayState: string | undefined;
}

const longestRelayState = 80;

/** The metadata document. @throws SIMULATOR_NOT_SET_UP */
export async function metadata(ctx: Ctx): Promise<string> {
  const { writeIdpMetadata } = await import("./saml-messages.ts");
  const { publicUrl } = await environments.current(ctx);
  const { certificate } = await currentKey(ctx);
  return writeIdpMetadata(simulatorAddresses(publicUrl).saml, certificate);
}

/**
 * Reads an AuthnRequest and finds the connection that sent it.
 * @throws SIMULATOR_REQUEST_INVALID, SIMULATOR_SERVICE_PROVIDER_UNKNOWN
 */
export async function receive(
  ctx: Ctx,
  message: { binding: "redirect" | "post"; samlRequest: string | null; relayState: string | null },
): Promise<SamlSignIn> {
  const { id, issuer, acsUrl } = await readRequest(message.samlRequest ?? "", message.binding);
  const { connection, sp } = await serviceProvider(ctx, connectionIdIn(issuer), issuer);
  if (sp.entityId !== issuer) throw errors.SIMULATOR_SERVICE_PROVIDER_UNKNOWN(shown(issuer));
  if (acsUrl !== undefined && acsUrl !== sp.assertionUrl) {
    throw errors.SIMULATOR_SERVICE_PROVIDER_UNKNOWN(`${shown(issuer)}, to answer at ${shown(acsUrl)}`);
  }
  return { connection, sp, requestId: id, relayState: checkRelayState(message.relayState) };
}

/**
 * A sign-in that begins at the identity provider, as by a tile on its dashboard (SAML profiles 4.1.5).
 * @param connectionId the test organization's own connection when left out
 * @throws SIMULATOR_NOT_SET_UP, SIMULATOR_REQUEST_INVALID, SIMULATOR_SERVICE_PROVIDER_UNKNOWN
 */
export async function start(
  ctx: Ctx,
  wanted: { connectionId: string | null; relayState: string | null },
): Promise<SamlSignIn> {
  const id = wanted.connectionId ?? (await testConnection(ctx, "SAML")).id;
  const { connection, sp } = await serviceProvider(ctx, id, id);
  return { connection, sp, requestId: undefined, relayState: checkRelayState(wanted.relayState) };
}

/**
 * The same sign-in once more, from what its page carried in hidden fields.
 * @param carried `requestId` is null for one that began here
 * @throws SIMULATOR_REQUEST_INVALID, SIMULATOR_SERVICE_PROVIDER_UNKNOWN
 */
export async function resume(
  ctx: Ctx,
  carried: { connectionId: string; requestId: string | null; relayState: string | null },
): Promise<SamlSignIn> {
  const { isXmlName } = await import("./saml-messages.ts");
  const requestId = carried.requestId ?? undefined;
  if (requestId !== undefined && !isXmlName(requestId))
    throw errors.SIMULATOR_REQUEST_INVALID("it names no request");
  const { connection, sp } = await serviceProvider(ctx, carried.connectionId, carried.connectionId);
  return { connection, sp, requestId, relayState: checkRelayState(carried.relayState) };
}

/** The form that carries the answer to the service provider (SAML bindings 3.5). */
export async function answer(
  ctx: Ctx,
  signIn: SamlSignIn,
  choice: Choice,
): Promise<{ action: string; fields: Record<string, string> }> {
  const { writeFailure } = await import("./saml-messages.ts");
  const { publicUrl } = await environments.current(ctx);
  const { privateKey, certificate } = await currentKey(ctx);
  const input: ResponseInput = {
    idpEntityId: simulatorAddresses(publicUrl).saml.entityId,
    acsUrl: signIn.sp.assertionUrl,
    audience: signIn.sp.entityId,
    inResponseTo: signIn.requestId,
    responseId: `_${newSecret(20)}`,
    assertionId: `_${newSecret(20)}`,
    now: ctx.now(),
    signing: { key: privateKey, certificate },
  };
  const xml = "person" in choice ? await response(ctx, input, choice) : writeFailure(input, choice.failure);
  const SAMLResponse = Buffer.from(xml).toString("base64");
  const { relayState } = signIn;
  return {
    action: signIn.sp.assertionUrl,
    fields: { SAMLResponse, ...(relayState !== undefined && { RelayState: relayState }) },
  };
}

async function response(ctx: Ctx, input: ResponseInput, choice: SignedIn): Promise<string> {
  const [{ writeResponse }, { bend }] = await Promise.all([
    import("./saml-messages.ts"),
    import("./saml-misbehaviours.ts"),
  ]);
  const { privateKey: key, certificate } = await untrustedKey(ctx);
  // There is a key to open it then, and it is the wrong one.
  if (choice.misbehaviour === "wrong_encryption") await samlCertificates.ensure(ctx);
  const bent = bend({ input, person: choice.person }, choice.misbehaviour, { key, certificate });
  return writeResponse(bent.input, bent.person);
}

async function readRequest(samlRequest: string, binding: "redirect" | "post"): Promise<AuthnRequest> {
  const { readAuthnRequest } = await import("./saml-messages.ts");
  const { SamlError } = await import("../../protocols/saml/saml-error.ts");
  if (samlRequest === "")
    throw errors.SIMULATOR_REQUEST_INVALID("SAMLRequest is missing. Start at the application");
  try {
    return readAuthnRequest(samlRequest, binding);
  } catch (error) {
    if (!(error instanceof SamlError)) throw error;
    throw errors.SIMULATOR_REQUEST_INVALID(error.message).because(error);
  }
}

async function serviceProvider(ctx: Ctx, connectionId: string, seen: string) {
  const connection = await connections.get(ctx, connectionId).catch((error: unknown) => {
    if (error instanceof AppError)
      throw errors.SIMULATOR_SERVICE_PROVIDER_UNKNOWN(shown(seen)).because(error);
    throw error;
  });
  if (connection.type !== "SAML") throw errors.SIMULATOR_SERVICE_PROVIDER_UNKNOWN(shown(seen));
  const { publicUrl } = await environments.current(ctx);
  return { connection, sp: samlAddresses(publicUrl, connection.id, connection.settings as SamlSettings) };
}

function connectionIdIn(entityId: string): string {
  return /\/(conn_[0-9]{15,19})$/.exec(entityId)?.[1] ?? "";
}

function checkRelayState(relayState: string | null): string | undefined {
  // SAML bindings 3.4.3
  if (Buffer.byteLength(relayState ?? "") > longestRelayState) {
    throw errors.SIMULATOR_REQUEST_INVALID(`RelayState is longer than ${longestRelayState} bytes`);
  }
  return relayState || undefined;
}

function shown(seen: string): string {
  return seen.slice(0, 200);
}
