/** What an application sets for its environment, and what follows from it. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment, sessionToken } from "../../testing/callers.ts";
import { type Places, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import * as features from "./features.ts";
import { getNotes, setNotes } from "./notes.ts";

let app: TestApp;
let other: OtherEnvironment;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  const tenant = await createSamlTenant(app);
  const session = await sessionToken(app, tenant, ["organizations_read", "organizations_sessions_write"]);
  Object.assign(places, { own: app.environmentId, other: other.id, session });
});
afterAll(async () => app.stop());

const changed = ["gatehouse.environment.settings_updated"];
/** A refusal that names this field. */
const names = (field: string) => ({
  details: [{ validation_error_info: { field_violations: [{ field }] } }],
});

const defaults = {
  access_token_expiry: 5,
  client_access_token_expiry: 1440,
  absolute_session_timeout: 43200,
  idle_session_timeout: 10080,
  idle_session_enabled: true,
  session_management_enabled: true,
  cookie_persistence_type: "PERSISTENT",
  cookie_same_site_setting: "LAX_MODE",
  access_token_expiry_unit: "MINUTES",
};

describe("session settings", () => {
  const path = "/environments/{own}/session-settings";
  testScenarios(() => app, places, [
    {
      name: "are there from the start",
      request: `GET ${path}`,
      status: 200,
      answer: { session_settings: defaults },
    },
    {
      name: "change one by one",
      request: `PATCH ${path}`,
      body: {
        absolute_session_timeout: 600,
        absolute_session_timeout_unit: "HOURS",
        idle_session_timeout: 60,
      },
      status: 200,
      answer: {
        environment_id: "{own}",
        session_settings: {
          ...defaults,
          absolute_session_timeout: 600,
          absolute_session_timeout_unit: "HOURS",
          idle_session_timeout: 60,
        },
      },
      events: changed,
    },
    {
      name: "are set as a whole",
      request: `POST ${path}`,
      body: { access_token_expiry: 10, idle_session_enabled: false },
      status: 200,
      answer: { session_settings: { ...defaults, access_token_expiry: 10, idle_session_enabled: false } },
      events: changed,
    },
    {
      name: "refuse an idle timeout as long as the absolute one",
      request: `PATCH ${path}`,
      body: { absolute_session_timeout: 60, idle_session_timeout: 60, idle_session_enabled: true },
      status: 400,
      answer: names("session_settings.idle_session_timeout"),
    },
    {
      name: "refuse an access token that outlasts idleness",
      request: `PATCH ${path}`,
      body: { access_token_expiry: 60, idle_session_timeout: 60, idle_session_enabled: true },
      status: 400,
      answer: names("session_settings.access_token_expiry"),
    },
    {
      name: "refuse an access token that outlasts the session",
      request: `PATCH ${path}`,
      body: { access_token_expiry: 60, absolute_session_timeout: 60 },
      status: 400,
      answer: names("session_settings.access_token_expiry"),
    },
    {
      name: "refuse nothing",
      request: `PATCH ${path}`,
      body: { absolute_session_timeout: 0 },
      status: 400,
      answer: names("session_settings.absolute_session_timeout"),
    },
    {
      name: "refuse more than the contract allows",
      request: `PATCH ${path}`,
      body: { idle_session_timeout: 10081 },
      status: 400,
      answer: names("session_settings.idle_session_timeout"),
    },
    {
      name: "refuse a unit that there is not",
      request: `PATCH ${path}`,
      body: { idle_session_timeout_unit: 9 },
      status: 400,
      answer: names("session_settings.idle_session_timeout_unit"),
    },
    {
      name: "refuse a cookie of SameSite=None without https",
      request: `PATCH ${path}`,
      body: { cookie_same_site_setting: "NONE_MODE" },
      status: 400,
      answer: names("session_settings.cookie_same_site_setting"),
    },
    {
      name: "refuse a cookie domain without https",
      request: `PATCH ${path}`,
      body: { cookie_custom_domain: "localhost" },
      status: 400,
      answer: names("session_settings.cookie_custom_domain"),
    },
    {
      name: "of another environment are not there",
      request: "GET /environments/{other}/session-settings",
      status: 404,
    },
    {
      name: "of another environment do not change",
      request: "PATCH /environments/{other}/session-settings",
      body: { access_token_expiry: 20 },
      status: 404,
    },
    { name: "are no end user's business", request: `GET ${path}`, caller: "session", status: 403 },
  ]);

  test("hold for the tokens that are issued next, in this environment alone", async () => {
    const lifetime = async (token: string) => {
      const { exp = 0, iat = 0 } = decodeJwt(token);
      return exp - iat;
    };
    await app.api(`/environments/${app.environmentId}/session-settings`, {
      method: "PATCH",
      body: { client_access_token_expiry: 2 },
    });
    expect(await lifetime(await app.token())).toBe(120);
    expect(await lifetime(await other.token())).toBe(86_400);
  });

  test("are lost by none of many who change different ones at once", async () => {
    const path = `/environments/${app.environmentId}/session-settings`;
    const bodies = [
      { access_token_expiry: 7 },
      { absolute_session_timeout: 700 },
      { idle_session_timeout: 70 },
    ];
    await Promise.all(bodies.map((body) => app.api(path, { method: "PATCH", body })));
    expect((await app.api(path)).body.session_settings).toMatchObject(Object.assign({}, ...bodies));
  });
});

