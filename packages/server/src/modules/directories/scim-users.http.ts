/** The doors of `/Users`. */
import {
  type ListParameters,
  listResponse,
  readListQuery,
  readSearchRequest,
} from "../../protocols/scim/lists.ts";
import { project } from "../../protocols/scim/projection.ts";
import { USER_SCOPE } from "../../protocols/scim/user-schema.ts";
import type { HttpReply, HttpRoute } from "../../transport/http.ts";
import {
  bodyOf,
  type Call,
  done,
  door,
  headerOf,
  idOf,
  notModified,
  one,
  parametersOf,
  scim,
} from "./scim-door.http.ts";
import { userResource } from "./scim-resources.ts";
import { searchUsers } from "./scim-search.ts";
import * as users from "./scim-users.ts";

export const scimUserRoutes: HttpRoute[] = [
  door("GET", "/Users", (call) => list(call, parametersOf(call))),
  door("POST", "/Users/.search", (call) => list(call, readSearchRequest(bodyOf(call)))),
  door("POST", "/Users", async (call) => {
    const row = await users.create(call.ctx, call.directory, bodyOf(call));
    return one(call, userResource(row, call.base), row, { scope: USER_SCOPE, status: 201 });
  }),
  door("GET", "/Users/:id", async (call) => {
    const row = await users.get(call.ctx, call.directory, idOf(call));
    return notModified(call, row) ?? one(call, userResource(row, call.base), row, { scope: USER_SCOPE });
  }),
  door("PUT", "/Users/:id", (call) => change(call, users.replace)),
  door("PATCH", "/Users/:id", (call) => change(call, users.patch)),
  door("DELETE", "/Users/:id", async (call) => {
    await users.delete(call.ctx, call.directory, idOf(call), headerOf(call, "if-match"));
    return done;
  }),
];

async function change(call: Call, how: typeof users.replace): Promise<HttpReply> {
  const { ctx, directory, base } = call;
  const row = await how(ctx, directory, idOf(call), bodyOf(call), headerOf(call, "if-match"));
  return one(call, userResource(row, base), row, { scope: USER_SCOPE });
}

async function list({ ctx, directory, base }: Call, parameters: ListParameters): Promise<HttpReply> {
  const query = readListQuery(parameters, USER_SCOPE);
  const { rows, ...found } = await searchUsers(ctx, directory, query);
  const resources = rows.map((row) => project(userResource(row, base), query.projection, USER_SCOPE));
  return scim(listResponse({ ...found, resources }));
}
