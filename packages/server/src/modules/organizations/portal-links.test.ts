/** Links into the admin portal: who gets which kind, how often and how long they open, and what they show. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeExpired } from "../../jobs/expire.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { type Places, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import * as portalLinks from "./portal-links.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "globex"]) {
    const { body } = await app.api("/organizations", { body: { display_name: `<b>${name}</b>` } });
    places[name] = body.organization.id;
  }
});
afterAll(async () => app.stop());

async function generate(query = ""): Promise<{ id: string; location: string; expire_time: string }> {
  const { body } = await app.api(`/organizations/${places.acme}/portal_links${query}`, { method: "PUT" });
  return body.link;
}

/** As a member of the dashboard makes it. */
const shared = () => portalLinks.generate(app.systemCtx(), places.acme ?? "", []);

const follow = (location: string, method = "GET") => fetch(location, { method, redirect: "manual" });

describe("generate", () => {
  test("answers with a link that opens within a minute", async () => {
    const link = await generate();
    expect(link.id).toMatch(/^lnk_\d{18}$/);
    expect(link.location).toMatch(new RegExp(`^${app.url}/magicLink/[0-9a-f]{64}$`));
    const left = Date.parse(link.expire_time) - app.app.now().getTime();
    expect(left).toBeGreaterThan(58_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  test("writes the secret nowhere", async () => {
    const { location } = await generate();
    await (await follow(location)).text();
    const secret = location.split("/").at(-1) ?? "";
    const rows = await app.app.db.selectFrom("portal_links").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(await toldSoFar(app)).not.toContain(secret);
  });

  const path = "/organizations/{acme}/portal_links";
  testScenarios(() => app, places, [
    {
      name: "takes a feature that is on",
      request: `PUT ${path}?features=sso`,
      status: 200,
      events: ["organization.portal_link_created"],
    },
    {
      name: "takes the former name",
      request: `PUT ${path}?sso=true`,
      status: 200,
      events: ["organization.portal_link_created"],
    },
    {
      name: "refuses a feature that is off",
      request: `PUT ${path}?features=sso&features=dir_sync`,
      status: 400,
      // The official Java SDK takes no other code for this.
      answer: {
        code: 3,
        details: [
          {
            error_code: "INVALID_ARGUMENT",
            validation_error_info: { field_violations: [{ field: "features" }] },
          },
        ],
      },
    },
    { name: "refuses it by its former name", request: `PUT ${path}?directory_sync=true`, status: 400 },
    { name: "refuses a feature that there is not", request: `PUT ${path}?features=teleport`, status: 400 },
    {
      name: "refuses the number of a feature that there is not",
      request: `PUT ${path}?features=9`,
      status: 400,
    },
    {
      name: "finds no unknown organization",
      request: "PUT /organizations/org_100000000000000001/portal_links",
      status: 404,
    },
    { name: "refuses an id of another kind", request: "PUT /organizations/usr_1/portal_links", status: 400 },
    { name: "lets no application list links", request: `GET ${path}`, status: 403 },
    { name: "lets no application take all links back", request: `DELETE ${path}`, status: 403 },
  ]);
});

describe("following a link", () => {
  test("says that the portal is not built, for whom the link is, and nothing more", async () => {
    const answer = await follow((await generate("?features=sso")).location);
    expect(answer.status).toBe(501);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const text = await answer.text();
    expect(text).toContain("not part of this version");
    expect(text).toContain("&#60;b&#62;acme&#60;/b&#62;");
    expect(text).toContain("(single sign-on)");
    expect(text).not.toContain("<b>acme");
  });

  test("opens once, of a hundred at once too", async () => {
    const { location } = await generate();
    const answers = await Promise.all(Array.from({ length: 100 }, () => follow(location)));
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual([...Array.from({ length: 99 }, () => 404), 501]);
    expect(await (await follow(location)).text()).toContain("ask whoever sent it for a new one");
  });

  test("is not used up by a program that only looks", async () => {
    const { location } = await generate();
    expect((await follow(location, "HEAD")).status).toBe(501);
    expect((await follow(location)).status).toBe(501);
  });

  test("may be framed by pages of the application, and by no other", async () => {
    const strange = "https://a;script-src.example/callback";
    const uris = ["https://app.acme.com/callback", strange];
    await app.api(`/clients/${app.clientId}`, { method: "PATCH", body: { post_login_uris: uris } });
    const policy = (await follow((await generate()).location)).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("frame-ancestors https://app.acme.com");
    expect(policy).not.toContain("a;script");
  });

  test.each(["{id}", "{secret}x", "{SECRET}", "0".repeat(64), "%F0%9F%8F%AF", "{secret}_x"])(
    "is 404 for %s",
    async (token) => {
      const { id, location } = await generate();
      const secret = location.split("/").at(-1) ?? "";
      const filled = token
        .replace("{id}", id)
        .replace("{secret}", secret)
        .replace("{SECRET}", secret.toUpperCase().replace(/^\d+$/, "A"));
      const answer = await follow(`${app.url}/magicLink/${filled}`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("PORTAL_LINK_INVALID");
    },
  );
});

describe("a link of the dashboard", () => {
  test("opens again and again for 7 days, until it is taken back", async () => {
    const { link, location } = await shared();
    expect(location).toMatch(/[0-9a-f]{64}_p$/);
    expect(link.expires_at.getTime() - link.created_at.getTime()).toBe(7 * 86_400_000);
    expect((await follow(location)).status).toBe(501);
    expect((await follow(location)).status).toBe(501);
    const path = `/organizations/${places.acme}/portal_links/${link.id}`;
    const foreign = `/organizations/${places.globex}/portal_links/${link.id}`;
    expect((await app.api(foreign, { method: "DELETE" })).status).toBe(404);
    expect((await app.api(path, { method: "DELETE" })).status).toBe(200);
    expect((await app.api(path, { method: "DELETE" })).status).toBe(404);
    expect((await follow(location)).status).toBe(404);
  });

  test("is listed without its secret while it opens something, and goes with all others", async () => {
    const ctx = app.systemCtx();
    const organizationId = places.acme ?? "";
    const { link, location } = await shared();
    const once = await generate();
    await follow(once.location);
    const listed = await portalLinks.list(ctx, organizationId);
    const ids = listed.links.map((each) => each.id);
    expect(ids).toContain(link.id);
    expect(ids).not.toContain(once.id);
    expect(listed.location).toBe(`${app.url}/magicLink/`);
    await portalLinks.deleteAll(ctx, organizationId);
    expect((await portalLinks.list(ctx, organizationId)).links).toEqual([]);
    expect((await follow(location)).status).toBe(404);
  });
});

// Moves the clock: last.
test("is over after a minute, and its row goes", async () => {
  const { location } = await generate();
  app.advance(61);
  expect((await follow(location)).status).toBe(404);
  await removeExpired(app.app);
  expect(await app.app.db.selectFrom("portal_links").select("id").execute()).toEqual([]);
});

test("lives as long as the setting says", async () => {
  const lasting = await startTestApp({ GATEHOUSE_PORTAL_LINK_MINUTES: "10080" });
  try {
    const { body } = await lasting.api("/organizations", { body: { display_name: "Patient" } });
    const path = `/organizations/${body.organization.id}/portal_links`;
    const { link } = (await lasting.api(path, { method: "PUT" })).body;
    lasting.advance(6 * 86_400);
    expect((await follow(link.location)).status).toBe(501);
  } finally {
    await lasting.stop();
  }
});