describe("user management", () => {
  const path = "/environments/{own}/settings/user-management";
  testScenarios(() => app, places, [
    {
      name: "is there from the start",
      request: `GET ${path}`,
      status: 200,
      answer: {
        user_management: {
          invitation_expiry: 21600,
          org_user_relationship: "MULTIPLE_ORGANIZATIONS",
          enable_max_users_limit: false,
          block_public_email_domains: false,
        },
      },
    },
    {
      name: "changes one by one",
      request: `PATCH ${path}`,
      body: { block_public_email_domains: true, max_users_limit: 50, enable_max_users_limit: true },
      status: 200,
      answer: {
        environment_id: "{own}",
        user_management: { block_public_email_domains: true, max_users_limit: 50, invitation_expiry: 21600 },
      },
      events: changed,
    },
    {
      name: "is set as a whole",
      request: `POST ${path}`,
      body: { invitation_expiry: 60, org_user_relationship: "SINGLE_ORGANIZATION" },
      status: 200,
      answer: {
        user_management: {
          invitation_expiry: 60,
          org_user_relationship: "SINGLE_ORGANIZATION",
          block_public_email_domains: false,
        },
      },
      events: changed,
    },
    {
      name: "refuses no limit of users",
      request: `PATCH ${path}`,
      body: { max_users_limit: 0 },
      status: 400,
      answer: names("user_management.max_users_limit"),
    },
    {
      name: "refuses an invitation for ever",
      request: `PATCH ${path}`,
      body: { invitation_expiry: 43201 },
      status: 400,
      answer: names("user_management.invitation_expiry"),
    },
    {
      name: "of another environment does not change",
      request: "PATCH /environments/{other}/settings/user-management",
      body: {},
      status: 404,
    },
    { name: "is no end user's business", request: `GET ${path}`, caller: "session", status: 403 },
  ]);
});

