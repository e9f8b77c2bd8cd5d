/** The first sync of a whole company: everybody, then the groups with their members, as providers send it. */
import { isObject, type JsonObject } from "../../protocols/scim/json.ts";
import type { Send } from "./scim-client.ts";

export interface SyncSize {
  users: number;
  groups: number;
}

/** How far a sync has come. */
export interface SyncProgress {
  /** Requests that were answered. */
  done: number;
  /** Requests in all. */
  of: number;
  failures: number;
  /** What the first few failures were, as the directory put it. */
  examples: readonly string[];
  seconds: number;
}

export interface SyncInput {
  /** Makes names unique. */
  run: string;
  domain: string;
  size: SyncSize;
  now(): Date;
}

const atOnce = 16;
/** So often at most is told how far it has come. */
const reports = 50;
const mostExamples = 3;

/**
 * Sends one POST for each person and group, sixteen at a time, and tells how far it has come. It stops when a whole
 * part of it has failed, since the rest would too.
 * @throws OutboundError when the address is refused or does not answer
 */
export async function* firstSync(send: Send, input: SyncInput): AsyncGenerator<SyncProgress> {
  const { size, now } = input;
  const of = size.users + size.groups;
  const started = now().getTime();
  const tally = { done: 0, failures: 0, examples: [] as string[] };
  const tell = (): SyncProgress => ({ ...tally, of, seconds: (now().getTime() - started) / 1_000 });
  const ids: string[] = [];
  const post = poster(send, tally);
  const part = Math.max(atOnce, Math.ceil(of / reports));
  yield tell();
  for (let from = 0; from < size.users; from += part) {
    const before = tally.failures;
    const count = Math.min(part, size.users - from);
    await inParallel(numbers(from, count), async (at) => {
      const id = await post("/Users", personNumbered(at, input));
      if (id !== undefined) ids.push(id);
    });
    yield tell();
    if (tally.failures - before === count) return;
  }
  for (let from = 0; from < size.groups; from += part) {
    const count = Math.min(part, size.groups - from);
    await inParallel(numbers(from, count), async (at) => {
      await post("/Groups", groupNumbered(at, input, ids));
    });
    yield tell();
  }
}

function poster(send: Send, tally: { done: number; failures: number; examples: string[] }) {
  return async (path: string, body: JsonObject): Promise<string | undefined> => {
    const answer = await send({ method: "POST", path, headers: {}, body });
    tally.done += 1;
    const made = answer.status === 201 && isObject(answer.body) ? answer.body.id : undefined;
    if (typeof made === "string") return made;
    tally.failures += 1;
    const detail = isObject(answer.body) ? answer.body.detail : undefined;
    if (tally.examples.length < mostExamples)
      tally.examples.push(`${path} answered ${answer.status}${detail ? `: ${String(detail)}` : ""}`);
    return undefined;
  };
}

function personNumbered(at: number, { run, domain }: SyncInput): JsonObject {
  const number = String(at + 1).padStart(5, "0");
  const userName = `person.${number}.${run}@${domain}`;
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName,
    externalId: `sync-${run}-${number}`,
    name: { givenName: "Person", familyName: number },
    displayName: `Person ${number}`,
    emails: [{ value: userName, type: "work", primary: true }],
    active: true,
  };
}

/** Everybody is in one group. */
function groupNumbered(at: number, { run, size }: SyncInput, ids: readonly string[]): JsonObject {
  const share = ids.length / size.groups;
  const members = ids.slice(Math.round(at * share), Math.round((at + 1) * share));
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: `Team ${String(at + 1).padStart(3, "0")} ${run}`,
    members: members.map((value) => ({ value })),
  };
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at);
}

/** All lanes draw from one queue, so that none waits for the slowest. */
async function inParallel(items: readonly number[], run: (item: number) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lanes = Array.from({ length: atOnce }, async () => {
    for (const item of queue) await run(item);
  });
  await Promise.all(lanes);
}
