/**
 * Stories: the requests that a directory's SCIM client sends, in order, with what it expects of each answer. A story is
 * one file in `testdata/<provider>/`; tests replay it against the server, and the simulator plays it for people.
 *
 * A text may hold `{{name.path}}`: `run`, `base` and `domain` come from the player, other names from answers that an
 * earlier step captured. Expected bodies are parts: an object may have more members, a list has as many elements in any
 * order, `[]` may also be missing, and `"{{*}}"` is anything but missing.
 */
import { isObject, type Json, type JsonObject } from "./json.ts";

export const PROVIDERS = ["okta", "entra", "onelogin", "ping", "jumpcloud", "rippling"] as const;
export type Provider = (typeof PROVIDERS)[number];

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export type StoryStep = {
  title: string;
  method: (typeof METHODS)[number];
  /** Below the base address, without query. */
  path: string;
  /** Not yet encoded. */
  query?: { [name: string]: string };
  /** More than those of the story; `Authorization` here takes the place of the directory's token. */
  headers?: { [name: string]: string };
  body?: Json;
  expect: {
    status: number[];
    /** Part of the body; null means that there is none. */
    body?: Json;
    /** Names of members that the body must not have. */
    absent?: string[];
  };
  /** The name under which later steps find the body of the answer. */
  capture?: string;
};

export type Story = {
  provider: Provider;
  /** Unique among the stories of its provider; the name of its file. */
  name: string;
  title: string;
  /** Where the behaviour is described, and what is peculiar in it. */
  source: { name: string; url?: string; quirk: string };
  /** Of every request. */
  headers: { [name: string]: string };
  steps: StoryStep[];
};

/**
 * Reads a story and refuses one with a mistake, so that a typing error does not pass for a passed test.
 *
 * @param provider - the name of its folder
 * @param name - the name of its file, without `.json`
 * @param file - its content, parsed
 * @throws {Error} naming the story and the mistake
 */
export function readStory(provider: Provider, name: string, file: unknown): Story {
  const fail = (what: string): never => {
    throw new Error(`The story ${provider}/${name} ${what}.`);
  };
  if (!isObject(file)) return fail("is no object");
  const { title, source, headers = {}, steps, ...others } = file;
  if (Object.keys(others).length > 0) return fail(`has unknown members: ${Object.keys(others)}`);
  if (typeof title !== "string" || !isTexts(headers))
    return fail("needs a title, and headers that are texts");
  if (!isTexts(source) || !source.name || !source.quirk) return fail("needs a source with name and quirk");
  if (!Array.isArray(steps) || steps.length === 0) return fail("needs steps");
  const { name: sourceName, url, quirk } = source;
  return {
    ...{ provider, name, title, headers },
    source: { name: sourceName, quirk, ...(url === undefined ? {} : { url }) },
    steps: steps.map((step, at) => readStep(step, (what) => fail(`has a step ${at + 1} that ${what}`))),
  };
}

const STEP_MEMBERS = ["title", "method", "path", "query", "headers", "body", "expect", "capture"];

