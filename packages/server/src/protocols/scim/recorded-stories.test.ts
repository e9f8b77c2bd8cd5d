/** Replays every story against a server in memory that consists of the pure parts alone. */
import { expect, test } from "vitest";
import { ScimMemory } from "../../testing/scim-memory.ts";
import { RECORDED_STORIES } from "./recorded-stories.ts";
import { playStory } from "./stories.ts";

const base = "https://env.test/directory/dir_1/scim/v2";

test.each(RECORDED_STORIES.map((story) => [`${story.provider}/${story.name}`, story] as const))(
  "%s",
  async (_, story) => {
    const server = new ScimMemory(base, "token");
    const variables = { run: "r1", base, domain: "acme.test" };
    const problems: string[] = [];
    const played = playStory(story, variables, async ({ method, path, headers, body }) =>
      server.answer({ method, path, body, authorization: headers.Authorization ?? "Bearer token" }),
    );
    for await (const { step, problem } of played)
      if (problem !== undefined) problems.push(`${step.title}: ${problem}`);
    expect(problems).toEqual([]);
  },
);
