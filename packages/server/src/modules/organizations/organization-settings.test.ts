/** Features, the limit of users and the session policy of an organization. */
import { Code } from "@connectrpc/connect";
import { TimeUnit } from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import {
  OrganizationService,
  SessionPolicyType,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken, workspaceApi } from "../../testing/callers.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";
import { authorizeUrl, createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  for (const name of ["acme", "busy"]) {
    const { body } = await app.api("/organizations", { body: { display_name: name } });
    places[name] = body.organization.id;
  }
  const tenant = await createSamlTenant(app);
  places.tenant = tenant.organizationId;
  places.user = await sessionToken(app, tenant, [
    "organizations_sessions_read",
    "organizations_sessions_write",
  ]);
  places.nobody = await sessionToken(app, tenant, []);
});
afterAll(async () => app.stop());

const features = (...names: [string, boolean][]) => ({
  features: names.map(([name, enabled]) => ({ name, enabled })),
});
const settings = "PATCH /organizations/{acme}/settings";
const updated = ["organization.updated"];
const unknown = "org_100000000000000001";

describe("features", () => {
  testScenarios(() => app, places, [
    {
      name: "switches what is named, under its stored name, and leaves the rest",
      request: settings,
      body: features(["directory_sync", true], ["domain_verification", true]),
      status: 200,
      answer: {
        organization: {
          settings: features(["sso", true], ["dir_sync", true], ["domain_verification", true]),
        },
      },
      events: updated,
    },
    {
      name: "knows the third name of directory sync",
      request: settings,
      body: features(["scim", false]),
      status: 200,
      answer: {
        organization: {
          settings: { features: expect.arrayContaining(features(["dir_sync", false]).features) },
        },
      },
      events: updated,
    },
    {
      name: "changes nothing for an empty list",
      request: settings,
      body: features(),
      status: 200,
      answer: {
        organization: { settings: { features: expect.arrayContaining(features(["sso", true]).features) } },
      },
      events: updated,
    },
    {
      name: "refuses a feature that there is not",
      request: settings,
      body: features(["sso", false], ["teleport", true]),
      status: 400,
      answer: { code: 3, details: [{ error_code: "ORGANIZATION_FEATURE_UNKNOWN" }] },
    },
    {
      name: "refuses a name that JavaScript reserves",
      request: settings,
      body: features(["__proto__", true]),
      status: 400,
    },
    {
      name: "has changed nothing then",
      request: "GET /organizations/{acme}",
      status: 200,
      answer: {
        organization: { settings: { features: expect.arrayContaining(features(["sso", true]).features) } },
      },
    },
    {
      name: "finds no unknown organization",
      request: `PATCH /organizations/${unknown}/settings`,
      body: {},
      status: 404,
    },
    {
      name: "refuses an id of another kind",
      request: "PATCH /organizations/usr_1/settings",
      body: {},
      status: 400,
    },
  ]);

  test("all of several switches at once count", async () => {
    const names = ["sso", "dir_sync", "domain_verification", "session_policy"];
    const path = `/organizations/${places.busy}/settings`;
    await Promise.all(names.map((name) => app.api(path, { method: "PATCH", body: features([name, true]) })));
    const { body } = await app.api(`/organizations/${places.busy}`);
    const on = body.organization.settings.features.filter((each: { enabled: boolean }) => each.enabled);
    expect(on.map((each: { name: string }) => each.name).sort()).toEqual([...names].sort());
  });
});

describe("the limit of users", () => {
  const path = "/organizations/{acme}/settings/usermanagement";
  const withLimit = (most: unknown) => ({ settings: { max_allowed_users: most } });
  testScenarios(() => app, places, [
    { name: "is absent at first", request: `GET ${path}`, status: 200, answer: { settings: {} } },
    {
      name: "is set",
      request: `PATCH ${path}`,
      body: withLimit(50),
      status: 200,
      answer: withLimit(50),
      events: updated,
    },
    { name: "is read back", request: `GET ${path}`, status: 200, answer: withLimit(50) },
    {
      name: "may be 0",
      request: `PATCH ${path}`,
      body: withLimit(0),
      status: 200,
      answer: withLimit(0),
      events: updated,
    },
    { name: "is not negative", request: `PATCH ${path}`, body: withLimit(-1), status: 400 },
    { name: "is a whole number", request: `PATCH ${path}`, body: withLimit(1.5), status: 400 },
    { name: "is an int32", request: `PATCH ${path}`, body: withLimit(2 ** 31), status: 400 },
    { name: "needs the settings", request: `PATCH ${path}`, body: {}, status: 400 },
    {
      name: "is taken away by settings without it",
      request: `PATCH ${path}`,
      body: { settings: {} },
      status: 200,
      answer: { settings: expect.not.objectContaining({ max_allowed_users: expect.anything() }) },
      events: updated,
    },
    {
      name: "of an unknown organization is not found",
      request: `GET /organizations/${unknown}/settings/usermanagement`,
      status: 404,
    },
    {
      name: "is none of an end user's business",
      request: "GET /organizations/{tenant}/settings/usermanagement",
      caller: "user",
      status: 403,
    },
  ]);
});

