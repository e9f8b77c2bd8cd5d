/** What a case sets up at our side: an organization with a domain, and a connection to the peer under test. */
import type { Gatehouse, Json } from "./gatehouse.ts";

/** An organization that owns the domain of its people's addresses. */
export type Tenant = {
  id: string;
  environmentId: string;
  domain: string;
  /** The one person who signs in. */
  email: string;
};

/** A connection of a tenant. */
export type Connection = {
  id: string;
  tenant: Tenant;
  /** Its path below `/api/v1`. */
  path: string;
  /** As the API showed it last: addresses of our side are in it. */
  saml: Json;
  oidc: Json;
};

let tenants = 0;

/** Makes a new organization with a domain of its own. */
export async function createTenant({ api }: Gatehouse): Promise<Tenant> {
  const number = ++tenants;
  const domain = `customer-${number}.com`;
  const { organization } = await api("POST", "/organizations", { display_name: `Customer ${number}` });
  const added = await api("POST", `/organizations/${organization?.id}/domains`, { domain });
  const environmentId = added.domain?.environment_id ?? "";
  return { id: organization?.id ?? "", environmentId, domain, email: `ada@${domain}` };
}

/** Makes a connection that is still empty and off. */
export async function createConnection(
  gatehouse: Gatehouse,
  tenant: Tenant,
  type: "SAML" | "OIDC",
): Promise<Connection> {
  const collection = `/organizations/${tenant.id}/connections`;
  const { connection } = await gatehouse.api("POST", collection, { provider: "CUSTOM", type });
  const id: string = connection?.id ?? "";
  return refreshed(gatehouse, {
    id,
    tenant,
    path: `${collection}/${id}`,
    saml: {} as Json,
    oidc: {} as Json,
  });
}

/** Changes what is sent, and shows the connection as it is then. */
export async function updateConnection(
  gatehouse: Gatehouse,
  connection: Connection,
  changes: object,
): Promise<Connection> {
  const type = "oidc_config" in changes ? "OIDC" : "SAML";
  await gatehouse.api("PATCH", connection.path, { provider: "CUSTOM", type, ...changes });
  return refreshed(gatehouse, connection);
}

/** Takes over what the identity provider publishes at `url`; done again, it is read again. */
export async function importMetadata(
  gatehouse: Gatehouse,
  connection: Connection,
  url: string,
): Promise<Connection> {
  await gatehouse.api("POST", `${connection.path}:import_metadata`, { url });
  return refreshed(gatehouse, connection);
}

/** Switches it on. @throws when it stays off, with the reason that the API gives */
export async function enableConnection(gatehouse: Gatehouse, connection: Connection): Promise<void> {
  const switched = await gatehouse.api("PATCH", `${connection.path}:enable`);
  if (!switched.enabled) throw new Error(`the connection stayed off: ${switched.error_message}`);
}

/** Our SAML metadata document for the peer. */
export async function spMetadata(connection: Connection): Promise<string> {
  const answer = await fetch(connection.saml.sp_metadata_url ?? "");
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`our metadata answered ${answer.status}: ${text}`);
  return text;
}

const newest = new WeakMap<Gatehouse, string>();

/** The id of our newest certificate, made now when there is none: an environment has twenty at most. */
export async function newestSpCertificate(gatehouse: Gatehouse, tenant: Tenant): Promise<string> {
  return newest.get(gatehouse) ?? createSpCertificate(gatehouse, tenant);
}

/** A new certificate of ours for signing and decryption; returns its id. */
export async function createSpCertificate(gatehouse: Gatehouse, tenant: Tenant): Promise<string> {
  const path = `/environments/${tenant.environmentId}/saml-certificates:generate`;
  const { id = "" } = await gatehouse.api("POST", path, {});
  newest.set(gatehouse, id);
  return id;
}

async function refreshed(gatehouse: Gatehouse, connection: Connection): Promise<Connection> {
  const shown = (await gatehouse.api("GET", connection.path)).connection ?? ({} as Json);
  const none = {} as Json;
  return { ...connection, saml: shown.saml_config ?? none, oidc: shown.oidc_config ?? none };
}
