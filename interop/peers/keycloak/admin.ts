/** Keycloak's admin REST API: realms with one person, clients, keys and sessions. */
import { ADMIN } from "./server.ts";

type Row = Record<string, unknown>;

/** A realm: an identity provider of its own, with its own keys and people. */
export type Realm = {
  name: string;
  /** Issuer of its OpenID provider, and the entity id of its SAML provider. */
  url: string;
  samlMetadataUrl: string;
  /** @throws with the answer when it is no 2xx */
  api: <T = Row>(method: string, path: string, body?: object | string) => Promise<T>;
};

/** The one password of everybody. */
export const PASSWORD = "correct horse battery staple";

let realms = 0;

/** Makes a realm in which only the person of `email` has an account; the username is the address. */
export async function createRealm(server: string, email: string): Promise<Realm> {
  const name = `realm-${++realms}`;
  const call = apiOf(server);
  await call("POST", "", { realm: name, enabled: true, ssoSessionIdleTimeout: 1800 });
  const api: Realm["api"] = (method, path, body) => call(method, `/${name}${path}`, body);
  await api("POST", "/users", {
    username: email,
    email,
    emailVerified: true,
    firstName: "Ada",
    lastName: "Lovelace",
    enabled: true,
    credentials: [{ type: "password", value: PASSWORD, temporary: false }],
  });
  const url = `${server}/realms/${name}`;
  return { name, url, samlMetadataUrl: `${url}/protocol/saml/descriptor`, api };
}

/**
 * Makes a SAML client from our metadata, as an administrator does who uploads the document.
 * @param settings.attributes what the administrator changes afterwards
 */
export async function createSamlClient(
  { api }: Realm,
  metadata: string,
  settings: { attributes: Record<string, string>; frontchannelLogout: boolean },
): Promise<void> {
  const read = await api<{ attributes: Row }>("POST", "/client-description-converter", metadata);
  const protocolMappers = [
    ["email", "email"],
    ["firstName", "firstName"],
    ["lastName", "lastName"],
  ].map(([property = "", name = ""]) => samlMapper(property, name));
  const client = {
    ...read,
    enabled: true,
    frontchannelLogout: settings.frontchannelLogout,
    protocolMappers,
    attributes: { ...read.attributes, ...settings.attributes },
  };
  await api("POST", "/clients", client);
}

/** Makes an OpenID client. */
export async function createOidcClient({ api }: Realm, client: Row & { clientId: string }): Promise<void> {
  await api("POST", "/clients", { protocol: "openid-connect", enabled: true, ...client });
}

/** Gives the realm a new signing key, at once; the former one stays published, as Keycloak advises. */
export async function rotateKey(realm: Realm): Promise<void> {
  await realm.api("POST", "/components", await newKey(realm, true));
}

/**
 * Publishes a new signing key that signs nothing yet.
 * @returns what lets it sign from then on
 */
export async function announceKey(realm: Realm): Promise<() => Promise<void>> {
  await realm.api("POST", "/components", await newKey(realm, false));
  const keys = await realm.api<{ id: string; name: string }[]>("GET", "/components");
  const { id } = keys.find(({ name }) => name === NEW_KEY) ?? { id: "" };
  return async () => realm.api("PUT", `/components/${id}`, { id, ...(await newKey(realm, true)) });
}

const NEW_KEY = "new key";

async function newKey({ api }: Realm, active: boolean) {
  const { id } = await api<{ id: string }>("GET", "");
  return {
    name: NEW_KEY,
    providerId: "rsa-generated",
    providerType: "org.keycloak.keys.KeyProvider",
    parentId: id,
    config: { priority: ["200"], keySize: ["2048"], active: [String(active)], enabled: ["true"] },
  };
}

/** Ends all sessions of the realm's one person, as an administrator does. */
export async function logOutEverywhere({ api }: Realm): Promise<void> {
  const [user] = await api<{ id: string }[]>("GET", "/users");
  await api("POST", `/users/${user?.id}/logout`);
}

/** How many sessions the realm's one person has. */
export async function countSessions({ api }: Realm): Promise<number> {
  const [user] = await api<{ id: string }[]>("GET", "/users");
  return (await api<unknown[]>("GET", `/users/${user?.id}/sessions`)).length;
}

function samlMapper(property: string, name: string) {
  return {
    name,
    protocol: "saml",
    protocolMapper: "saml-user-property-mapper",
    config: { "user.attribute": property, "attribute.name": name, "attribute.nameformat": "Basic" },
  };
}

function apiOf(server: string) {
  return async <T>(method: string, path: string, body?: object | string): Promise<T> => {
    const headers = {
      authorization: `Bearer ${await adminToken(server)}`,
      "content-type": typeof body === "string" ? "text/plain" : "application/json",
    };
    const content = typeof body === "string" ? body : body && JSON.stringify(body);
    const answer = await fetch(`${server}/admin/realms${path}`, {
      method,
      headers,
      ...(content && { body: content }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Keycloak: ${method} ${path} answered ${answer.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
}

const TOKEN_LIVES_MS = 40_000;
let token: { value: string; until: number } | undefined;

/** Admin tokens live for a minute, less than a run. */
async function adminToken(server: string): Promise<string> {
  if (token && performance.now() < token.until) return token.value;
  const answer = await fetch(`${server}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", ...ADMIN }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  token = { value: access_token, until: performance.now() + TOKEN_LIVES_MS };
  return access_token;
}