describe("the session policy", () => {
  const path = "/organizations/{acme}/session-policy";
  const custom = { policy_source: "CUSTOM" };
  const idleOf = (minutes: number) => ({ idle_session_timeout_enabled: true, idle_session_timeout: minutes });
  testScenarios(() => app, places, [
    {
      name: "is the environment's at first, without timeouts",
      request: `GET ${path}`,
      status: 200,
      answer: {
        policy: expect.not.objectContaining({
          absolute_session_timeout: expect.anything(),
          idle_session_timeout_enabled: expect.anything(),
        }),
      },
    },
    {
      name: "answers in minutes, whatever was sent",
      request: `PATCH ${path}`,
      body: {
        ...custom,
        absolute_session_timeout: 6,
        absolute_session_timeout_unit: "HOURS",
        ...idleOf(60),
        idle_session_timeout_unit: "MINUTES",
      },
      status: 200,
      answer: {
        policy: {
          ...custom,
          absolute_session_timeout: 360,
          absolute_session_timeout_unit: "MINUTES",
          idle_session_timeout_enabled: true,
          idle_session_timeout: 60,
        },
      },
      events: updated,
    },
    {
      name: "keeps what is not given",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 2, absolute_session_timeout_unit: "DAYS" },
      status: 200,
      answer: { policy: { absolute_session_timeout: 2880, idle_session_timeout: 60 } },
      events: updated,
    },
    {
      name: "says false, and no idle time, with idle off",
      request: `PATCH ${path}`,
      body: { ...custom, idle_session_timeout_enabled: false },
      status: 200,
      answer: {
        policy: expect.toSatisfy(
          (policy: Record<string, unknown>) =>
            policy.idle_session_timeout_enabled === false && !("idle_session_timeout" in policy),
        ),
      },
      events: updated,
    },
    {
      name: "refuses idle not below absolute",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 60, ...idleOf(60) },
      status: 400,
      answer: { details: [{ error_code: "SESSION_POLICY_INVALID" }] },
    },
    {
      name: "refuses idle within an access token's life",
      request: `PATCH ${path}`,
      body: { ...custom, ...idleOf(5) },
      status: 400,
    },
    {
      name: "refuses absolute within an access token's life",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 5 },
      status: 400,
    },
    {
      name: "refuses idle on without its time",
      request: "PATCH /organizations/{busy}/session-policy",
      body: { ...custom, idle_session_timeout_enabled: true },
      status: 400,
    },
    {
      name: "refuses 0",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 0 },
      status: 400,
    },
    { name: "refuses less", request: `PATCH ${path}`, body: { ...custom, ...idleOf(-5) }, status: 400 },
    {
      name: "refuses more minutes than an int32 holds",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 2 ** 31 - 1, absolute_session_timeout_unit: "DAYS" },
      status: 400,
    },
    {
      name: "refuses a unit that there is not",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 9, absolute_session_timeout_unit: "WEEKS" },
      status: 400,
    },
    {
      name: "refuses the number of a unit that there is not",
      request: `PATCH ${path}`,
      body: { ...custom, absolute_session_timeout: 9, absolute_session_timeout_unit: 9 },
      status: 400,
    },
    {
      name: "refuses no source",
      request: `PATCH ${path}`,
      body: {},
      status: 400,
      answer: { details: [{ error_code: "INVALID_ARGUMENT" }] },
    },
    {
      name: "refuses the number of a source that there is not",
      request: `PATCH ${path}`,
      body: { policy_source: 7 },
      status: 400,
    },
    {
      name: "has changed nothing then",
      request: `GET ${path}`,
      status: 200,
      answer: { policy: { ...custom, absolute_session_timeout: 2880, idle_session_timeout_enabled: false } },
    },
    {
      name: "goes back to the environment's",
      request: `PATCH ${path}`,
      body: { policy_source: "APPLICATION" },
      status: 200,
      answer: { policy: { policy_source: "APPLICATION" } },
      events: updated,
    },
    {
      name: "of an unknown organization is not found",
      request: `GET /organizations/${unknown}/session-policy`,
      status: 404,
    },
    {
      name: "is an end user's with the permission",
      request: "PATCH /organizations/{tenant}/session-policy",
      caller: "user",
      body: { ...custom, ...idleOf(30) },
      status: 200,
      events: updated,
    },
    {
      name: "is read by an end user",
      request: "GET /organizations/{tenant}/session-policy",
      caller: "user",
      status: 200,
      answer: { policy: { idle_session_timeout: 30 } },
    },
    {
      name: "is not changed without the permission",
      request: "PATCH /organizations/{tenant}/session-policy",
      caller: "nobody",
      body: custom,
      status: 403,
    },
    {
      name: "is not read without the permission",
      request: "GET /organizations/{tenant}/session-policy",
      caller: "nobody",
      status: 403,
    },
    {
      name: "of another organization is not found",
      request: `PATCH ${path}`,
      caller: "user",
      body: custom,
      status: 404,
    },
    {
      name: "of the environment is told, with the lifetime of access tokens",
      request: "GET /organizations/{acme}/application-session-policy",
      status: 200,
      answer: {
        application_policy: {
          absolute_session_timeout: 43_200,
          idle_session_timeout_enabled: true,
          idle_session_timeout: 10_080,
          access_token_expiry: 5,
          absolute_session_timeout_unit: "MINUTES",
        },
      },
    },
    {
      name: "of the environment is not told to another organization",
      request: "GET /organizations/{acme}/application-session-policy",
      caller: "user",
      status: 404,
    },
  ]);

  test("of the environment is not told while the environment has none", async () => {
    const path = `/organizations/${places.acme}/application-session-policy`;
    const dashboard = await workspaceApi(app);
    const feature = (verb: string) =>
      dashboard(`/environments/${app.environmentId}/features/session_policy:${verb}`, { method: "POST" });
    expect((await feature("disable")).status).toBe(200);
    expect(await app.api(path)).toMatchObject({
      status: 403,
      body: { details: [{ error_code: "SESSION_POLICY_OFF" }] },
    });
    expect((await feature("enable")).body).toEqual({});
    expect((await app.api(path)).status).toBe(200);
  });

  test("works on gRPC with days", async () => {
    const client = rpc(app, OrganizationService);
    const organizationId = places.busy ?? "";
    const { policy } = await client.updateOrganizationSessionPolicy({
      organizationId,
      policySource: SessionPolicyType.CUSTOM,
      absoluteSessionTimeout: 1,
      absoluteSessionTimeoutUnit: TimeUnit.DAYS,
    });
    expect(policy).toMatchObject({ absoluteSessionTimeout: 1_440, idleSessionTimeoutEnabled: false });
    const nobody = client.getOrganizationSessionPolicy({ organizationId: unknown });
    await expect(nobody).rejects.toMatchObject({ code: Code.NotFound });
  });
});

