/** Certificates of identity providers: which keys a SAML connection trusts. Several may stand side by side. */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import type { Certificate } from "./certificates.store.ts";
import * as store from "./certificates.store.ts";
import { connectionErrors as errors } from "./errors.ts";

export type { Certificate };

export async function list(ctx: Ctx, connectionId: string): Promise<Certificate[]> {
  return store.list(ctx, connectionId);
}

/**
 * Makes the certificates in `text` (PEM blocks or bare base64) the ones of a connection; an empty text leaves none.
 * @throws CONNECTION_CERTIFICATE_INVALID saying what the text is instead
 */
export async function replace(ctx: Ctx, connectionId: string, text: string): Promise<void> {
  const { readCertificates } = await import("../../protocols/saml/certificate.ts");
  const read = text.trim() === "" ? [] : attempt(() => readCertificates(text));
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

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw errors.CONNECTION_CERTIFICATE_INVALID((error as Error).message).because(error);
  }
}
