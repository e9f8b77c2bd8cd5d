/**
 * What identity providers publish about themselves (SAML metadata 2.4.3): read from a document or from its
 * address, and taken over by a connection.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import type { BindingUrls, IdpMetadata } from "../../protocols/saml/idp-metadata.ts";
import * as certificates from "./certificates.ts";
import type { Connection, ConnectionPatch } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import * as reads from "./metadata-reads.store.ts";
import type { Binding, SamlSettings } from "./settings.ts";
import { checkSettings } from "./settings-rules.ts";

const metadataLimit = 5 * 1024 * 1024;

/**
 * Takes over an identity provider's metadata: entity id, addresses and certificates. Where it wants signed requests,
 * they are signed from then on.
 * @throws CONNECTION_METADATA_INVALID, CONNECTION_NOT_FOUND, CONNECTION_TYPE_FIXED
 */
export async function importIdpMetadata(
  ctx: Ctx,
  connectionId: string,
  source: { xml: string } | { url: string },
  organizationId?: string,
): Promise<Connection> {
  // Before anything is fetched: who may not change the connection has nothing fetched either.
  const connection = await connections.get(ctx, connectionId, organizationId);
  if (connection.type !== "SAML") throw errors.CONNECTION_TYPE_FIXED(connection.type);
  const xml = "xml" in source ? source.xml : await download(ctx, source.url);
  const taken = await takenOver(ctx, connection, xml, { type: "SAML" });
  const patch: ConnectionPatch =
    "url" in source
      ? { ...taken, configurationType: "DISCOVERY", saml: { ...taken.saml, idpMetadataUrl: source.url } }
      : { ...taken, configurationType: "MANUAL" };
  return updateAsRead(ctx, connectionId, patch, organizationId);
}

/**
 * Changes a connection. One that is set up by discovery has its metadata fetched and taken over at once, when
 * the address is new or the connection is not complete yet; what the metadata says goes before what is typed.
 * @throws CONNECTION_METADATA_INVALID and what `connections.update` throws; nothing is changed then
 */
export async function updateWithMetadata(
  ctx: Ctx,
  connectionId: string,
  input: ConnectionPatch,
  organizationId?: string,
): Promise<Connection> {
  const connection = await connections.get(ctx, connectionId, organizationId);
  const patch = (await isDiscovered(ctx, connection, input))
    ? { ...input, configurationType: "DISCOVERY" as const }
    : input;
  const url = addressToRead(connection, patch);
  if (url === undefined) return connections.update(ctx, connectionId, patch, organizationId);
  checkSettings(ctx, connection.provider, connection.type, { idpMetadataUrl: url });
  const taken = await takenOver(ctx, connection, await download(ctx, url), patch);
  return updateAsRead(ctx, connectionId, taken, organizationId);
}

/** Where the address of its metadata is all that is known of an identity provider, it is there to be read. */
async function isDiscovered(ctx: Ctx, connection: Connection, patch: ConnectionPatch): Promise<boolean> {
  const { idpMetadataUrl: known, ...before } = connection.settings as SamlSettings;
  const { idpMetadataUrl: url, ...more } = patch.saml ?? {};
  const isTyped = [before, more].some((saml) => saml.idpEntityId || saml.idpSsoUrl || saml.idpSloUrl);
  const saysHow = patch.configurationType !== undefined || Boolean(patch.idpCertificates);
  if (connection.type !== "SAML" || !url || url === known || isTyped || saysHow) return false;
  return (await certificates.list(ctx, connection.id)).length === 0;
}

function addressToRead(connection: Connection, patch: ConnectionPatch): string | undefined {
  if (connection.type !== "SAML" || (patch.type !== undefined && patch.type !== "SAML")) return undefined;
  const { idpMetadataUrl: known } = connection.settings as SamlSettings;
  const url = patch.saml?.idpMetadataUrl ?? known;
  if (!url || (patch.configurationType ?? connection.configuration_type) !== "DISCOVERY") return undefined;
  const asBefore =
    url === known && connection.configuration_type === "DISCOVERY" && connection.status === "COMPLETED";
  return asBefore ? undefined : url;
}

