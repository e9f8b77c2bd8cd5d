/** Warnings of identity providers' certificates that end soon, and the word that one has ended: each once. */
import { type Ctx, inTransaction } from "../../context.ts";
import * as store from "./certificates.store.ts";
import { certificateExpired, certificateExpiring } from "./events.ts";

/** Days before the end. Where a warning was missed, only the latest that is due is given. */
const warnings = [30, 7, 1];
const dayMs = 86_400_000;
/** Of one transaction. */
const batch = 100;

/** Announces what is due among the connections that could sign users in. */
export async function announce(ctx: Ctx): Promise<void> {
  while ((await inTransaction(ctx, announceSome)) === batch);
}

async function announceSome(ctx: Ctx): Promise<number> {
  const now = ctx.now().getTime();
  const marks = [0, ...warnings].map((days) => ({ days, end: new Date(now + days * dayMs) }));
  const found = await store.markWarned(ctx, marks, batch);
  for (const { days, ...certificate } of found) {
    const payload = {
      connection_id: certificate.connection_id,
      organization_id: certificate.organization_id,
      certificate_id: certificate.id,
      issuer: certificate.issuer,
      expires_at: certificate.expires_at.toISOString(),
    };
    const organizationId = certificate.organization_id ?? undefined;
    if (days === 0) await ctx.emit(certificateExpired, payload, organizationId);
    else await ctx.emit(certificateExpiring, { ...payload, days }, organizationId);
  }
  return found.length;
}
