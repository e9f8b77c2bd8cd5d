/** The official Node SDK, unmodified: what goes wrong arrives as the exception that its reference names. */
import {
  Scalekit,
  ScalekitBadRequestException,
  ScalekitConflictException,
  ScalekitNotFoundException,
  ScalekitServerException,
  ScalekitTooManyRequestsException,
  ScalekitUnauthorizedException,
} from "@scalekit-sdk/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";

let app: TestApp;
let sdk: Scalekit;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
});
afterAll(async () => app.stop());

const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (error: unknown) => error,
  );

test("each status has its class, the code of the error and its HTTP status", async () => {
  const { organization } = sdk;
  await organization.createOrganization("First", { externalId: "taken" });
  for (const [call, type, errorCode, httpStatus] of [
    [organization.createOrganization(""), ScalekitBadRequestException, "INVALID_ARGUMENT", 400],
    [
      organization.getOrganization("org_100000000000000001"),
      ScalekitNotFoundException,
      "ORGANIZATION_NOT_FOUND",
      404,
    ],
    [
      organization.createOrganization("Again", { externalId: "taken" }),
      ScalekitConflictException,
      "ORGANIZATION_EXTERNAL_ID_TAKEN",
      409,
    ],
  ] as const) {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(ScalekitServerException);
    expect(error).toMatchObject({ errorCode, httpStatus });
  }
});

test("a rule that is broken names the field", async () => {
  const error = await thrownBy(sdk.organization.createOrganization("x".repeat(201)));
  expect(JSON.stringify((error as ScalekitServerException).unpackedDetails)).toContain(
    "organization.display_name",
  );
});

test("a wrong secret is invalid_client, from a sign-in and from the API", async () => {
  const stranger = new Scalekit(app.url, app.clientId, "test_wrong");
  const refused = { response: { status: 401, data: { error: "invalid_client" } } };
  await expect(stranger.authenticateWithCode("code", "https://app.test/")).rejects.toMatchObject(refused);
  await expect(stranger.organization.listOrganization({})).rejects.toMatchObject(refused);
});

test("a token that has run out is replaced without a word", async () => {
  const before = await sdk.organization.listOrganization({});
  app.advance(86_401);
  expect((await sdk.organization.listOrganization({})).totalSize).toBe(before.totalSize);
  app.advance(-86_401);
});

test("too many requests are an exception of their own, at once", async () => {
  const limited = await startTestApp({ GATEHOUSE_LIMITS: "on", GATEHOUSE_LIMIT_API_PER_CLIENT: "3" });
  try {
    const hurried = new Scalekit(limited.url, limited.clientId, limited.clientSecret);
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => hurried.organization.listOrganization({})),
    );
    const errors = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(error).toBeInstanceOf(ScalekitTooManyRequestsException);
      expect(error).toMatchObject({ errorCode: "RATE_LIMITED", httpStatus: 429 });
    }
  } finally {
    await limited.stop();
  }
});

test("an application that may not use the API any more is unauthorized at once", async () => {
  await sdk.organization.listOrganization({});
  const body = { disallow_scalekit_api_access: true };
  expect((await app.api(`/clients/${app.clientId}`, { method: "PATCH", body })).status).toBe(200);
  const error = await thrownBy(sdk.organization.listOrganization({}));
  expect(error).toBeInstanceOf(ScalekitUnauthorizedException);
});