function readStep(step: Json, fail: (what: string) => never): StoryStep {
  if (!isObject(step)) return fail("is no object");
  const { title, method: word, path, query = {}, headers = {}, body, capture } = step;
  const method = METHODS.find((known) => known === word) ?? fail("has no method");
  const unknown = Object.keys(step).filter((key) => !STEP_MEMBERS.includes(key));
  if (unknown.length > 0) return fail(`has unknown members: ${unknown}`);
  if (typeof title !== "string") return fail("has no title");
  if (typeof path !== "string" || !/^\/[^?#]*$/.test(path))
    return fail("has no path, which begins with / and has no query");
  if (!isTexts(query) || !isTexts(headers)) return fail("has query or headers that are not texts");
  if (capture !== undefined && typeof capture !== "string")
    return fail("captures under a name that is no text");
  return {
    ...{ title, method, path, query, headers, expect: readExpectation(step.expect, fail) },
    ...(body === undefined ? {} : { body }),
    ...(capture === undefined ? {} : { capture }),
  };
}

function readExpectation(expected: Json | undefined, fail: (what: string) => never): StoryStep["expect"] {
  if (!isObject(expected)) return fail("expects nothing");
  const { status, body, absent, ...others } = expected;
  if (Object.keys(others).length > 0) return fail(`expects unknown things: ${Object.keys(others)}`);
  const statuses = [status].flat().filter((code) => typeof code === "number");
  if (statuses.length === 0) return fail("expects no status");
  const names = absent === undefined ? undefined : [absent].flat().filter((name) => typeof name === "string");
  return {
    status: statuses,
    ...(body === undefined ? {} : { body }),
    ...(names === undefined ? {} : { absent: names }),
  };
}

function isTexts(value: Json | undefined): value is { [name: string]: string } {
  return isObject(value) && Object.values(value).every((item) => typeof item === "string");
}

/** What a player puts in: a word that makes names unique, the base address, and an e-mail domain. */
export type StoryVariables = { run: string; base: string; domain: string };

export type StoryRequest = {
  method: StoryStep["method"];
  /** Below the base address, with its query encoded. */
  path: string;
  headers: { [name: string]: string };
  body: Json | undefined;
};

/** `body` is undefined when the answer has none. */
export type StoryAnswer = { status: number; body: Json | undefined };

export type PlayedStep = {
  step: StoryStep;
  request: StoryRequest;
  answer: StoryAnswer;
  /** What is not as expected; undefined when all is. */
  problem: string | undefined;
};

/**
 * Plays a story: one request after the other, each with what the answers before it gave. It goes on after a problem, as
 * a directory would, so that the rest can be seen too.
 *
 * @param story - as `readStory` returns it
 * @param variables - of this run
 * @param send - sends a request and reads the answer; adds the directory's token unless there is an Authorization
 * @returns each step as it is played
 */
export async function* playStory(
  story: Story,
  variables: StoryVariables,
  send: (request: StoryRequest) => Promise<StoryAnswer>,
): AsyncGenerator<PlayedStep> {
  const known: JsonObject = { ...variables };
  for (const step of story.steps) {
    const request = {
      method: step.method,
      path: fillText(step.path, known) + queryOf(step, known),
      headers: { ...story.headers, ...step.headers },
      body: step.body === undefined ? undefined : fill(step.body, known),
    };
    const answer = await send(request);
    if (step.capture !== undefined) known[step.capture] = answer.body ?? null;
    yield { step, request, answer, problem: problemWith(answer, step, known) };
  }
}

function queryOf({ query = {} }: StoryStep, known: JsonObject): string {
  const pairs = Object.entries(query).map(([name, value]) => {
    const filled = encodeURIComponent(fillText(value, known));
    return filled === "" ? name : `${name}=${filled}`;
  });
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

/** Unknown names stay as they are, so that the request shows what was missing. */
function fillText(text: string, known: JsonObject): string {
  return text.replaceAll(/\{\{([\w.$-]+)\}\}/g, (whole, path: string) => {
    const value = path
      .split(".")
      .reduce<Json | undefined>((holder, key) => (isObject(holder) ? holder[key] : undefined), known);
    return typeof value === "string" ? value : whole;
  });
}

function fill(value: Json, known: JsonObject): Json {
  if (typeof value === "string") return fillText(value, known);
  if (Array.isArray(value)) return value.map((item) => fill(item, known));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fillText(key, known), fill(item, known)]),
  );
}

function problemWith(answer: StoryAnswer, { expect }: StoryStep, known: JsonObject): string | undefined {
  if (!expect.status.includes(answer.status)) {
    return `status ${answer.status} instead of ${expect.status.join(" or ")}`;
  }
  const surplus = expect.absent?.find((name) => isObject(answer.body) && name in answer.body);
  if (surplus !== undefined) return `the body has ${surplus}`;
  if (expect.body === undefined) return undefined;
  if (expect.body === null) return answer.body === undefined ? undefined : "the answer has a body";
  return difference(fill(expect.body, known), answer.body, "the body");
}

/** The first place at which an answer does not have what is expected. */
function difference(expected: Json, actual: Json | undefined, place: string): string | undefined {
  if (expected === "{{*}}" && actual !== undefined && actual !== null) return undefined;
  if (Array.isArray(expected)) return differenceOfLists(expected, actual, place);
  if (isObject(expected) && isObject(actual)) {
    for (const [key, value] of Object.entries(expected)) {
      const found = difference(value, actual[key], `${place}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return expected === actual
    ? undefined
    : `${place} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`;
}

function differenceOfLists(expected: Json[], actual: Json | undefined, place: string): string | undefined {
  if (expected.length === 0 && (actual === undefined || actual === null)) return undefined;
  if (!Array.isArray(actual) || actual.length !== expected.length) {
    return `${place} has ${Array.isArray(actual) ? actual.length : "no"} elements instead of ${expected.length}`;
  }
  const left = [...actual];
  for (const [index, item] of expected.entries()) {
    const found = left.findIndex((candidate) => difference(item, candidate, "") === undefined);
    if (found < 0) return `${place} has no element like number ${index + 1}, ${JSON.stringify(item)}`;
    left.splice(found, 1);
  }
  return undefined;
}
