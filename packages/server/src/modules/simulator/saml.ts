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
import { simulatorAddresses } from "./addresses.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { currentKey } from "./key.ts";
import type { Choice } from "./people.ts";
import type { AuthnRequest } from "./saml-messages.ts";

/** A sign-in that a service provider has asked for. */
export interface SamlSignIn {
  connection: Connection;
  sp: SamlAddresses;
  requestId: string;
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
 * The same sign-in once more, from what its page carried in hidden fields.
 * @throws SIMULATOR_REQUEST_INVALID, SIMULATOR_SERVICE_PROVIDER_UNKNOWN
 */
export async function resume(
  ctx: Ctx,
  carried: { connectionId: string; requestId: string; relayState: string | null },
): Promise<SamlSignIn> {
  const { isXmlName } = await import("./saml-messages.ts");
  if (!isXmlName(carried.requestId)) throw errors.SIMULATOR_REQUEST_INVALID("it names no request");
  const { connection, sp } = await serviceProvider(ctx, carried.connectionId, carried.connectionId);
  return { connection, sp, requestId: carried.requestId, relayState: checkRelayState(carried.relayState) };
}

/** The form that carries the answer to the service provider (SAML bindings 3.5). */
export async function answer(
  ctx: Ctx,
  signIn: SamlSignIn,
  choice: Choice,
): Promise<{ action: string; fields: Record<string, string> }> {
  const { writeFailure, writeResponse } = await import("./saml-messages.ts");
  const { publicUrl } = await environments.current(ctx);
  const { privateKey, certificate } = await currentKey(ctx);
  const input = {
    idpEntityId: simulatorAddresses(publicUrl).saml.entityId,
    acsUrl: signIn.sp.assertionUrl,
    audience: signIn.sp.entityId,
    inResponseTo: signIn.requestId,
    responseId: `_${newSecret(20)}`,
    assertionId: `_${newSecret(20)}`,
    now: ctx.now(),
    signing: { key: privateKey, certificate },
  };
  const xml = "person" in choice ? writeResponse(input, choice.person) : writeFailure(input, choice.failure);
  const SAMLResponse = Buffer.from(xml).toString("base64");
  const { relayState } = signIn;
  return {
    action: signIn.sp.assertionUrl,
    fields: { SAMLResponse, ...(relayState !== undefined && { RelayState: relayState }) },
  };
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
