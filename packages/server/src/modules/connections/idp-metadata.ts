/**
 * What identity providers publish about themselves (SAML metadata 2.4.3): read from a document or from its
 * address, and taken over by a connection.
 */
import type { Ctx } from "../../context.ts";
import type { IdpMetadata } from "../../protocols/saml/idp-metadata.ts";
import type { Connection, ConnectionPatch } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import type { Binding, SamlSettings } from "./settings.ts";

const metadataLimit = 5 * 1024 * 1024;

/**
 * Takes over an identity provider's metadata: entity id, addresses and certificates.
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
  return connections.update(ctx, connectionId, patch, organizationId);
}

/**
 * Changes a connection. One that is set up by discovery has its metadata fetched and taken over at once, when
 * the address is new or the connection is not complete yet; what the metadata says goes before what is typed.
 * @throws CONNECTION_METADATA_INVALID and what `connections.update` throws; nothing is changed then
 */
export async function updateWithMetadata(
  ctx: Ctx,
  connectionId: string,
  patch: ConnectionPatch,
  organizationId?: string,
): Promise<Connection> {
  const connection = await connections.get(ctx, connectionId, organizationId);
  const url = addressToRead(connection, patch);
  if (url === undefined) return connections.update(ctx, connectionId, patch, organizationId);
  const taken = await takenOver(ctx, connection, await download(ctx, url), patch);
  return connections.update(ctx, connectionId, taken, organizationId);
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

async function takenOver(
  ctx: Ctx,
  connection: Connection,
  xml: string,
  patch: ConnectionPatch,
): Promise<ConnectionPatch> {
  const metadata = await readMetadata(ctx, xml);
  const wanted = patch.saml?.idpSsoBinding ?? (connection.settings as SamlSettings).idpSsoBinding;
  return {
    ...patch,
    saml: { ...patch.saml, ...settingsOf(metadata, wanted) },
    idpCertificates: metadata.certificates.join("\n"),
  };
}

async function readMetadata(ctx: Ctx, xml: string): Promise<IdpMetadata> {
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

async function download(ctx: Ctx, url: string): Promise<string> {
  try {
    const answer = await ctx.app.fetch(url, { maxBytes: metadataLimit });
    if (answer.ok) return await answer.text();
    await answer.body?.cancel();
    throw new Error(`${url} answered ${answer.status}`);
  } catch (error) {
    throw errors.CONNECTION_METADATA_INVALID((error as Error).message).because(error);
  }
}

/** @param wanted the binding that was chosen for the connection, kept where the provider offers it */
function settingsOf(metadata: IdpMetadata, wanted: Binding | undefined): SamlSettings {
  const { redirect, post } = metadata.ssoUrls;
  const byPost = post !== undefined && (redirect === undefined || wanted === "HTTP_POST");
  return {
    idpEntityId: metadata.entityId,
    idpSsoUrl: (byPost ? post : redirect) ?? "",
    idpSsoBinding: byPost ? "HTTP_POST" : "HTTP_REDIRECT",
    idpSloUrl: metadata.sloUrls.redirect ?? metadata.sloUrls.post ?? "",
  };
}