describe("a session", () => {
  const hour = 3_600;

  /** Signs in to an organization of its own. @returns how many seconds the session lasts, and may be idle */
  async function sessionUnder(policy: object | undefined) {
    const tenant = await createSamlTenant(app);
    if (policy) {
      const path = `/organizations/${tenant.organizationId}/session-policy`;
      const answer = await app.api(path, { method: "PATCH", body: { policy_source: "CUSTOM", ...policy } });
      expect(answer.status).toBe(200);
    }
    await samlSignIn(app, tenant);
    const session = await app.app.db
      .selectFrom("sessions")
      .selectAll()
      .where("organization_id", "=", tenant.organizationId)
      .executeTakeFirstOrThrow();
    const seconds = (end: Date | null) => end && (end.getTime() - session.created_at.getTime()) / 1_000;
    return { absolute: seconds(session.absolute_expires_at), idle: seconds(session.idle_expires_at) };
  }

  test.each([
    ["as long as the environment says", undefined, 720 * hour, 168 * hour],
    [
      "less where the organization is stricter",
      { absolute_session_timeout: 120, idle_session_timeout_enabled: true, idle_session_timeout: 30 },
      2 * hour,
      0.5 * hour,
    ],
    [
      "no longer where it is laxer",
      { absolute_session_timeout: 365, absolute_session_timeout_unit: "DAYS" },
      720 * hour,
      168 * hour,
    ],
  ])("lasts %s", async (_name, policy, absolute, idle) => {
    expect(await sessionUnder(policy)).toEqual({ absolute, idle });
  });

  test("keeps to the policy that it began under, also while it is used", async () => {
    const tenant = await createSamlTenant(app);
    const path = `/organizations/${tenant.organizationId}/session-policy`;
    const policy = { policy_source: "CUSTOM", idle_session_timeout_enabled: true, idle_session_timeout: 30 };
    await app.api(path, { method: "PATCH", body: policy });
    const { browser } = await samlSignIn(app, tenant);
    await app.api(path, { method: "PATCH", body: { ...policy, idle_session_timeout: 600 } });
    const again = () =>
      browser.visit(authorizeUrl(app, { organization_id: tenant.organizationId, prompt: "none" }));
    const outcome = async () => (new URL((await again()).location).searchParams.has("code") ? "in" : "out");
    for (const minutes of [25, 25]) {
      app.advance(minutes * 60);
      expect(await outcome()).toBe("in");
    }
    app.advance(31 * 60);
    expect(await outcome()).toBe("out");
  });
});
