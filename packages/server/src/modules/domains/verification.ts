/**
 * The proof that an organization holds a domain: a TXT record at the domain itself, whose value only we and the
 * organization know. It is looked up on request and by schedule; without it, the domain is given up after 48 hours.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { resolveTxt } from "../../lib/dns.ts";
import type { OrganizationRef } from "../organizations/organizations.ts";
import * as store from "./domains.store.ts";
import * as domains from "./domains.ts";
import { domainData, domainVerificationFailed, domainVerified } from "./events.ts";
import { ownDomains } from "./remembered.ts";
import { nextCheck } from "./verification-schedule.ts";

const timeoutMs = 3_000;
const batch = 200;
/** Look-ups mostly wait. */
const atOnce = 20;

/**
 * Looks the record up now, unless the domain needs none.
 * @returns whether the domain counts as verified; a missing record and a silent name server are no errors
 * @throws ORGANIZATION_NOT_FOUND, DOMAIN_NOT_FOUND
 */
export async function verify(ctx: Ctx, organization: OrganizationRef, id: string): Promise<boolean> {
  const domain = await domains.get(ctx, organization, id);
  if (domain.verification_status !== "PENDING") return domain.verification_status !== "FAILED";
  return (await hasRecord(ctx, domain)) && (await settleVerified(ctx, domain));
}

/**
 * Looks up the records that are due in the environment.
 * @param until when to stop; what is left then is done in the next run
 */
export async function checkDue(ctx: Ctx, until: Date): Promise<void> {
  for (;;) {
    const due = await store.listDue(ctx, ctx.now(), batch);
    for (let at = 0; at < due.length; at += atOnce) {
      if (ctx.now() >= until) return;
      await Promise.all(due.slice(at, at + atOnce).map((domain) => check(ctx, domain)));
    }
    if (due.length < batch) return;
  }
}

/** Each call settles the domain or moves its next look-up, so that none is due twice. */
async function check(ctx: Ctx, domain: domains.Domain): Promise<void> {
  if (await hasRecord(ctx, domain)) {
    await settleVerified(ctx, domain);
    return;
  }
  const next = nextCheck(domain.created_at, ctx.now());
  if (next) await store.setPending(ctx, domain.id, { next_check_at: next });
  else await settleFailed(ctx, domain);
}

async function hasRecord(ctx: Ctx, domain: domains.Domain): Promise<boolean> {
  const wanted = `${domain.txt_record_key}=${domain.txt_record_secret}`;
  try {
    const records = await resolveTxt(domain.domain, { servers: ctx.app.config.dns, timeoutMs });
    return records.some((record) => record.trim() === wanted);
  } catch (err) {
    ctx.log.info({ err, domain: domain.domain }, "the TXT record of a domain could not be looked up");
    return false;
  }
}

/** @returns false when the domain is another organization's by now, which ends the wait */
async function settleVerified(ctx: Ctx, domain: domains.Domain): Promise<boolean> {
  try {
    await inTransaction(ctx, (ctx) => settle(ctx, domain, "VERIFIED"));
    return true;
  } catch (error) {
    if (brokenUniqueIndex(error) !== "domains_one_owner") throw error;
    await settleFailed(ctx, domain);
    return false;
  }
}

async function settleFailed(ctx: Ctx, domain: domains.Domain): Promise<void> {
  await inTransaction(ctx, (ctx) => settle(ctx, domain, "FAILED"));
}

/** Of several look-ups at once, one tells. */
async function settle(ctx: Ctx, { id }: domains.Domain, status: "VERIFIED" | "FAILED"): Promise<void> {
  const settled = await store.setPending(ctx, id, {
    verification_status: status,
    next_check_at: null,
    updated_at: ctx.now(),
  });
  if (!settled) return;
  await ownDomains.forget(ctx, settled.organization_id);
  const told = status === "VERIFIED" ? domainVerified : domainVerificationFailed;
  await ctx.emit(told, domainData(settled), settled.organization_id);
}
