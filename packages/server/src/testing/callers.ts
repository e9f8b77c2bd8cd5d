/** Callers of the management API for tests: gRPC clients, end users with permissions, a client of another environment. */
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { decodeJwt } from "jose";
import { type Ctx, invalidate } from "../context.ts";
import { newId } from "../lib/ids.ts";
import * as clients from "../modules/clients/clients.ts";
import * as secrets from "../modules/clients/secrets.ts";
import * as keys from "../modules/keys/keys.ts";
import * as invitations from "../modules/members/invitations.ts";
import * as members from "../modules/members/members.ts";
import { builtInPermissions } from "../modules/roles/built-in.ts";
import * as defaultRoles from "../modules/roles/defaults.ts";
import type { TestApp } from "./app.ts";
import { callback, postToken, type SamlTenant, samlSignIn } from "./sign-in.ts";

/** A gRPC client of a service, as the official SDKs call it. */
export function rpc<S extends DescService>(app: TestApp, service: S, token?: string): Client<S> {
  const transport = createGrpcTransport({
    baseUrl: app.url,
    interceptors: [
      (next) => async (request) => {
        request.header.set("authorization", `Bearer ${token ?? (await app.token())}`);
        return next(request);
      },
    ],
  });
  return createClient(service, transport);
}

/** The access token of a member who signed in by SAML, with a role that opens these permissions of the contract. */
export async function sessionToken(app: TestApp, tenant: SamlTenant, permissions: string[]): Promise<string> {
  const { answer } = await samlSignIn(app, tenant);
  const code = answer.get("code") ?? "";
  const { body } = await postToken(app, { grant_type: "authorization_code", code, redirect_uri: callback });
  const held = Object.entries(builtInPermissions).filter(([, { opens }]) =>
    opens.every((permission) => permissions.includes(permission)),
  );
  const claims = { ...decodeJwt(body.access_token ?? ""), permissions: held.map(([name]) => name) };
  return keys.sign(app.systemCtx(), claims);
}

/** The cookie of a new member of the dashboard who has signed in. */
export async function memberCookie(app: TestApp): Promise<string> {
  const member = await members.create(app.systemCtx(), { email: `${newId("mem")}@acme.com`, role: "ADMIN" });
  const link = await invitations.invite(app.systemCtx(), member);
  const signedIn = await fetch(link, { method: "POST", redirect: "manual" });
  return (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** The API as a member of the dashboard calls it, in pages of this server. */
export async function workspaceApi(app: TestApp): Promise<TestApp["api"]> {
  const cookie = await memberCookie(app);
  return async (path, { method, body } = {}) => {
    const answer = await fetch(`${app.url}/api/v1${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  };
}

export interface OtherEnvironment {
  id: string;
  /** Where it answers: the same listener under another name. */
  url: string;
  clientId: string;
  clientSecret: string;
  /** Calls its management API as its own application. */
  api(path: string, init?: { method?: string; body?: unknown }): Promise<{ status: number; body: unknown }>;
  token(): Promise<string>;
}

/** A second environment of the install, with keys, roles and an application of its own. */
export async function createEnvironment(app: TestApp): Promise<OtherEnvironment> {
  const url = app.url.replace("localhost", "127.0.0.1");
  const now = app.app.now();
  const id = newId("env");
  await app.app.db
    .insertInto("environments")
    .values({
      id,
      name: "other",
      type: "DEV",
      authentication_mode: "FULL_STACK_AUTH",
      public_url: url,
      created_at: now,
      updated_at: now,
    })
    .execute();
  const first = app.systemCtx();
  await invalidate(first, "environments", "*");
  const ctx: Ctx = Object.assign(Object.create(Object.getPrototypeOf(first)), first, { environmentId: id });
  await keys.ensure(ctx);
  await defaultRoles.ensureDefaults(ctx);
  const clientId = (await clients.ensureDefault(ctx)).id;
  const clientSecret = await secrets.create(ctx, clientId);
  const token = async () => {
    const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
    const answer = await fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return {
    id,
    url,
    clientId,
    clientSecret,
    token,
    async api(path, init = {}) {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method: init.method ?? (init.body === undefined ? "GET" : "POST"),
        headers: { authorization: `Bearer ${await token()}`, "content-type": "application/json" },
        ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
      });
      return { status: answer.status, body: await answer.json() };
    },
  };
}
