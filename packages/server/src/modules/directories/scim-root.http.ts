/** The doors at the root of the SCIM server: a search of everything, `/Me`, and an answer for what is not there. */
import { badRequest, ScimError } from "../../protocols/scim/errors.ts";
import { GROUP_SCOPE } from "../../protocols/scim/group-schema.ts";
import { listResponse, readListQuery, readSearchRequest } from "../../protocols/scim/lists.ts";
import { project } from "../../protocols/scim/projection.ts";
import { USER_SCOPE } from "../../protocols/scim/user-schema.ts";
import { allowedVerbs } from "../../transport/allow.ts";
import type { HttpReply, HttpRoute } from "../../transport/http.ts";
import { wrongVerb } from "../../transport/refusals.ts";
import { bodyOf, type Call, door, nothingHere, scim, type Verb } from "./scim-door.http.ts";
import { textOf } from "./scim-groups.http.ts";
import { userResource } from "./scim-resources.ts";
import { searchGroups, searchUsers } from "./scim-search.ts";

const verbs: readonly Verb[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** @param others all routes of the SCIM server but these */
export function scimRootRoutes(others: readonly HttpRoute[]): HttpRoute[] {
  const verbsOf = allowedVerbs(others.map(({ method, path }) => ({ verb: method, route: path })));
  const missing = async ({ request: { path } }: Call): Promise<HttpReply> => {
    const known = verbsOf(path);
    throw known.length > 0 ? wrongVerb(known) : nothingHere();
  };
  return [
    door("POST", "/.search", searchAll),
    ...verbs.map((verb) =>
      door(verb, "/Me", async () => {
        throw new ScimError(501, "A directory's token is no user's, so there is no /Me.");
      }),
    ),
    ...verbs.flatMap((verb) => [door(verb, "", missing), door(verb, "/*", missing)]),
  ];
}

/** Users and then groups, as one list by number. */
async function searchAll({ ctx, directory, base, ...call }: Call): Promise<HttpReply> {
  const parameters = readSearchRequest(bodyOf({ ctx, directory, base, ...call }));
  const forUsers = readListQuery(parameters, USER_SCOPE);
  const forGroups = readListQuery(parameters, GROUP_SCOPE);
  const { page } = forUsers;
  if (page.by === "cursor")
    throw badRequest("invalidCursor", "A search of everything has pages by number only.");
  const { startIndex, count } = page;
  const users = await searchUsers(ctx, directory, forUsers);
  const room = {
    by: "index" as const,
    startIndex: Math.max(1, startIndex - users.totalResults),
    count: count - users.rows.length,
  };
  const groups = await searchGroups(ctx, directory, { ...forGroups, page: room });
  const shown = users.rows.map((row) =>
    JSON.stringify(project(userResource(row, base), forUsers.projection, USER_SCOPE)),
  );
  const envelope = JSON.stringify(
    listResponse({
      totalResults: users.totalResults + groups.totalResults,
      startIndex,
      resources: [...users.rows, ...groups.rows].map(() => null),
    }),
  );
  const start = envelope.slice(0, envelope.lastIndexOf("[") + 1) + shown.join(",");
  const before = shown.length > 0 && groups.rows.length > 0 ? `${start},` : start;
  return scim(await textOf({ ctx, base }, groups.rows, forGroups.projection, { before, after: "]}" }));
}
