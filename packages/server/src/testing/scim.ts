/** For tests: a directory of a new organization, and an identity provider that speaks SCIM to it. */
import { sql } from "kysely";
import { inTransaction } from "../context.ts";
import { newId } from "../lib/ids.ts";
import type { Directory, NewDirectory } from "../modules/directories/directories.ts";
import * as directories from "../modules/directories/directories.ts";
import * as secrets from "../modules/directories/secrets.ts";
import * as organizations from "../modules/organizations/organizations.ts";
import type { TestApp } from "./app.ts";

export interface ScimAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server answers.
  body: any;
}

export interface ScimClient {
  directory: Directory;
  organizationId: string;
  token: string;
  /** The address that the identity provider was given. */
  base: string;
  /** Sends a request; what is no text is sent as JSON. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ScimAnswer>;
  /** The ids of what POST made. @throws Error when one is refused */
  users(...userNames: string[]): Promise<string[]>;
  group(displayName: string, members?: readonly string[]): Promise<string>;
  patch(path: string, ...operations: object[]): Promise<ScimAnswer>;
  /** The types and payloads of the events of the organization since the call before, oldest first. */
  events(): Promise<{ type: string; payload: Record<string, unknown> }[]>;
}

export const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** A directory that is enabled, with a token, of a new organization unless one is named. */
export async function createScimClient(
  app: TestApp,
  { organizationId: named, ...input }: Partial<NewDirectory> & { organizationId?: string } = {},
): Promise<ScimClient> {
  const ctx = app.systemCtx();
  const organizationId =
    named ?? (await organizations.create(ctx, { displayName: `org ${newId("org")}` })).id;
  const directory = await directories.create(ctx, organizationId, {
    type: "SCIM",
    provider: "OKTA",
    ...input,
  });
  const { plain: token } = await inTransaction(ctx, (ctx) =>
    secrets.create(ctx, organizationId, directory.id),
  );
  const base = `${app.url}/directory/${directory.id}/scim/v2`;
  const send = sender(base, token);
  let seen = "";
  await newEvents();

  async function newEvents() {
    const rows = await app.app.db
      .selectFrom("events")
      .select(["id", "type", "payload"])
      .where("organization_id", "=", organizationId)
      .where("id", ">", seen)
      .orderBy("id")
      .execute();
    seen = rows.at(-1)?.id ?? seen;
    return rows.map(({ type, payload }) => ({ type, payload: payload as Record<string, unknown> }));
  }

  async function create(path: string, body: object): Promise<string> {
    const answer = await send("POST", path, body);
    if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body.id;
  }

  return {
    directory,
    organizationId,
    token,
    base,
    send,
    users: (...names) => Promise.all(names.map((userName) => create("/Users", { userName }))),
    group: (displayName, members = []) =>
      create("/Groups", { displayName, members: members.map((value) => ({ value })) }),
    patch: (path, ...operations) => send("PATCH", path, { schemas: [PATCH_OP], Operations: operations }),
    events: newEvents,
  };
}

/** Writes many people past the server, with their ids as their names. */
export async function insertPeople(
  app: TestApp,
  directory: Directory,
  ids: readonly string[],
): Promise<void> {
  const { id, organizationId, environmentId } = directory;
  await sql`
    insert into directory_users (id, environment_id, organization_id, directory_id, user_name, active, document,
      created_at, updated_at)
    select id, ${environmentId}, ${organizationId}, ${id}, id, true,
      jsonb_build_object('userName', id, 'active', true), now(), now()
    from unnest(${[...ids]}::text[]) as ids (id)`.execute(app.app.db);
}

function sender(base: string, token: string): ScimClient["send"] {
  return async (method, path, body, headers = {}) => {
    const sent = new Headers({ authorization: `Bearer ${token}` });
    if (body !== undefined) sent.set("content-type", "application/scim+json");
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    const answer = await fetch(base + path, {
      method,
      headers: sent,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
}
