/** What happens to people in a company, as the requests of its identity provider: hired, moved, gone, back. */
import { isObject, type Json, type JsonObject } from "../../protocols/scim/json.ts";
import type { StoryStep } from "../../protocols/scim/stories.ts";
import type { NamedPerson } from "./people.ts";
import type { Ask, Shown } from "./scim-client.ts";

export const happenings = ["hire", "move", "leave", "return"] as const;
export type Happening = (typeof happenings)[number];

/** Whoever is hired enters the first one; a move leads to the next. */
const teams = ["Engineering", "Sales"] as const;

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** The requests that tell a directory what happened to somebody, each as it is answered, up to one that fails. */
export async function* tell(ask: Ask, happening: Happening, person: NamedPerson): AsyncGenerator<Shown> {
  const looked = await ask(lookUp(person));
  yield looked;
  if (looked.problem !== undefined) return;
  const found = firstOf(looked.answer.body);
  if (happening === "hire") return yield* hire(ask, person, found);
  const name = `${person.firstName} ${person.lastName}`;
  if (!found) return yield { note: `${name} is not in the directory: hire them first.` };
  if (happening === "move") return yield* move(ask, person, found);
  yield* setActive(ask, person, found, happening === "return");
}

function lookUp({ firstName, email }: NamedPerson): StoryStep {
  return {
    title: `Looks ${firstName} up`,
    method: "GET",
    path: "/Users",
    query: { filter: `userName eq "${email}"` },
    expect: { status: [200] },
  };
}

async function* hire(
  ask: Ask,
  person: NamedPerson,
  found: JsonObject | undefined,
): AsyncGenerator<Shown, void> {
  let id = found && idOf(found);
  if (found === undefined) {
    const played = await ask(creation(person));
    yield played;
    if (played.problem !== undefined) return;
    id = isObject(played.answer.body) ? idOf(played.answer.body) : undefined;
  } else if (found.active === false) {
    yield* setActive(ask, person, found, true);
  } else {
    yield { note: `${person.firstName} ${person.lastName} is in the directory already.` };
  }
  if (id !== undefined && teamsOf(found).length === 0) yield* enter(ask, person, id, teams[0]);
}

async function* move(ask: Ask, person: NamedPerson, found: JsonObject): AsyncGenerator<Shown, void> {
  const [from] = teamsOf(found);
  const to = teams[(teams.indexOf(from?.name ?? teams[1]) + 1) % teams.length] ?? teams[0];
  yield* enter(ask, person, idOf(found), to);
  if (from === undefined) return;
  yield await ask(
    patch(`Takes ${person.firstName} out of ${from.name}`, `/Groups/${from.id}`, {
      op: "remove",
      path: `members[value eq "${idOf(found)}"]`,
    }),
  );
}

async function* setActive(
  ask: Ask,
  person: NamedPerson,
  found: JsonObject,
  active: boolean,
): AsyncGenerator<Shown, void> {
  const title = active ? `Activates ${person.firstName} again` : `Deactivates ${person.firstName}`;
  const step = patch(title, `/Users/${idOf(found)}`, { op: "replace", path: "active", value: active });
  yield await ask({ ...step, expect: { status: [200], body: { active } } });
}

/** Adds somebody to a team, which is made when the directory does not have it. */
async function* enter(
  ask: Ask,
  person: NamedPerson,
  userId: string,
  team: string,
): AsyncGenerator<Shown, void> {
  const looked = await ask({
    title: `Looks the group ${team} up`,
    method: "GET",
    path: "/Groups",
    query: { filter: `displayName eq "${team}"`, excludedAttributes: "members" },
    expect: { status: [200] },
  });
  yield looked;
  if (looked.problem !== undefined) return;
  const group = firstOf(looked.answer.body);
  const members = [{ value: userId }];
  if (group) {
    const operation = { op: "add", path: "members", value: members };
    yield await ask(patch(`Puts ${person.firstName} into ${team}`, `/Groups/${idOf(group)}`, operation));
    return;
  }
  yield await ask({
    title: `Makes the group ${team} with ${person.firstName}`,
    method: "POST",
    path: "/Groups",
    body: { schemas: [groupSchema], displayName: team, members },
    expect: { status: [201], body: { id: "{{*}}", displayName: team } },
  });
}

function creation({ key, email, firstName, lastName }: NamedPerson): StoryStep {
  return {
    title: `Creates ${firstName}`,
    method: "POST",
    path: "/Users",
    body: {
      schemas: [userSchema],
      userName: email,
      externalId: `simulator-${key}`,
      name: { givenName: firstName, familyName: lastName },
      displayName: `${firstName} ${lastName}`,
      emails: [{ value: email, type: "work", primary: true }],
      active: true,
    },
    expect: { status: [201], body: { id: "{{*}}", userName: email, active: true } },
  };
}

/** Members' changes may be answered with or without a body (RFC 7644 section 3.5.2). */
function patch(title: string, path: string, operation: JsonObject): StoryStep {
  const body = { schemas: [patchSchema], Operations: [operation] };
  return { title, method: "PATCH", path, body, expect: { status: [200, 204] } };
}

/** The first resource of a list. */
function firstOf(list: Json | undefined): JsonObject | undefined {
  const resources = isObject(list) ? list.Resources : undefined;
  return Array.isArray(resources) ? resources.find(isObject) : undefined;
}

function idOf({ id }: JsonObject): string {
  return typeof id === "string" ? encodeURIComponent(id) : "";
}

function teamsOf(user: JsonObject | undefined): { id: string; name: (typeof teams)[number] }[] {
  const groups = Array.isArray(user?.groups) ? user.groups.filter(isObject) : [];
  return groups.flatMap(({ value, display }) => {
    const name = teams.find((team) => team === display);
    return name && typeof value === "string" ? [{ id: encodeURIComponent(value), name }] : [];
  });
}