async function updateAsRead(
  ctx: Ctx,
  connectionId: string,
  patch: ConnectionPatch,
  organizationId: string | undefined,
): Promise<Connection> {
  return inTransaction(ctx, async (ctx) => {
    const changed = await connections.update(ctx, connectionId, patch, organizationId);
    await reads.set(ctx, connectionId, { at: ctx.now(), problem: "" });
    return changed;
  });
}

async function takenOver(
  ctx: Ctx,
  connection: Connection,
  xml: string,
  patch: ConnectionPatch,
): Promise<ConnectionPatch> {
  const metadata = await readMetadata(ctx, xml);
  if (metadata.wantAuthnRequestsSigned)
    ctx.log.info({ connection: connection.id }, "the identity provider wants signed requests");
  const published = patchFrom(connection, metadata, patch.saml);
  const { idpEntityId } = connection.settings as SamlSettings;
  return {
    ...patch,
    ...published,
    saml: {
      // An address that the metadata does not name is another provider's, unless it is given with it.
      ...(metadata.entityId !== idpEntityId && { idpSloUrl: "" }),
      ...patch.saml,
      ...published.saml,
      ...(metadata.wantAuthnRequestsSigned && { wantRequestSigned: true }),
    },
  };
}

/**
 * What a connection takes of metadata.
 * @param wanted the bindings that are chosen now; else the connection's are kept, where the provider offers them
 */
export function patchFrom(
  connection: Connection,
  metadata: IdpMetadata,
  wanted?: SamlSettings,
): { saml: SamlSettings; idpCertificates: string } {
  const { idpSsoBinding, idpSloBinding } = { ...(connection.settings as SamlSettings), ...wanted };
  const sso = endpoint(metadata.ssoUrls, idpSsoBinding);
  const slo = endpoint(metadata.sloUrls, idpSloBinding);
  return {
    saml: {
      idpEntityId: metadata.entityId,
      ...(sso && { idpSsoUrl: sso.url, idpSsoBinding: sso.binding }),
      ...(slo && { idpSloUrl: slo.url, idpSloBinding: slo.binding }),
    },
    idpCertificates: metadata.certificates.join("\n"),
  };
}

function endpoint(
  { redirect, post }: BindingUrls,
  wanted: Binding | undefined,
): { url: string; binding: Binding } | undefined {
  if (post !== undefined && (redirect === undefined || wanted === "HTTP_POST"))
    return { url: post, binding: "HTTP_POST" };
  return redirect === undefined ? undefined : { url: redirect, binding: "HTTP_REDIRECT" };
}

/** @throws CONNECTION_METADATA_INVALID also for a document that is past its end */
export async function readMetadata(ctx: Ctx, xml: string): Promise<IdpMetadata> {
  const { parseIdpMetadata } = await import("../../protocols/saml/idp-metadata.ts");
  try {
    const metadata = parseIdpMetadata(xml, { allowInsecureUrls: ctx.app.config.mode === "development" });
    // SAML metadata 2.3.2: past its end a document says nothing any more.
    if (!metadata.validUntil || metadata.validUntil > ctx.now()) return metadata;
    throw new Error(
      `it expired on ${metadata.validUntil.toISOString()}; export it again from the identity provider`,
    );
  } catch (error) {
    throw errors.CONNECTION_METADATA_INVALID((error as Error).message).because(error);
  }
}

/** @throws CONNECTION_METADATA_INVALID when the address may not be reached or answers badly */
export async function download(ctx: Ctx, url: string): Promise<string> {
  try {
    const answer = await ctx.app.fetch(url, { maxBytes: metadataLimit });
    if (answer.ok) return await answer.text();
    await answer.body?.cancel();
    throw new Error(`${url} answered ${answer.status}`);
  } catch (error) {
    throw errors.CONNECTION_METADATA_INVALID((error as Error).message).because(error);
  }
}
