/** A SAML connection of ours, set up from the identity provider's metadata; what is not named keeps its default. */
import type { Gatehouse } from "./gatehouse.ts";
import {
  type Connection,
  createConnection,
  enableConnection,
  importMetadata,
  newestSpCertificate,
  type Tenant,
  updateConnection,
} from "./tenant.ts";

/** What a case wants of our connection. */
export type SamlConfig = {
  /** Fields of our `saml_config`, set after the metadata was taken over. */
  config?: Record<string, unknown>;
  /** Whether our connection names a certificate of ours; where it needs one and names none, the server chooses. */
  certificate?: boolean;
};

/** Makes an enabled connection to the identity provider whose metadata is at `metadataUrl`. */
export async function connectSaml(
  gatehouse: Gatehouse,
  tenant: Tenant,
  metadataUrl: string,
  options: SamlConfig,
): Promise<Connection> {
  const empty = await createConnection(gatehouse, tenant, "SAML");
  const filled = await importMetadata(gatehouse, empty, metadataUrl);
  const certificate = options.certificate && { certificate_id: await newestSpCertificate(gatehouse, tenant) };
  const saml_config = { ...certificate, ...options.config };
  const isChanged = Object.keys(saml_config).length > 0;
  const connection = isChanged ? await updateConnection(gatehouse, filled, { saml_config }) : filled;
  await enableConnection(gatehouse, connection);
  return connection;
}
