/** What members of the workspace do with an environment from the dashboard: its switches, its notes, their session. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment, sessionToken } from "../../testing/callers.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import { type SignedInMember, signInMember } from "../../testing/workspace.ts";

let app: TestApp;
let other: OtherEnvironment;
let member: SignedInMember;
let session: string;
let organizationId: string;

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  const tenant = await createSamlTenant(app);
  organizationId = tenant.organizationId;
  session = await sessionToken(app, tenant, []);
  member = await signInMember(app, "ada@workspace.test");
});
afterAll(async () => app.stop());

const unknown = "env_100000000000000001";

describe("features", () => {
  const enabled = async (id: string) => {
    const { body } = await member.api(`/features?id=${id}`);
    const on = body.features.filter((each: { enabled: boolean }) => each.enabled);
    return on.map(({ name }: { name: string }) => name);
  };

  test("are switched together, in any environment of the install", async () => {
    for (const id of [app.environmentId, other.id]) {
      const features = ["sso", "dir_sync"].map((name) => ({ name, enabled: false }));
      const { status, body } = await member.api(`/environments/${id}/features`, {
        method: "PUT",
        body: features,
      });
      expect(status).toBe(200);
      expect(body.features).toEqual(expect.arrayContaining(features));
      expect(await enabled(id)).toEqual(["fsa", "domain_verification", "session_policy"]);
    }
  });

  test("are switched one by one", async () => {
    const path = `/environments/${other.id}/features/session_policy`;
    expect(await member.api(`${path}:disable`, { method: "POST" })).toEqual({ status: 200, body: {} });
    expect(await enabled(other.id)).not.toContain("session_policy");
    expect(await member.api(`${path}:enable`, { method: "POST" })).toEqual({ status: 200, body: {} });
    expect(await enabled(other.id)).toContain("session_policy");
  });

  test("that there are not, environments that there are not, and other callers are refused", async () => {
    const path = `/environments/${other.id}/features`;
    const body = [{ name: "teleport", enabled: true }];
    const error = { details: [{ error_code: "ENVIRONMENT_FEATURE_UNKNOWN" }] };
    expect(await member.api(path, { method: "PUT", body })).toMatchObject({ status: 400, body: error });
    expect((await member.api(`${path}/teleport:enable`, { method: "POST" })).status).toBe(400);
    expect((await member.api(`${path}/teleport:disable`, { method: "POST" })).status).toBe(400);
    const nowhere = `/environments/${unknown}/features`;
    const known = [{ name: "sso", enabled: true }];
    expect((await member.api(nowhere, { method: "PUT", body: known })).status).toBe(404);
    expect((await member.api(`${nowhere}/sso:enable`, { method: "POST" })).status).toBe(404);
    expect((await member.api(`${nowhere}/sso:disable`, { method: "POST" })).status).toBe(404);
    const own = `/environments/${app.environmentId}/features`;
    expect((await app.api(own, { method: "PUT", body: known })).status).toBe(403);
    for (const verb of ["enable", "disable"])
      expect((await app.api(`${own}/sso:${verb}`, { method: "POST" })).status).toBe(403);
  });
});

describe("notes", () => {
  const path = () => `/environments/${other.id}/contexts`;

  test("are empty, replaced as a whole, and read again", async () => {
    expect(await member.api(path())).toEqual({ status: 200, body: { context: {} } });
    for (const body of [{ step: 3, text: "Grüße" }, { other: [true, null] }]) {
      expect(await member.api(path(), { method: "PUT", body })).toEqual({ status: 200, body: {} });
      expect((await member.api(path())).body).toEqual({ context: body });
    }
  });

  test("are refused when they are large, and shown to no other caller", async () => {
    const body = { text: "x".repeat(20_000) };
    const error = { details: [{ error_code: "ENVIRONMENT_CONTEXT_TOO_LARGE" }] };
    expect(await member.api(path(), { method: "PUT", body })).toMatchObject({ status: 400, body: error });
    expect((await member.api(`/environments/${unknown}/contexts`)).status).toBe(404);
    expect((await app.api(`/environments/${app.environmentId}/contexts`)).status).toBe(403);
    const mine = `/environments/${app.environmentId}/contexts`;
    expect((await app.api(mine, { method: "PUT", body: {}, token: session })).status).toBe(403);
  });
});

describe("the caller's own session", () => {
  test.each([["/sessions:me"], ["/environments/-/sessions:me"]])(
    "of a member names them, at %s",
    async (path) => {
      expect(await member.api(path)).toMatchObject({ status: 200, body: { subject: member.id } });
    },
  );

  test("of an end user has the user, the organization, and the end of the token", async () => {
    const { sub, exp = 0 } = decodeJwt(session);
    const { status, body } = await app.api("/sessions:me", { token: session });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { subject: sub, organization_id: organizationId },
    });
    expect(Date.parse(body.access_token_expiry)).toBe(exp * 1000);
  });

  test("of another environment is not there, and an application has none", async () => {
    expect((await member.api(`/environments/${other.id}/sessions:me`)).status).toBe(404);
    expect((await app.api("/sessions:me")).status).toBe(403);
  });
});
