/** The stories themselves: complete, readable, and played by a player that notices what is wrong. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { groupChanges } from "./group-changes.ts";
import { isObject } from "./json.ts";
import { readPatchRequest } from "./patch-request.ts";
import { RECORDED_STORIES } from "./recorded-stories.ts";
import { PROVIDERS, playStory, readStory, type StoryAnswer, type StoryRequest } from "./stories.ts";

const variables = { run: "r1", base: "https://x.test/scim/v2", domain: "acme.test" };

test("every file of testdata is a recorded story, and every provider creates, disables and groups", () => {
  const folder = new URL("./testdata/", import.meta.url);
  const files = PROVIDERS.flatMap((provider) =>
    readdirSync(new URL(`${provider}/`, folder)).map((file) => `${provider}/${file}`),
  );
  expect(RECORDED_STORIES.map(({ provider, name }) => `${provider}/${name}.json`).sort()).toEqual(
    files.sort(),
  );
  expect(readdirSync(folder).sort()).toEqual([...PROVIDERS].sort());
  for (const provider of PROVIDERS) {
    const requests = RECORDED_STORIES.filter((story) => story.provider === provider).flatMap(({ steps }) =>
      steps.map(({ method, path }) => `${method} /${path.split("/")[1]}`),
    );
    expect(requests, provider).toEqual(
      expect.arrayContaining(["POST /Users", "PATCH /Groups", "DELETE /Users"]),
    );
  }
});

describe("every story", () => {
  test("uses only what an earlier step captured", () => {
    for (const { provider, name, steps } of RECORDED_STORIES) {
      const known = new Set(["run", "base", "domain"]);
      for (const step of steps) {
        const used = JSON.stringify({ ...step, expect: undefined }).matchAll(/\{\{(\w+)/g);
        for (const [, word = ""] of used) expect(known, `${provider}/${name}: ${step.title}`).toContain(word);
        if (step.capture !== undefined) known.add(step.capture);
      }
    }
  });

  test("has PATCH bodies that are read, those of groups as member changes or a rename", () => {
    for (const { steps } of RECORDED_STORIES) {
      for (const { method, path, body } of steps) {
        if (method !== "PATCH") continue;
        const operations = readPatchRequest(body);
        if (!path.startsWith("/Groups")) continue;
        const { members, rest } = groupChanges(operations);
        expect(members.length + rest.length).toBeGreaterThan(0);
      }
    }
  });
});

const step = { title: "Asks", method: "GET", path: "/Users", expect: { status: 200 } };
const file = { title: "T", source: { name: "N", quirk: "Q" }, steps: [step] };

/** Plays a story of one or more steps against fixed answers. */
async function played(steps: object[], ...answers: StoryAnswer[]) {
  const requests: StoryRequest[] = [];
  const problems: (string | undefined)[] = [];
  const send = async (request: StoryRequest) => {
    requests.push(request);
    return answers[requests.length - 1] ?? { status: 500, body: undefined };
  };
  const story = readStory("okta", "s", {
    ...file,
    headers: { Accept: "a" },
    steps: steps.map((more) => ({ ...step, ...more })),
  });
  for await (const { problem } of playStory(story, variables, send)) problems.push(problem);
  return { requests, problems };
}

