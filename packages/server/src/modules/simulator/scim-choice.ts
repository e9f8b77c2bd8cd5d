/** What the form of the simulated SCIM client asks for: recorded stories, something that happens to somebody, a sync. */
import { RECORDED_STORIES } from "../../protocols/scim/recorded-stories.ts";
import type { Story } from "../../protocols/scim/stories.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { type NamedPerson, namedPeople } from "./people.ts";
import { type Happening, happenings } from "./scim-people.ts";
import type { SyncSize } from "./scim-sync.ts";

export type ScimChoice =
  | { kind: "stories"; stories: readonly Story[] }
  | { kind: "happening"; happening: Happening; person: NamedPerson }
  | { kind: "sync"; size: SyncSize };

export const firstSyncSize: SyncSize = { users: 10_000, groups: 100 };
const largestSync: SyncSize = { users: 50_000, groups: 1_000 };

/**
 * Reads the button that was pressed: `story` is a provider or `provider/name`, `happening` is `what:whom`, `sync` goes
 * with `users` and `groups`.
 * @param domains where the simulator's people have their addresses
 * @throws SIMULATOR_INPUT_INVALID
 */
export function readScimChoice(form: URLSearchParams, domains: readonly string[]): ScimChoice {
  const story = form.get("story");
  if (story !== null) return { kind: "stories", stories: storiesNamed(story) };
  const happening = form.get("happening");
  if (happening !== null) return { kind: "happening", ...readHappening(happening, domains) };
  if (form.get("sync") !== null) return { kind: "sync", size: readSize(form) };
  throw errors.SIMULATOR_INPUT_INVALID("Nothing was chosen");
}

function storiesNamed(name: string): readonly Story[] {
  const stories = RECORDED_STORIES.filter(
    (story) => name === story.provider || name === `${story.provider}/${story.name}`,
  );
  if (stories.length === 0) throw errors.SIMULATOR_INPUT_INVALID(`"${name}" is no recorded story`);
  return stories;
}

function readHappening(value: string, domains: readonly string[]) {
  const [what, whom] = value.split(":");
  const happening = happenings.find((candidate) => candidate === what);
  const person = namedPeople(domains).find(({ key }) => key === whom);
  if (!happening || !person)
    throw errors.SIMULATOR_INPUT_INVALID(`"${value}" is nothing that can happen here`);
  return { happening, person };
}

function readSize(form: URLSearchParams): SyncSize {
  return {
    users: readNumber(form, "users", 1, largestSync.users),
    groups: readNumber(form, "groups", 0, largestSync.groups),
  };
}

function readNumber(form: URLSearchParams, name: string, least: number, most: number): number {
  const text = form.get(name) ?? "";
  const value = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw errors.SIMULATOR_INPUT_INVALID(`The number of ${name} must be from ${least} to ${most}`);
}
