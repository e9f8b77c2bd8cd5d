/** Certificates of identity providers: which keys a SAML connection trusts. Several may stand side by side. */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import type { CertificateInfo } from "../../protocols/saml/certificate.ts";
import type { Certificate } from "./certificates.store.ts";
import * as store from "./certificates.store.ts";
import { connectionErrors as errors } from "./errors.ts";

export type { Certificate };

export async function list(ctx: Ctx, connectionId: string): Promise<Certificate[]> {
  return store.list(ctx, connectionId);
}

/** Whether the certificates in `text` are those that a connection has. @throws CONNECTION_CERTIFICATE_INVALID */
export async function areAlready(ctx: Ctx, connectionId: string, text: string): Promise<boolean> {
  const trusted = new Set((await store.list(ctx, connectionId)).map(({ fingerprint }) => fingerprint));
  const read = await readText(text);
  return (
    read.length === trusted.size && read.every(({ sha256Fingerprint }) => trusted.has(sha256Fingerprint))
  );
}

/**
 * Makes the certificates in `text` (PEM blocks or bare base64) the ones of a connection; an empty text leaves none.
 * @throws CONNECTION_CERTIFICATE_INVALID saying what the text is instead
 */
export async function replace(ctx: Ctx, connectionId: string, text: string): Promise<void> {
  const read = await readText(text);
  await store.replace(
    ctx,
    connectionId,
    read.map((certificate) => ({
      id: newId("idpcert"),
      environment_id: ctx.environmentId,
      connection_id: connectionId,
      certificate: certificate.pem,
      fingerprint: certificate.sha256Fingerprint,
      issuer: certificate.issuer,
      expires_at: certificate.notAfter,
      created_at: ctx.now(),
    })),
  );
}

/** The certificates in a text, none twice. */
async function readText(text: string): Promise<CertificateInfo[]> {
  const { readCertificates } = await import("../../protocols/saml/certificate.ts");
  try {
    return text.trim() === "" ? [] : readCertificates(text);
  } catch (error) {
    throw errors.CONNECTION_CERTIFICATE_INVALID((error as Error).message).because(error);
  }
}
