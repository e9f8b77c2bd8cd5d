/**
 * The endpoints that the REST reference shows, and their calls as `curl` makes them: each endpoint must have a case
 * that calls it and sees it succeed, or a reason to be left out.
 */
import { describe, expect, test } from "vitest";
import type { TestApp } from "../../packages/server/src/testing/app.ts";

const passwordless = "sign-in by mail does not answer in this version";
const agents = "agents' accounts and tools do not answer in this version";

/** Verb and path as the reference writes them. */
export const endpoints = {
  oauth: ["GET /oauth/authorize", "POST /oauth/token"],
  organizations: [
    "GET /api/v1/organizations",
    "POST /api/v1/organizations",
    "GET /api/v1/organizations/{id}",
    "PATCH /api/v1/organizations/{id}",
    "DELETE /api/v1/organizations/{id}",
    "PUT /api/v1/organizations/{id}/portal_links",
    "PATCH /api/v1/organizations/{id}/settings",
  ],
  connections: [
    "GET /api/v1/connections",
    "GET /api/v1/organizations/{organization_id}/connections",
    "GET /api/v1/organizations/{organization_id}/connections/{id}",
    "PATCH /api/v1/organizations/{organization_id}/connections/{id}:disable",
    "PATCH /api/v1/organizations/{organization_id}/connections/{id}:enable",
  ],
  members: [
    "POST /api/v1/memberships/organizations/{organization_id}/users/{id}",
    "PATCH /api/v1/memberships/organizations/{organization_id}/users/{id}",
    "DELETE /api/v1/memberships/organizations/{organization_id}/users/{id}",
    "PATCH /api/v1/invites/organizations/{organization_id}/users/{id}/resend",
    "GET /api/v1/organizations/{org_id}/roles",
    "POST /api/v1/organizations/{org_id}/roles",
  ],
  m2m: [
    "POST /api/v1/organizations/{organization_id}/clients",
    "GET /api/v1/organizations/{organization_id}/clients/{client_id}",
    "DELETE /api/v1/organizations/{organization_id}/clients/{client_id}",
    "PATCH /api/v1/organizations/{organization_id}/clients/{client_id}",
    "POST /api/v1/organizations/{organization_id}/clients/{client_id}/secrets",
    "DELETE /api/v1/organizations/{organization_id}/clients/{client_id}/secrets/{secret_id}",
  ],
  directories: [
    "GET /api/v1/organizations/{organization_id}/directories",
    "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/groups",
    "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/users",
    "GET /api/v1/organizations/{organization_id}/directories/{id}",
    "PATCH /api/v1/organizations/{organization_id}/directories/{id}:disable",
    "PATCH /api/v1/organizations/{organization_id}/directories/{id}:enable",
  ],
  passwordless: [
    "POST /api/v1/passwordless/email/send",
    "POST /api/v1/passwordless/email/resend",
    "POST /api/v1/passwordless/email/verify",
  ],
  agents: [
    "GET /api/v1/connected_accounts",
    "POST /api/v1/connected_accounts",
    "PUT /api/v1/connected_accounts",
    "POST /api/v1/connected_accounts/magic_link",
    "POST /api/v1/execute_tool",
  ],
} as const;

export type Group = keyof typeof endpoints;

/** Groups without cases, and why; a line goes when its cases come. */
export const leftOut: { readonly [G in Group]?: string } = { passwordless, agents };

export interface Sent {
  /** The JSON or form of `--data`; sent with its media type. */
  body?: object | URLSearchParams;
  query?: Record<string, string>;
  /** Another access token than the application's, "" for none. */
  token?: string;
}

export interface Received {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the API answers.
  body: any;
}

/** Calls the endpoint of the case, its path filled with these variables. */
export type Call = (variables: Record<string, string>, sent?: Sent) => Promise<Received>;

export type Cases<G extends Group> = Record<(typeof endpoints)[G][number], (call: Call) => Promise<void>>;

/**
 * Registers a test for each endpoint of a group. It passes when its case does, when one of its calls succeeded, and,
 * in the management API, when that call without a token is refused in the words of the reference.
 */
export function describeEndpoints<G extends Group>(group: G, app: () => TestApp, cases: Cases<G>): void {
  const listed: readonly (typeof endpoints)[G][number][] = endpoints[group];
  describe(group, () => {
    test.each(listed)("%s", async (endpoint) => {
      let succeeded: Parameters<Call> | undefined;
      await cases[endpoint](async (variables, sent) => {
        const received = await send(app(), endpoint, variables, sent);
        if (received.status < 400) succeeded ??= [variables, sent];
        return received;
      });
      if (succeeded === undefined) throw new Error(`no call of ${endpoint} succeeded`);
      if (!endpoint.includes("/api/")) return;
      const stranger = await send(app(), endpoint, succeeded[0], { ...succeeded[1], token: "" });
      expect(stranger).toMatchObject({ status: 401, body: tokenEmpty });
    });
  });
}

/** The error that the reference prints. */
const tokenEmpty = {
  code: 16,
  message: "Token empty",
  details: [
    { "@type": "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo", error_code: "UNAUTHENTICATED" },
  ],
};

/** What every answer to an unknown id is. */
export const notFound = { status: 404, body: { code: 5, message: expect.any(String) } };

async function send(
  app: TestApp,
  endpoint: string,
  variables: Record<string, string>,
  { body, query = {}, token }: Sent = {},
): Promise<Received> {
  const [method = "", template = ""] = endpoint.split(" ");
  const url = new URL(fill(template, variables), app.url);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const isApi = template.startsWith("/api/");
  const bearer = token ?? (isApi ? await app.token() : "");
  const answer = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      accept: isApi ? "application/json" : "*/*",
      ...(bearer !== "" && { authorization: `Bearer ${bearer}` }),
      // The reference has it on calls without a body, too.
      ...(!(body instanceof URLSearchParams) && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: body instanceof URLSearchParams ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
}

function fill(template: string, variables: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`${template} needs ${name}`);
    return value;
  });
}
