/** Input that is meant to be expensive, or to be answered with more than a browser reads. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { authorizeUrl, callback } from "../../testing/sign-in.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const post = (path: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
  fetch(`${app.url}${path}`, {
    method: "POST",
    body,
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });

describe("a form", () => {
  test.each(["/oauth/token", "/oauth/authorize", "/sso/v1/saml/conn_1/callback"])(
    "of half a million fields is refused before it is read: %s",
    async (path) => {
      const answer = await post(path, "a&".repeat(500_000));
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain("more than 200 fields");
    },
  );

  test.each(["/oauth/authorize", "/oidc/logout"])(
    "that would not fit into an address is not asked again by GET: %s",
    async (path) => {
      const answer = await post(path, new URLSearchParams({ state: "x".repeat(20_000) }));
      expect(answer.status).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
    },
  );
});

test("a state that is too long is refused, and not carried back", async () => {
  const answer = await fetch(authorizeUrl(app, { state: "x".repeat(5_000) }), { redirect: "manual" });
  const location = new URL(answer.headers.get("location") ?? "");
  expect(location.href.startsWith(callback)).toBe(true);
  expect(location.searchParams.get("error")).toBe("invalid_request");
  expect(location.searchParams.has("state")).toBe(false);
});

test("a NUL in credentials is a wrong client, as any other that is unknown", async () => {
  const authorization = `Basic ${Buffer.from("%00:x").toString("base64")}`;
  const answer = await post("/oauth/token", "grant_type=client_credentials", { authorization });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ error: "invalid_client" });
});
