/** The simulated SCIM client by its page, against the whole server and over its own HTTP. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RECORDED_STORIES } from "../../protocols/scim/recorded-stories.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient } from "../../testing/scim.ts";
import * as directories from "../directories/directories.ts";
import * as secrets from "../directories/secrets.ts";

let app: TestApp;
/** No directory: it answers everything with markup. */
let stranger: http.Server;
let strangerUrl: string;
beforeAll(async () => {
  stranger = http.createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<script>alert(1)</script>");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const host = `localhost:${(stranger.address() as AddressInfo).port}`;
  strangerUrl = `http://${host}`;
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: host });
});
afterAll(async () => {
  stranger.close();
  await app.stop();
});

interface Played {
  status: number;
  text: string;
  /** The titles of the requests with the statuses of their answers. */
  answers: string[];
  problems: string[];
  events: string[];
}

/** Presses a button of the page. */
async function press(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Played> {
  const answer = await fetch(`${app.url}/simulator/scim`, {
    method: "POST",
    headers,
    body: new URLSearchParams(fields),
  });
  const text = await answer.text();
  const all = (pattern: RegExp) => [...text.matchAll(pattern)];
  return {
    status: answer.status,
    text,
    answers: all(/class="title">([^<]*)<.*?class="status">(\d+)</g).map(
      ([, title, code]) => `${title} ${code}`,
    ),
    problems: all(/class="judgement">Not as expected: ([^<]*)</g).map(([, problem = ""]) => problem),
    events: all(/<li><code>([\w.]+)<\/code> ([^<]*)</g).map(([, type, about]) => `${type} ${about}`),
  };
}

/** Presses it for a directory of an organization of its own. */
async function pressAt(fields: Record<string, string>) {
  const idp = await createScimClient(app);
  const at = { directory: "yours", endpoint: idp.base, token: idp.token, domain: "acme.test" };
  return { idp, played: await press({ ...at, ...fields }) };
}

const testOrganization = () => app.testOrganization?.organizationId ?? "";

describe("the page", () => {
  test("offers every story, everybody and the sync, and is linked from the first page", async () => {
    const text = await (
      await fetch(`${app.url}/simulator/scim?endpoint=https://a.test/scim%22&domain=a.test`)
    ).text();
    for (const { provider, name } of RECORDED_STORIES) expect(text).toContain(`value="${provider}/${name}"`);
    for (const what of ["hire", "move", "leave", "return"]) expect(text).toContain(`value="${what}:emil"`);
    expect(text).toContain('value="10000"');
    expect(text).toContain('value="https://a.test/scim&#34;"');
    expect(await (await fetch(app.url)).text()).toContain('href="/simulator/scim"');
  });
});

describe("the simulator's own directory", () => {
  test("is made once, named and enabled, however many ask for it first", async () => {
    const probes = ["rippling/connection-test", "entra/test-connection", "okta/put-only"];
    const played = await Promise.all(probes.map((story) => press({ story })));
    for (const { problems } of played) expect(problems).toEqual([]);
    const all = await directories.list(app.systemCtx(), testOrganization());
    expect(all).toMatchObject([{ name: "Simulated identity provider", enabled: true, status: "COMPLETED" }]);
  });

  test("is opened by a new token when somebody has replaced the one in memory", async () => {
    const ctx = app.systemCtx();
    const [own] = await directories.list(ctx, testOrganization());
    await secrets.regenerate(ctx, testOrganization(), own?.id ?? "");
    expect((await press({ story: "rippling/connection-test" })).problems).toEqual([]);
  });
});

describe("stories", () => {
  test.each(RECORDED_STORIES.map((story) => [`${story.provider}/${story.name}`, story] as const))(
    "%s is played in the simulator's own directory as it was recorded",
    async (name, story) => {
      const played = await press({ story: name });
      expect(played).toMatchObject({ status: 200, problems: [] });
      expect(played.answers).toHaveLength(story.steps.length);
      expect(played.text).toContain(`All ${story.steps.length} answers were as expected.`);
    },
  );

  test("of one provider are played one after the other, in a directory of one's own", async () => {
    const { played } = await pressAt({ story: "okta" });
    const stories = RECORDED_STORIES.filter(({ provider }) => provider === "okta");
    expect(played.problems).toEqual([]);
    expect(played.answers).toHaveLength(stories.flatMap(({ steps }) => steps).length);
  });
});

describe("somebody", () => {
  test("is hired, moves, leaves and comes back", async () => {
    const hired = await press({ happening: "hire:ada" });
    expect(hired.answers).toEqual([
      "Looks Ada up 200",
      "Creates Ada 201",
      "Looks the group Engineering up 200",
      "Makes the group Engineering with Ada 201",
    ]);
    expect(hired.events).toEqual([
      "organization.directory.user_created ada@example.com",
      "user.organization_membership_created ada@example.com",
      "organization.directory.group_created Engineering",
      "organization.directory.user_updated ada@example.com",
    ]);
    expect(hired.text).toMatch(/<td>ada@example.com<\/td><td>active<\/td><td>Engineering<\/td>/);
    const moved = await press({ happening: "move:ada" });
    expect(moved.text).toMatch(/<td>ada@example.com<\/td><td>active<\/td><td>Sales<\/td>/);
    expect((await press({ happening: "move:ada" })).text).toMatch(/<td>active<\/td><td>Engineering<\/td>/);
    const left = await press({ happening: "leave:ada" });
    expect(left.events).toEqual(
      expect.arrayContaining(["organization.directory.user_deleted ada@example.com"]),
    );
    expect(left.text).toContain('<span class="off">inactive</span>');
    const back = await press({ happening: "return:ada" });
    expect(back.events).toEqual(
      expect.arrayContaining(["organization.directory.user_created ada@example.com"]),
    );
    for (const { problems } of [hired, moved, left, back]) expect(problems).toEqual([]);
  });

  test("is a user of the test organization, and a member for as long as they are in the company", async () => {
    const membershipOf = async (email: string) => {
      const { body } = await app.api(`/organizations/${testOrganization()}/users?page_size=100`);
      const user = body.users.find((each: { email: string }) => each.email === email);
      return user?.memberships.map((each: { membership_status: string }) => each.membership_status);
    };
    await press({ happening: "hire:chiara" });
    expect(await membershipOf("chiara@example.com")).toEqual(["ACTIVE"]);
    await press({ happening: "leave:chiara" });
    expect(await membershipOf("chiara@example.com")).toEqual(["INACTIVE"]);
    await press({ happening: "return:chiara" });
    expect(await membershipOf("chiara@example.com")).toEqual(["ACTIVE"]);
  });

  test("who is not there cannot leave, and who is there is not hired twice", async () => {
    expect((await press({ happening: "leave:ben" })).text).toContain("Ben Okoro is not in the directory");
    await press({ happening: "hire:ben" });
    const again = await press({ happening: "hire:ben" });
    expect(again.text).toContain("Ben Okoro is in the directory already");
    expect(again.answers).toEqual(["Looks Ben up 200"]);
    await press({ happening: "leave:ben" });
    expect((await press({ happening: "hire:ben" })).answers).toEqual([
      "Looks Ben up 200",
      "Activates Ben again 200",
    ]);
  });
});

describe("the first sync", () => {
  test("sends everybody and every group, and tells how far it has come while it does", async () => {
    const { idp, played } = await pressAt({ sync: "1", users: "120", groups: "7" });
    expect(played.text.match(/<progress/g)?.length).toBeGreaterThan(5);
    expect(played.text).toMatch(/<progress max="127" value="0">[\s\S]*<progress max="127" value="127">/);
    expect(played.text).toContain("All 127 requests succeeded.");
    expect((await idp.send("GET", "/Users?count=0")).body.totalResults).toBe(120);
    const { body } = await idp.send("GET", "/Groups");
    expect(body.totalResults).toBe(7);
    const members = body.Resources.flatMap((group: { members: { value: string }[] }) => group.members);
    expect(new Set(members.map(({ value }: { value: string }) => value)).size).toBe(120);
  });

  test("comes in parts: its first lines are there before it ends", async () => {
    const form = new URLSearchParams({ sync: "1", users: "160", groups: "0" });
    const answer = await fetch(`${app.url}/simulator/scim`, { method: "POST", body: form });
    const decoder = new TextDecoder();
    let reads = 0;
    let text = "";
    for await (const chunk of answer.body ?? []) {
      reads += 1;
      text += decoder.decode(chunk, { stream: true });
    }
    expect(text).toContain("All 160 requests succeeded.");
    expect(reads).toBeGreaterThan(3);
  });

  test("stops where nothing succeeds, and says what was answered", async () => {
    const { base } = await createScimClient(app);
    const at = { directory: "yours", endpoint: base, token: "wrong", domain: "acme.test" };
    const { text } = await press({ ...at, sync: "1", users: "100", groups: "5" });
    expect(text).toContain("16 requests failed, 89 were not sent.");
    expect(text).toContain("/Users answered 401: The token is none of this directory");
  });

  test.each([
    ["users", "0"],
    ["users", "50001"],
    ["groups", "1e3"],
    ["groups", ""],
  ])("is refused for %s=%s", async (name, value) => {
    const played = await press({ sync: "1", users: "1", groups: "1", [name]: value });
    expect(played.status).toBe(400);
    expect(played.text).toContain(`The number of ${name} must be`);
  });
});

describe("refusals", () => {
  test("a wrong token: each answer is shown as what it is", async () => {
    const { base } = await createScimClient(app);
    const played = await press({
      directory: "yours",
      endpoint: base,
      token: "not-the-token-of-it",
      domain: "acme.test",
      happening: "hire:ada",
    });
    expect(played.problems).toEqual(["status 401 instead of 200"]);
    expect(played.text).toContain("1 of 1 answers was not as expected");
    expect(played.text).not.toContain("What was announced");
    expect(played.text).not.toContain("The directory now");
  });

  test("neither the page nor the log ever holds a token", async () => {
    const { idp, played } = await pressAt({ story: "okta/user-lifecycle" });
    expect(played.problems).toEqual([]);
    expect(played.text).not.toContain(idp.token);
    expect(JSON.stringify(app.logged)).not.toContain(idp.token);
  });

  test.each([
    ["http://localhost:1/scim", "localhost:1", "GATEHOUSE_OUTBOUND_ALLOW"],
    ["https://169.254.169.254/latest", "169.254.169.254", "private or reserved network"],
    ["http://scim.example.com", "scim.example.com", "must start with https://"],
  ])("the guarded fetch refuses %s", async (endpoint, host, words) => {
    const given = { directory: "yours", endpoint, token: "x", domain: "acme.test" };
    for (const what of [
      { story: "okta/put-only" },
      { happening: "hire:ada" },
      { sync: "1", users: "5", groups: "1" },
    ]) {
      const { status, text } = await press({ ...given, ...(what as Record<string, string>) });
      expect(status).toBe(200);
      expect(text).toContain(host);
      expect(text).toContain(words);
      expect(text).toContain("Play something else");
    }
  });

  test.each([
    [{ endpoint: "ftp://a.test" }, "The endpoint URL must be an http or https URL"],
    [{ endpoint: "https://ada:secret@a.test" }, "The endpoint URL must be an http or https URL"],
    [{ endpoint: "" }, "The endpoint URL must be an http or https URL"],
    [{ token: "" }, "The token is missing"],
    [{ token: "a\nb" }, "The token is missing"],
    [{ domain: "no domain" }, "is no domain"],
    [{ story: "okta/nothing" }, "is no recorded story"],
    [{ story: "", happening: "fire:ada" }, "is no recorded story"],
  ])("%j is refused", async (change, words) => {
    const given = {
      directory: "yours",
      endpoint: "https://a.test",
      token: "x",
      domain: "a.test",
      story: "okta",
    };
    const { status, text } = await press({ ...given, ...(change as Record<string, string>) });
    expect(status).toBe(400);
    expect(text).toContain(words);
  });

  test("nothing chosen, and what cannot happen", async () => {
    expect((await press({})).text).toContain("Nothing was chosen");
    expect((await press({ happening: "fire:ada" })).text).toContain("is nothing that can happen here");
    expect((await press({ happening: "hire:mallory" })).status).toBe(400);
  });

  test("a form that another site's page makes the browser send", async () => {
    const at = await pressAt({ happening: "leave:chiara" });
    expect(at.played.text).toContain("is not in the directory");
    const { base: endpoint, token } = at.idp;
    const hire = { directory: "yours", endpoint, token, domain: "acme.test", happening: "hire:chiara" };
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.test" }]) {
      const refused = await press(hire, headers as Record<string, string>);
      expect(refused.status).toBe(403);
      expect(refused.text).toContain("SIMULATOR_FORM_FOREIGN");
    }
    expect((await at.idp.send("GET", "/Users?count=0")).body.totalResults).toBe(0);
  });

  test("what a directory answers is text on the page, whatever it is", async () => {
    const given = { directory: "yours", endpoint: strangerUrl, token: "x", domain: "acme.test" };
    const { text } = await press({ ...given, story: "entra/test-connection" });
    expect(text).toContain("&#60;script&#62;alert(1)");
    expect(text).not.toContain("<script");
  });
});

test("production has no simulator", async () => {
  const production = await startTestApp({
    GATEHOUSE_MODE: "production",
    GATEHOUSE_MASTER_KEY: randomBytes(32).toString("base64"),
    GATEHOUSE_URL: "https://auth.example.com",
    SMTP_URL: "smtp://127.0.0.1:1",
    MAIL_FROM: "auth@example.com",
    HOST: "127.0.0.1",
  });
  try {
    for (const method of ["GET", "POST"]) {
      const status = await new Promise((resolve, reject) => {
        const headers = { host: "auth.example.com", "content-type": "application/x-www-form-urlencoded" };
        http
          .request({ port: production.port, path: "/simulator/scim", method, headers }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          })
          .on("error", reject)
          .end(method === "POST" ? "story=okta" : undefined);
      });
      expect(status).toBe(404);
    }
    expect(production.testOrganization).toBeUndefined();
  } finally {
    await production.stop();
  }
});
