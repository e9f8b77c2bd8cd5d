/**
 * Metadata that is read again: on a schedule, and at once where a response is signed by a key that nobody told us of.
 * So an identity provider replaces its certificates without an outage here. What was read badly changes nothing.
 */
import { setTimeout as wait } from "node:timers/promises";
import { type Ctx, inTransaction } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { IdpMetadata } from "../../protocols/saml/idp-metadata.ts";
import * as certificates from "./certificates.ts";
import * as store from "./connections.store.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { download, patchFrom, readMetadata } from "./idp-metadata.ts";
import * as reads from "./metadata-reads.store.ts";
import { known } from "./remembered.ts";
import type { SamlSettings } from "./settings.ts";

const hourMs = 3_600_000;
/** A response of an unknown key may be anybody's: it makes us ask the identity provider no oftener than this. */
const oncePerMs = 300_000;
/** Longer than the guarded fetch takes at the most. */
const longestReadMs = 15_000;
const pollMs = 100;
/** Read at the same time: each may take ten seconds and 5 MiB. */
const batch = 5;

/** Reads what is due: every 24 hours, and every hour after a failure. Begins nothing new after `until`. */
export async function refreshDue(ctx: Ctx, until: Date): Promise<void> {
  while (ctx.now() < until) {
    const now = ctx.now().getTime();
    const due = { good: new Date(now - 24 * hourMs), failed: new Date(now - hourMs), limit: batch };
    const ids = await reads.claim(ctx, due, ctx.now());
    if (ids.length === 0) return;
    await Promise.all(ids.map((id) => refresh(ctx, id)));
  }
}

/**
 * Judges a response by the certificates that the connection trusts. Where none of them has signed it, the identity
 * provider may have new ones: its metadata is read, and when it says so the response is judged once more.
 * @param judge gets the certificates, PEM, and throws what it finds
 */
export async function judgeByPublished<T>(
  ctx: Ctx,
  connection: Connection,
  judge: (trusted: string[]) => Promise<T>,
): Promise<T> {
  const before = await trusted(ctx, connection.id);
  try {
    return await judge(before);
  } catch (error) {
    if (!isOfUnknownKey(error) || addressOf(connection) === undefined) throw error;
    await refreshOnce(ctx, connection.id);
    const after = await trusted(ctx, connection.id);
    if (isSame(before, after)) throw error;
    ctx.log.info({ connection: connection.id }, "the identity provider has new certificates");
    return judge(after);
  }
}

async function trusted(ctx: Ctx, id: string): Promise<string[]> {
  const found = await known.remember(ctx, id);
  return (found?.certificates ?? []).map(({ certificate }) => certificate);
}

function isOfUnknownKey(error: unknown): boolean {
  const reason = error instanceof AppError ? error.evidence?.reason : undefined;
  return reason === "signature_mismatch" || reason === "certificate_expired";
}

/** All who meet the new key at once wait for the same reading. */
async function refreshOnce(ctx: Ctx, id: string): Promise<void> {
  const read = async () => {
    const now = ctx.now();
    const before = new Date(now.getTime() - oncePerMs);
    if (await reads.claimOne(ctx, id, before, now)) await refresh(ctx, id);
    else await untilRead(ctx, id, new Date(now.getTime() - longestReadMs));
  };
  await ctx.app.cache.get("metadata_refreshes", id, read, { ttlSeconds: 0 });
}

/** Another process reads at this moment: what it finds is what a sign-in here waits for. */
async function untilRead(ctx: Ctx, id: string, since: Date): Promise<void> {
  const attempts = longestReadMs / pollMs;
  for (let attempt = 0; attempt < attempts && (await reads.isUnderWay(ctx, id, since)); attempt++)
    await wait(pollMs);
  // The other process has announced its change, and the announcement may still be on its way.
  await known.forget(ctx, id);
}

/** Reads the metadata of one connection. A failure is noted and logged, and leaves all as it is. */
async function refresh(ctx: Ctx, id: string): Promise<void> {
  const connection = await store.find(ctx, id);
  const url = connection && addressOf(connection);
  if (!connection || url === undefined) return;
  try {
    const metadata = await readMetadata(ctx, await download(ctx, url));
    await inTransaction(ctx, (ctx) => takeOver(ctx, id, url, metadata));
  } catch (error) {
    await reads.set(ctx, id, { at: ctx.now(), problem: problemOf(error) });
    // An address that is gone for good would else fill the log with one line an hour.
    const level = connection.metadata_problem === "" || !(error instanceof AppError) ? "warn" : "debug";
    ctx.log[level]({ err: error, connection: id, url }, "metadata was not taken over");
  }
}

async function takeOver(ctx: Ctx, id: string, url: string, metadata: IdpMetadata): Promise<void> {
  await store.lock(ctx, id);
  const connection = await store.find(ctx, id);
  // Set up anew, or deleted, while the answer was on its way.
  if (!connection || addressOf(connection) !== url) return;
  refuseOther(connection, metadata);
  await refuseExpired(ctx, metadata);
  const patch = patchOf(connection, metadata);
  if (!(await isTakenOver(ctx, connection, patch))) await connections.update(ctx, id, patch);
  await reads.set(ctx, id, { at: ctx.now(), problem: "" });
}

/** Another entity id is another identity provider, whose subjects are other people: that is for somebody to decide. */
function refuseOther(connection: Connection, metadata: IdpMetadata): void {
  const { idpEntityId } = connection.settings as SamlSettings;
  if (metadata.entityId === idpEntityId) return;
  throw errors.CONNECTION_METADATA_INVALID(
    `it is of ${metadata.entityId.slice(0, 200)}, and the connection's is ${idpEntityId}; import it by hand if that is meant`,
  );
}

/** @throws CONNECTION_METADATA_INVALID when no certificate is left that could have signed anything */
async function refuseExpired(ctx: Ctx, metadata: IdpMetadata): Promise<void> {
  const { readCertificates } = await import("../../protocols/saml/certificate.ts");
  const all = metadata.certificates.flatMap(readCertificates);
  if (all.some(({ notAfter }) => notAfter > ctx.now())) return;
  throw errors.CONNECTION_METADATA_INVALID("all certificates in it have expired");
}

/** Signed requests that somebody has switched off stay off. */
function patchOf(connection: Connection, metadata: IdpMetadata) {
  const { wantRequestSigned } = connection.settings as SamlSettings;
  const { saml, idpCertificates } = patchFrom(connection, metadata);
  const signing = metadata.wantAuthnRequestsSigned && { wantRequestSigned: wantRequestSigned ?? true };
  return { type: "SAML" as const, saml: { ...saml, ...signing }, idpCertificates };
}

/** Whether the connection has all of it already. */
async function isTakenOver(
  ctx: Ctx,
  connection: Connection,
  patch: { saml: SamlSettings; idpCertificates: string },
): Promise<boolean> {
  const settings = connection.settings as Record<string, unknown>;
  const isKnown = Object.entries(patch.saml).every(([name, value]) => settings[name] === value);
  return isKnown && (await certificates.areAlready(ctx, connection.id, patch.idpCertificates));
}

/** Where the connection's metadata is, if it is to be read from there. */
function addressOf(connection: Connection): string | undefined {
  if (connection.type !== "SAML" || connection.configuration_type !== "DISCOVERY") return undefined;
  return (connection.settings as SamlSettings).idpMetadataUrl || undefined;
}

function problemOf(error: unknown): string {
  return error instanceof AppError
    ? error.message.slice(0, 1_000)
    : "it could not be read for a reason of ours";
}

function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((each) => after.includes(each));
}
