/** The doors of `/Groups`. Members are written as they are read, so that a large group takes time and no memory. */
import { GROUP_SCOPE } from "../../protocols/scim/group-schema.ts";
import type { JsonObject } from "../../protocols/scim/json.ts";
import {
  type ListParameters,
  listResponse,
  readListQuery,
  readSearchRequest,
} from "../../protocols/scim/lists.ts";
import { type Projection, project, wants } from "../../protocols/scim/projection.ts";
import type { HttpReply, HttpRoute } from "../../transport/http.ts";
import {
  bodyOf,
  type Call,
  done,
  door,
  headerOf,
  headersOf,
  idOf,
  notModified,
  parametersOf,
  projectionOf,
  scim,
} from "./scim-door.http.ts";
import type { DirectoryGroupRow } from "./scim-groups.ts";
import * as groups from "./scim-groups.ts";
import * as members from "./scim-members.ts";
import { groupResource, memberOf } from "./scim-resources.ts";
import { searchGroups } from "./scim-search.ts";

/** Room for 50,000 members in one request. */
const bodyLimit = 4 * 1024 * 1024;
/** The members of a group that answers its PATCH with itself. */
const mostShown = 100;

export const scimGroupRoutes: HttpRoute[] = [
  door("GET", "/Groups", (call) => list(call, parametersOf(call))),
  door("POST", "/Groups/.search", (call) => list(call, readSearchRequest(bodyOf(call)))),
  door("POST", "/Groups", create, bodyLimit),
  door("GET", "/Groups/:id", async (call) => {
    const row = await groups.get(call.ctx, call.directory, idOf(call));
    return notModified(call, row) ?? one(call, row, 200);
  }),
  door("PUT", "/Groups/:id", replace, bodyLimit),
  door("PATCH", "/Groups/:id", patch, bodyLimit),
  door("DELETE", "/Groups/:id", async (call) => {
    await groups.delete(call.ctx, call.directory, idOf(call), headerOf(call, "if-match"));
    return done;
  }),
];

async function create(call: Call): Promise<HttpReply> {
  return one(call, await groups.create(call.ctx, call.directory, bodyOf(call)), 201);
}

async function replace(call: Call): Promise<HttpReply> {
  const { ctx, directory } = call;
  return one(
    call,
    await groups.replace(ctx, directory, idOf(call), bodyOf(call), headerOf(call, "if-match")),
    200,
  );
}

/**
 * RFC 7644 section 3.5.2 leaves the choice: the whole group, which shows a small one as it is now, or nothing. Providers
 * take both; a change of a large group is not to cost its members.
 */
async function patch(call: Call): Promise<HttpReply> {
  const { ctx, directory, base, request } = call;
  const row = await groups.patch(ctx, directory, idOf(call), bodyOf(call), headerOf(call, "if-match"));
  if (row.total_members <= mostShown || request.query.has("attributes")) return one(call, row, 200);
  return { ...done, headers: headersOf(groupResource(row, base), row, 204) };
}

async function one(call: Call, row: DirectoryGroupRow, status: 200 | 201): Promise<HttpReply> {
  const text = await textOf(call, [row], projectionOf(call, GROUP_SCOPE), { before: "", after: "" });
  return scim(text, status, headersOf(groupResource(row, call.base), row, status));
}

async function list(call: Call, parameters: ListParameters): Promise<HttpReply> {
  const query = readListQuery(parameters, GROUP_SCOPE);
  const { rows, ...found } = await searchGroups(call.ctx, call.directory, query);
  const envelope = JSON.stringify(listResponse({ ...found, resources: rows.map(() => null) }));
  const before = envelope.slice(0, envelope.lastIndexOf("[") + 1);
  return scim(await textOf(call, rows, query.projection, { before, after: "]}" }));
}

type Frame = { before: string; after: string };

/** Groups as JSON text, with their members where they are wanted. */
export async function textOf(
  call: Pick<Call, "ctx" | "base">,
  rows: readonly DirectoryGroupRow[],
  projection: Projection,
  { before, after }: Frame,
): Promise<string | AsyncIterable<string>> {
  const bare = rows.map((row) => ({
    row,
    shown: project(groupResource(row, call.base), projection, GROUP_SCOPE),
  }));
  const isWanted = wants(projection, "members", GROUP_SCOPE);
  const held = isWanted ? await members.ofAll(call.ctx, rows) : new Map<string, members.MemberRow[]>();
  if (held === undefined) return inParts(call, bare, projection, { before, after });
  const texts = bare.map(({ row, shown }) =>
    JSON.stringify(
      isWanted ? { ...shown, members: shownMembers(call, held.get(row.id) ?? [], projection) } : shown,
    ),
  );
  return before + texts.join(",") + after;
}

type Bare = { row: DirectoryGroupRow; shown: JsonObject };

async function* inParts(
  call: Pick<Call, "ctx" | "base">,
  groups: readonly Bare[],
  projection: Projection,
  { before, after }: Frame,
): AsyncGenerator<string> {
  try {
    yield before;
    for (const [at, { row, shown }] of groups.entries()) {
      yield `${at === 0 ? "" : ","}${JSON.stringify(shown).slice(0, -1)},"members":[`;
      let separator = "";
      for await (const slice of members.slicesOf(call.ctx, row.id)) {
        yield separator + JSON.stringify(shownMembers(call, slice, projection)).slice(1, -1);
        separator = ",";
      }
      yield "]}";
    }
    yield after;
  } catch (error) {
    // The status is sent: all that can be done is to break off, and to say why here.
    call.ctx.log.error({ err: error }, "an answer of groups with their members was broken off");
    throw error;
  }
}

function shownMembers(
  { base }: Pick<Call, "base">,
  rows: readonly members.MemberRow[],
  projection: Projection,
): JsonObject["members"] {
  const all = rows.map((row) => memberOf(row, base));
  return project({ members: all }, projection, GROUP_SCOPE).members ?? [];
}