describe("the test users", () => {
  const path = "/environments/{own}/settings/test-user";
  testScenarios(() => app, places, [
    {
      name: "are off",
      request: `GET ${path}`,
      status: 200,
      answer: { test_user: { enabled: false, static_confirmation_code: "424242", emails: [] } },
    },
    {
      name: "are few, in one form",
      request: `PATCH ${path}`,
      body: {
        test_user: {
          enabled: true,
          static_confirmation_code: "135790",
          emails: ["Ada+SKtest@acme.com", "ada+sktest@acme.com ", "ben+sktest1@acme.com"],
        },
      },
      status: 200,
      answer: {
        test_user: {
          enabled: true,
          static_confirmation_code: "135790",
          emails: ["ada+sktest@acme.com", "ben+sktest1@acme.com"],
        },
      },
      events: changed,
    },
    {
      name: "stay where only something else changes",
      request: `PATCH ${path}`,
      body: { test_user: { enabled: false } },
      status: 200,
      answer: {
        test_user: {
          enabled: false,
          static_confirmation_code: "135790",
          emails: [expect.any(String), expect.any(String)],
        },
      },
      events: changed,
    },
    ...["ada@acme.com", "ada@sktest.com", "ada+sktest", "+sktest@", '"a b"+sktest@acme.com'].map((email) => ({
      name: `are not ${email}`,
      request: `PATCH ${path}`,
      body: { test_user: { emails: [email] } },
      status: 400,
      answer: names("test_user.emails"),
    })),
    {
      name: "are five at most",
      request: `PATCH ${path}`,
      body: { test_user: { emails: [1, 2, 3, 4, 5, 6].map((n) => `a${n}+sktest@acme.com`) } },
      status: 400,
      answer: names("test_user.emails"),
    },
    ...["12345", "1234567", "12345a", "", "１２３４５６"].map((code) => ({
      name: `have no code like "${code}"`,
      request: `PATCH ${path}`,
      body: { test_user: { static_confirmation_code: code } },
      status: 400,
      answer: names("test_user.static_confirmation_code"),
    })),
    { name: "are no end user's business", request: `GET ${path}`, caller: "session", status: 403 },
    {
      name: "of another environment are not there",
      request: "GET /environments/{other}/settings/test-user",
      status: 404,
    },
  ]);

  test("have a code that is sealed and told to nobody", async () => {
    const { settings } = await app.app.db
      .selectFrom("environments")
      .select("settings")
      .where("id", "=", app.environmentId)
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(settings)).not.toContain("135790");
    expect(await toldSoFar(app)).not.toContain("135790");
  });
});

describe("features", () => {
  testScenarios(() => app, places, [
    {
      name: "are listed",
      request: "GET /features?id={own}",
      status: 200,
      answer: {
        features: ["fsa", "sso", "dir_sync", "domain_verification", "session_policy"].map((name) => ({
          name,
          enabled: true,
        })),
      },
    },
    { name: "of another environment are not there", request: "GET /features?id={other}", status: 404 },
    { name: "are no end user's business", request: "GET /features?id={own}", caller: "session", status: 403 },
  ]);

  test("are switched by name, the mode among them, and anybody may read them", async () => {
    const ctx = app.systemCtx();
    const off = ["fsa", "dir_sync"].map((name) => ({ name, enabled: false }));
    await features.set(ctx, app.environmentId, off);
    const flags = (await (await fetch(`${app.url}/api/v1/environments:publicFeatureFlags`)).json()) as {
      flags: { key: string; value: boolean; variant: string }[];
    };
    expect(flags.flags.filter(({ value }) => !value).map(({ key }) => key)).toEqual(["fsa", "dir_sync"]);
    expect(flags.flags[0]).toMatchObject({ key: "fsa", variant: "off", reason: "STATIC" });
    await features.set(ctx, app.environmentId, [{ name: "fsa", enabled: true }]);
    expect(await features.list(ctx, "")).toContainEqual({ name: "dir_sync", enabled: false });
    expect(await features.list(ctx, "")).toContainEqual({ name: "fsa", enabled: true });
    const unknown = features.set(ctx, "", [{ name: "teleport", enabled: true }]);
    await expect(unknown).rejects.toMatchObject({ code: "ENVIRONMENT_FEATURE_UNKNOWN" });
    const abroad = await features.list(ctx, other.id);
    expect(abroad.every(({ enabled }) => enabled)).toBe(true);
  });

  test("an admin portal, which belongs to one organization, switches none", async () => {
    const caller = { kind: "CUSTOMER_PORTAL", organizationId: "org_1" } as const;
    const ctx = Object.assign(app.systemCtx(), { caller });
    const attempt = features.set(ctx, app.environmentId, [{ name: "sso", enabled: false }]);
    await expect(attempt).rejects.toMatchObject({ code: "ENVIRONMENT_CALLER" });
  });
});

test("the notes of a dashboard stay with their environment, up to a size", async () => {
  const ctx = app.systemCtx();
  await setNotes(ctx, other.id, { step: 3, text: "Grüße" });
  expect(await getNotes(ctx, other.id)).toEqual({ step: 3, text: "Grüße" });
  expect(await getNotes(ctx, app.environmentId)).toEqual({});
  const large = setNotes(ctx, other.id, { text: "x".repeat(20_000) });
  await expect(large).rejects.toMatchObject({ code: "ENVIRONMENT_CONTEXT_TOO_LARGE" });
});
