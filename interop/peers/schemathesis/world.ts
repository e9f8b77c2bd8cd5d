/** What is there for Schemathesis to call the API about: one of everything that a path can name. */
import type { Gatehouse, Json } from "../../lib/gatehouse.ts";
import { logInAtSimulator } from "../../lib/scripted-user.ts";
import { signIn } from "../../lib/sign-in.ts";

/** Ids and names by the words of a path that stand before them. */
export type World = Record<string, string>;

const ROLE = { name: "world_role", display_name: "World" };
const SCIM_CORE = "urn:ietf:params:scim:schemas:core:2.0";
const PERMISSION = { name: "world:read", description: "Read" };

/** Makes one of everything. @throws when the API refuses any of it */
export async function makeWorld(gatehouse: Gatehouse): Promise<World> {
  const { api } = gatehouse;
  const wanted = { display_name: "World", external_id: "world" };
  const organization = idOf((await api("POST", "/organizations", wanted)).organization);
  const path = `/organizations/${organization}`;
  await api("POST", "/permissions", PERMISSION);
  await api("POST", "/roles", { ...ROLE, permissions: [PERMISSION.name] });
  const person = { email: "ada@world.example", external_id: "ada" };
  const user = idOf((await api("POST", `${path}/users?send_invitation_email=false`, person)).user);
  const { domain } = await api("POST", `${path}/domains`, { domain: "world-of-interop.com" });
  const { connection } = await api("POST", `${path}/connections`, { provider: "OKTA", type: "SAML" });
  return {
    organizations: organization,
    "organizations:external": wanted.external_id,
    "organizations/domains": idOf(domain),
    environments: domain?.environment_id ?? "",
    users: user,
    "users:external": person.external_id,
    connections: idOf(connection),
    domains: "world-of-interop.com",
    roles: ROLE.name,
    permissions: PERMISSION.name,
    ...(await makeClients(gatehouse, path)),
    ...(await makeAttributes(gatehouse)),
    ...(await makeDirectory(gatehouse, path)),
    ...(await makeWebhook(gatehouse)),
    ...(await makeSession(gatehouse)),
  };
}

async function makeClients({ api }: Gatehouse, path: string): Promise<World> {
  const web = await api("POST", "/clients", { name: "World", client_type: "WEB_APP" });
  const id = idOf(web.client);
  const secret = await api("POST", `/clients/${id}/secrets`, {});
  const machine = await api("POST", `${path}/clients`, { name: "World" });
  const stored = await api("POST", "/secrets", {
    secret_type: "INTERCEPTOR_HMAC",
    tenant_type: "INTERCEPTOR",
  });
  return {
    clients: id,
    "clients/secrets": idOf(secret.secret),
    "organizations/clients": machine.client?.client_id ?? "",
    "organizations/clients/secrets": machine.client?.secrets?.[0]?.id ?? "",
    secrets: idOf(stored.secret),
  };
}

async function makeAttributes({ api }: Gatehouse): Promise<World> {
  const kinds = ["sso-user-attributes", "user-profile-attributes", "directory-user-attributes"];
  const made: World = {};
  for (const kind of kinds) {
    const key = `world_${kind.slice(0, 4)}`;
    await api("POST", `/${kind}`, { key, label: "World", datatype: "STRING" });
    made[kind] = key;
  }
  return made;
}

/** A directory with a person in it, who is in a group. */
async function makeDirectory({ api }: Gatehouse, path: string): Promise<World> {
  const made = await api("POST", `${path}/directories`, {
    directory_type: "SCIM",
    directory_provider: "OKTA",
  });
  const id = idOf(made.directory);
  const { plain_secret } = await api("POST", `${path}/directories/${id}/secrets`);
  const provision = async (resource: string, body: object) => {
    const answer = await fetch(`${made.directory?.directory_endpoint}/${resource}`, {
      method: "POST",
      headers: { authorization: `Bearer ${plain_secret}`, "content-type": "application/scim+json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the directory answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Json;
  };
  const userName = "grace@world-of-interop.com";
  const { id: member } = await provision("Users", { schemas: [`${SCIM_CORE}:User`], userName });
  await provision("Groups", {
    schemas: [`${SCIM_CORE}:Group`],
    displayName: "World",
    members: [{ value: member }],
  });
  return { "organizations/directories": id };
}

/** An endpoint at which nobody listens, and a delivery to it. */
async function makeWebhook({ api }: Gatehouse): Promise<World> {
  const made = await api("POST", "/webhooks/endpoints", { url: "http://127.0.0.1:9/", event_types: ["*"] });
  const id = idOf(made.endpoint);
  await api("POST", `/webhooks/endpoints/${id}:test`, { event_type: "organization.created" });
  const { deliveries } = await api("GET", "/webhooks/deliveries");
  return { "webhooks/endpoints": id, "webhooks/deliveries": idOf(deliveries?.[0]) };
}

/** Somebody who has signed in, and the trace of it. */
async function makeSession(gatehouse: Gatehouse): Promise<World> {
  const { api } = gatehouse;
  const test = idOf((await api("GET", "/organizations:external/test-organization")).organization);
  const { connections } = await api("GET", `/organizations/${test}/connections?include=all`);
  const all = (connections ?? []) as unknown as { id: string; type: string }[];
  const oidc = all.find(({ type }) => type === "OIDC");
  const values = { connection_id: oidc?.id ?? "" };
  const { claims } = await signIn(gatehouse, { values, login: logInAtSimulator });
  const { traces } = await api("GET", "/traces");
  return { sessions: String(claims.sid), traces: idOf(traces?.[0]) };
}

function idOf(thing: Json | undefined): string {
  if (typeof thing?.id !== "string")
    throw new Error(`the API answered without an id: ${JSON.stringify(thing)}`);
  return thing.id;
}
