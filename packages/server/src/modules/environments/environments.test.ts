/** The mode of an environment through the front door, and which environment a request reaches. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment } from "../../testing/callers.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";

let app: TestApp;
let other: OtherEnvironment;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  Object.assign(places, { own: app.environmentId, other: other.id });
});
afterAll(async () => app.stop());

const modeOf = async (id: string) =>
  (
    await app.app.db
      .selectFrom("environments")
      .select("authentication_mode")
      .where("id", "=", id)
      .executeTakeFirstOrThrow()
  ).authentication_mode;

describe("the mode", () => {
  test("is switched for the caller's environment alone", async () => {
    expect(await app.api("/features/fsa/disable", { method: "POST" })).toEqual({ status: 200, body: {} });
    expect([await modeOf(app.environmentId), await modeOf(other.id)]).toEqual([
      "MODULAR_AUTH",
      "FULL_STACK_AUTH",
    ]);
    expect((await app.api("/features/fsa/enable", { body: {} })).status).toBe(200);
    expect(await modeOf(app.environmentId)).toBe("FULL_STACK_AUTH");
  });

  testScenarios(() => app, places, [
    {
      name: "is switched by id, too",
      request: "POST /environments/{own}/features/fsa/enable",
      body: {},
      status: 200,
      answer: {},
      events: ["gatehouse.environment.updated"],
    },
    {
      name: "of another environment is not switched, and it is not said that there is one",
      request: "POST /environments/{other}/features/fsa/enable",
      body: {},
      status: 404,
      answer: { code: 5, details: [{ error_code: "ENVIRONMENT_NOT_FOUND" }] },
    },
    {
      name: "of an unknown environment is not found",
      request: "POST /environments/env_100000000000000001/features/fsa/enable",
      body: {},
      status: 404,
    },
    {
      name: "of an id that is too long is refused",
      request: `POST /environments/env_${"1".repeat(29)}/features/fsa/enable`,
      body: {},
      status: 400,
    },
    {
      name: "of an id with NUL is refused",
      request: "POST /environments/env_%00/features/fsa/enable",
      body: {},
      status: 400,
    },
  ]);
});

describe("the host name", () => {
  test("selects the environment, whose tokens are good for it alone", async () => {
    const own = await app.token();
    const foreign = await other.token();
    const status = async (url: string, token: string) =>
      (await fetch(`${url}/api/v1/organizations`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status(app.url, own), await status(other.url, foreign)]).toEqual([200, 200]);
    expect([await status(app.url, foreign), await status(other.url, own)]).toEqual([401, 401]);
  });

  test("of no environment reaches none", async () => {
    const unknown = app.url.replace("localhost", "[::1]");
    const answer = await fetch(`${unknown}/api/v1/organizations`).catch(() => undefined);
    // Where the listener has no IPv6, nothing answers at all.
    expect([404, undefined]).toContain(answer?.status);
  });

  test("keeps a client's secret to its own environment", async () => {
    const form = {
      grant_type: "client_credentials",
      client_id: other.clientId,
      client_secret: other.clientSecret,
    };
    const answer = await fetch(`${app.url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
  });
});
