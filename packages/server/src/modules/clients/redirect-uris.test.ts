/** What an application may register as its addresses over the API, by the rules of its environment. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const patch = (body: object) => app.api(`/clients/${app.clientId}`, { method: "PATCH", body });

async function setType(type: "DEV" | "PRD") {
  await app.app.db.updateTable("environments").set({ type }).execute();
  app.app.cache.dropAll();
}

describe("refusals name the field and change nothing", () => {
  const uris = (count: number) =>
    Array.from({ length: count }, (_, n) => `https://app-${n}.acme.test/callback`);
  test.each([
    [{ post_login_uris: ["https://acme.test/cb?x=1"] }, "client.post_login_uris", "query string"],
    [{ post_login_uris: ["javascript:alert(1)"] }, "client.post_login_uris", "scheme"],
    [{ post_login_uris: uris(6) }, "client.post_login_uris", "at most 5"],
    [{ post_logout_redirect_uris: ["https://*.com"] }, "client.post_logout_redirect_uris", "wildcard"],
    [{ initiate_login_uri: "nowhere" }, "client.initiate_login_uri", "absolute"],
    [{ back_channel_logout_uris: ["file:///etc/passwd"] }, "client.back_channel_logout_uris", "scheme"],
  ])("%j", async (body, field, problem) => {
    const before = (await app.api(`/clients/${app.clientId}`)).body;
    const { status, body: answer } = await patch(body);
    expect(status).toBe(400);
    expect(answer.message).toContain(field);
    expect(answer.message).toContain(problem);
    expect((await app.api(`/clients/${app.clientId}`)).body).toEqual(before);
  });
});

describe("a production environment", () => {
  beforeAll(() => setType("PRD"));
  afterAll(() => setType("DEV"));

  test.each(["http://app.acme.test/cb", "http://localhost:3000/cb", "https://app-*.acme.test/cb"])(
    "does not take %s",
    async (uri) => expect((await patch({ post_login_uris: [uri] })).status).toBe(400),
  );

  test("takes https, and sends nobody to a localhost that is not registered", async () => {
    expect((await patch({ post_login_uris: ["https://app.acme.test/cb"] })).status).toBe(200);
    const url = `${app.url}/oauth/authorize?response_type=code&scope=openid&client_id=${app.clientId}&redirect_uri=`;
    const ask = async (uri: string) => (await fetch(url + uri, { redirect: "manual" })).status;
    expect(await ask("http://localhost:5555/callback")).toBe(400);
    expect(await ask("https://app.acme.test/cb")).toBe(302);
  });
});
