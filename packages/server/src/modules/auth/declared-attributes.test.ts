/** Attributes that an environment declares: kept with a user at the first sign-in, and later where profiles are synced. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { says, signedInAs } from "../../testing/saml-person.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  for (const [key, datatype] of Object.entries({ employee_number: "NUMBER", department: "STRING" }))
    await app.api("/sso-user-attributes", {
      body: {
        key,
        label: key,
        datatype,
        sso_addition_info: { default_saml_mapping: key, default_oidc_mapping: key },
        enabled: true,
      },
    });
});
afterAll(async () => app.stop());

async function syncing(on: boolean): Promise<void> {
  const path = `/environments/${app.environmentId}/settings/user-management`;
  const body = { sync_user_profile_on_signin: on };
  expect((await app.api(path, { method: "PATCH", body })).status).toBe(200);
}

async function attributesOf(id: unknown): Promise<unknown> {
  return (await app.api(`/users/${id}`)).body.user.user_profile.custom_attributes;
}

describe("an attribute that the identity provider sends", () => {
  test("is kept with a newcomer when it is declared, and is told in the trace when not", async () => {
    const tenant = await createSamlTenant(app);
    await app.api(`/organizations/${tenant.organizationId}/connections/${tenant.connectionId}`, {
      method: "PATCH",
      body: { provider: "CUSTOM", type: "SAML", attribute_mapping: { shoe_size: "shoeSize" } },
    });
    const sent = { employee_number: "42", department: "Research", shoeSize: "39", colour: "blue" };
    const { sub } = await signedInAs(app, tenant, says("u-1", `ada@${tenant.domain}`, sent));
    expect(await attributesOf(sub)).toEqual({ employee_number: "42", department: "Research" });
    const { traces } = (await app.api(`/traces?connection_id=${tenant.connectionId}`)).body;
    const trace = JSON.stringify((await app.api(`/traces/${traces[0].id}`)).body);
    expect(trace).toContain('"left_out":"shoe_size"');
    expect(trace).not.toContain("Research");
  });

  test("changes a user only where profiles are synced, and leaves the others that the user has", async () => {
    const tenant = await createSamlTenant(app);
    const email = `ada@${tenant.domain}`;
    const { sub } = await signedInAs(app, tenant, says("u-1", email, { employee_number: "1" }));
    const department = { user_profile: { custom_attributes: { department: "Sales", employee_number: "1" } } };
    await app.api(`/users/${sub}`, { method: "PATCH", body: department });
    await signedInAs(app, tenant, says("u-1", email, { employee_number: "2" }));
    expect(await attributesOf(sub)).toEqual({ department: "Sales", employee_number: "1" });
    await syncing(true);
    await signedInAs(app, tenant, says("u-1", email, { employee_number: "2" }));
    expect(await attributesOf(sub)).toEqual({ department: "Sales", employee_number: "2" });
    await syncing(false);
  });

  test("is left out when it is longer than an app may write, or not of its datatype", async () => {
    const tenant = await createSamlTenant(app);
    const sent = { department: "x".repeat(257), employee_number: "none" };
    const { sub } = await signedInAs(app, tenant, says("u-1", `ada@${tenant.domain}`, sent));
    expect(await attributesOf(sub)).toEqual({});
  });
});
