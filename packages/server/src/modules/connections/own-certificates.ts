/**
 * Which of the environment's own certificates a SAML connection uses: the one that signs its requests, those that its
 * metadata shows, and the keys that open its assertions.
 */
import type { KeyObject } from "node:crypto";
import type { Ctx } from "../../context.ts";
import * as own from "../environments/saml-certificates.ts";
import { connectionErrors as errors } from "./errors.ts";
import type { SamlSettings } from "./settings.ts";

/**
 * Judges the certificate that changed settings name, and sees to it that there is one where they need one. Requests
 * that are to be signed without saying by which are signed by the newest of now, and go on being so: a renewal must not
 * change the signature before the identity provider has got the new certificate.
 * @returns the settings to keep
 * @throws CONNECTION_CERTIFICATE_UNKNOWN, CONNECTION_CERTIFICATE_EXPIRED
 */
export async function settle(ctx: Ctx, before: SamlSettings, wanted: SamlSettings): Promise<SamlSettings> {
  const signs = signsAnything(wanted);
  const asBefore = wanted.certificateId === before.certificateId && signs === signsAnything(before);
  if (wanted.certificateId && !asBefore) await refuseUnusable(ctx, wanted.certificateId);
  const newest = signs || wanted.assertionEncrypted ? await own.ensure(ctx) : undefined;
  return signs && newest && !wanted.certificateId ? { ...wanted, certificateId: newest.id } : wanted;
}

/**
 * What signs the connection's requests, undefined where they are not signed.
 * @throws invalid_saml_request when there is no valid certificate for it any more
 */
export async function signer(
  ctx: Ctx,
  settings: SamlSettings,
): Promise<{ key: KeyObject; certificate: string } | undefined> {
  if (!settings.wantRequestSigned) return undefined;
  const found = await inUse(ctx, settings);
  if (!found) throw errors.invalid_saml_request(settings.certificateId ?? "of the environment");
  return { key: found.privateKey, certificate: found.certificate };
}

/**
 * What signs the connection's logout messages, which are never sent without (SAML profiles 4.4.4). It is made now
 * where the environment has none.
 * @throws invalid_saml_request when the one that the connection names is not valid any more
 */
export async function logoutSigner(
  ctx: Ctx,
  settings: SamlSettings,
): Promise<{ key: KeyObject; certificate: string }> {
  if (!settings.certificateId) await own.ensure(ctx);
  const found = await inUse(ctx, settings);
  if (!found) throw errors.invalid_saml_request(settings.certificateId ?? "of the environment");
  return { key: found.privateKey, certificate: found.certificate };
}

/** Logout messages are signed whatever `want_request_signed` says of the others. */
function signsAnything({ wantRequestSigned, idpSloRequired, idpSloUrl }: SamlSettings): boolean {
  return wantRequestSigned === true || idpSloRequired === true || Boolean(idpSloUrl);
}

/** The private keys that may open an assertion, newest first. */
export async function decryptionKeys(ctx: Ctx): Promise<KeyObject[]> {
  return (await own.listValid(ctx)).map(({ privateKey }) => privateKey);
}

/**
 * PEM certificates for our metadata. For signing the one in use stands first, since some identity providers read
 * one only, and then the newest, so that they know it before it is chosen. For encryption the newest stands first.
 */
export async function published(
  ctx: Ctx,
  settings: SamlSettings,
): Promise<{ signing: string[]; encryption: string[] }> {
  const valid = await own.listValid(ctx);
  const used = (await inUse(ctx, settings))?.certificate;
  const newest = valid[0]?.certificate;
  // Some identity providers (Keycloak) read the last one only, others the first: both find the one in use.
  const signing = used === newest ? [used] : [used, newest, used];
  return {
    signing: signsAnything(settings) ? signing.filter((each) => each !== undefined) : [],
    encryption: settings.assertionEncrypted ? valid.slice(0, 2).map(({ certificate }) => certificate) : [],
  };
}

async function inUse(ctx: Ctx, settings: SamlSettings): Promise<own.SamlKey | undefined> {
  const valid = await own.listValid(ctx);
  return settings.certificateId ? valid.find(({ id }) => id === settings.certificateId) : valid[0];
}

async function refuseUnusable(ctx: Ctx, id: string): Promise<void> {
  const found = await own.find(ctx, id);
  if (!found) throw errors.CONNECTION_CERTIFICATE_UNKNOWN(id);
  if (found.expiresAt <= ctx.now()) throw errors.CONNECTION_CERTIFICATE_EXPIRED(id);
}
