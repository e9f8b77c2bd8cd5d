/** What the clients of six identity providers send, as it was recorded, against the whole server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RECORDED_STORIES } from "../../protocols/scim/recorded-stories.ts";
import { playStory, type Story } from "../../protocols/scim/stories.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient } from "../../testing/scim.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

describe("each story", () => {
  test.each(RECORDED_STORIES.map((story) => [`${story.provider}: ${story.title}`, story] as const))(
    "%s",
    async (_title, story) => expect(await problemsOf(story)).toEqual([]),
  );
});

async function problemsOf(story: Story): Promise<string[]> {
  const idp = await createScimClient(app);
  // Okta's test begins with a directory that has somebody in it.
  await idp.send("POST", "/Users", {
    userName: "first@acme.test",
    name: { givenName: "First", familyName: "Person" },
    emails: [{ primary: true, value: "first@acme.test", type: "work" }],
  });
  const problems: string[] = [];
  const variables = { run: "r1", base: idp.base, domain: "acme.test" };
  const played = playStory(story, variables, async ({ method, path, headers, body }) =>
    idp.send(method, path, body, headers),
  );
  for await (const { step, problem } of played)
    if (problem !== undefined) problems.push(`${step.title}: ${problem}`);
  return problems;
}
