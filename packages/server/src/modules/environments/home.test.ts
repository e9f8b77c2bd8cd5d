/** What a person sees at `/`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_DEMO_PORT: "18999" });
});
afterAll(() => app.stop());

describe("GET /", () => {
  test("leads a developer to the demo app and to discovery", async () => {
    const answer = await fetch(app.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    const body = await answer.text();
    expect(body).toContain('href="http://localhost:18999/"');
    expect(body).toContain('href="/.well-known/openid-configuration"');
    expect(body).not.toContain(app.clientSecret);
  });
});