describe("the player", () => {
  test("fills in what it knows and encodes the query", async () => {
    const steps = [
      { method: "POST", body: { userName: "a.{{run}}@{{domain}}", $ref: "{{base}}/Users" }, capture: "user" },
      {
        path: "/Users/{{user.id}}",
        query: { flag: "", filter: 'id eq "{{user.id}}" or x eq "{{unknown.id}}"' },
        headers: { Accept: "b" },
      },
    ];
    const { requests } = await played(steps, { status: 200, body: { id: "u1" } });
    expect(requests).toEqual([
      {
        method: "POST",
        path: "/Users",
        headers: { Accept: "a" },
        body: { userName: "a.r1@acme.test", $ref: "https://x.test/scim/v2/Users" },
      },
      {
        method: "GET",
        path: "/Users/u1?flag&filter=id%20eq%20%22u1%22%20or%20x%20eq%20%22%7B%7Bunknown.id%7D%7D%22",
        headers: { Accept: "b" },
        body: undefined,
      },
    ]);
  });

  test.each<[object, StoryAnswer, string | undefined]>([
    [{ status: [200, 204] }, { status: 204, body: undefined }, undefined],
    [{ status: 200 }, { status: 404, body: undefined }, "status 404 instead of 200"],
    [{ status: 200, body: { a: { b: 1 } } }, { status: 200, body: { a: { b: 1, c: 2 }, d: 3 } }, undefined],
    [
      { status: 200, body: { a: { b: 1 } } },
      { status: 200, body: { a: { b: "1" } } },
      'the body.a.b is "1" instead of 1',
    ],
    [{ status: 200, body: { a: "{{*}}" } }, { status: 200, body: { a: false } }, undefined],
    [
      { status: 200, body: { a: "{{*}}" } },
      { status: 200, body: { a: null } },
      'the body.a is null instead of "{{*}}"',
    ],
    [
      { status: 200, body: { a: [{ v: 1 }, { v: 2 }] } },
      { status: 200, body: { a: [{ v: 2 }, { v: 1 }] } },
      undefined,
    ],
    [
      { status: 200, body: { a: [{ v: 1 }] } },
      { status: 200, body: { a: [{ v: 2 }] } },
      'the body.a has no element like number 1, {"v":1}',
    ],
    [
      { status: 200, body: { a: [{ v: 1 }] } },
      { status: 200, body: { a: [{ v: 1 }, { v: 1 }] } },
      "the body.a has 2 elements instead of 1",
    ],
    [{ status: 200, body: { a: [] } }, { status: 200, body: {} }, undefined],
    [
      { status: 200, body: { a: [] } },
      { status: 200, body: { a: [1] } },
      "the body.a has 1 elements instead of 0",
    ],
    [{ status: 204, body: null }, { status: 204, body: undefined }, undefined],
    [{ status: 204, body: null }, { status: 204, body: {} }, "the answer has a body"],
    [
      { status: 200, absent: ["password"] },
      { status: 200, body: { password: "x" } },
      "the body has password",
    ],
  ])("expects %j of %j", async (expected, answer, problem) => {
    expect((await played([{ expect: expected }], answer)).problems).toEqual([problem]);
  });
});

test.each<[unknown, string]>([
  [[], "is no object"],
  [{ ...file, extra: 1 }, "has unknown members: extra"],
  [{ ...file, source: { name: "N" } }, "needs a source with name and quirk"],
  [{ ...file, steps: [] }, "needs steps"],
  [{ ...file, headers: { a: 1 } }, "needs a title, and headers that are texts"],
  [{ ...file, steps: [{ ...step, method: "HEAD" }] }, "has a step 1 that has no method"],
  [
    { ...file, steps: [{ ...step, path: "/Users?x" }] },
    "has a step 1 that has no path, which begins with / and has no query",
  ],
  [{ ...file, steps: [{ ...step, expects: {} }] }, "has a step 1 that has unknown members: expects"],
  [{ ...file, steps: [{ ...step, expect: {} }] }, "has a step 1 that expects no status"],
  [
    { ...file, steps: [{ ...step, expect: { status: 200, statuses: 1 } }] },
    "has a step 1 that expects unknown things: statuses",
  ],
  [
    { ...file, steps: [step, { ...step, query: { a: 1 } }] },
    "has a step 2 that has query or headers that are not texts",
  ],
])("a story with a mistake is refused: %#", (content, mistake) => {
  expect(() => readStory("okta", "s", content)).toThrow(`The story okta/s ${mistake}.`);
});

test("captured answers are JSON objects in every story", () => {
  const captures = RECORDED_STORIES.flatMap(({ steps }) => steps).filter(
    ({ capture }) => capture !== undefined,
  );
  expect(captures.every(({ expect: expected }) => isObject(expected.body) && "id" in expected.body)).toBe(
    true,
  );
});
