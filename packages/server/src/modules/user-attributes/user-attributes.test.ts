/** Attributes that an environment declares: through the API, and on their way from an identity provider into a token. */
import { Code } from "@connectrpc/connect";
import {
  UserAttributeDatatype,
  UserAttributeService,
} from "@gatehouse/contract/scalekit/v1/user_attributes/user_attributes_pb";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createEnvironment, rpc, sessionToken } from "../../testing/callers.ts";
import { type Places, testScenarios } from "../../testing/scenarios.ts";
import {
  authorizeUrl,
  callback,
  createSamlTenant,
  postToken,
  readAuthnRequest,
  type SamlTenant,
} from "../../testing/sign-in.ts";
import { undeclared } from "./user-attributes.ts";

let app: TestApp;
let tenant: SamlTenant;
const places: Places = {};

const employee = {
  key: "employee_number",
  label: "Employee number",
  datatype: "STRING",
  enabled: true,
  sso_addition_info: { default_saml_mapping: "empNo", default_oidc_mapping: "employee_number" },
};

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  places.session = await sessionToken(app, tenant, ["organizations_read", "connections_write"]);
});
afterAll(async () => app.stop());

const path = "/sso-user-attributes";
const standard = [
  ...["email", "given_name", "family_name", "name", "preferred_username", "locale", "picture", "groups"],
];
const keysOf = (body: { user_attributes: { key: string }[] }) => body.user_attributes.map(({ key }) => key);

describe("the API", () => {
  testScenarios(() => app, places, [
    {
      name: "shows what needs no declaration",
      request: `GET ${path}`,
      status: 200,
      answer: {
        user_attributes: standard.map((key) => expect.objectContaining({ key, category: "STANDARD" })),
      },
    },
    {
      name: "declares one",
      request: `POST ${path}`,
      body: employee,
      status: 200,
      answer: { user_attribute: { ...employee, required: false, category: "CUSTOM" } },
      events: ["gatehouse.user_attribute.created"],
    },
    {
      name: "refuses it a second time",
      request: "POST /user-profile-attributes",
      body: employee,
      status: 409,
      answer: { details: [{ error_code: "USER_ATTRIBUTE_TAKEN" }] },
    },
    {
      name: "refuses the key of a standard one",
      request: `POST ${path}`,
      body: { ...employee, key: "email" },
      status: 409,
    },
    { name: "refuses a short key", request: `POST ${path}`, body: { ...employee, key: "ab" }, status: 400 },
    {
      name: "refuses a key with a dot",
      request: `POST ${path}`,
      body: { ...employee, key: "a.b.c" },
      status: 400,
    },
    {
      name: "refuses no datatype",
      request: `POST ${path}`,
      body: { ...employee, key: "another", datatype: "UNSPECIFIED_DATATYPE" },
      status: 400,
    },
    {
      name: "refuses a datatype that there is not",
      request: `POST ${path}`,
      body: { ...employee, key: "another", datatype: 9 },
      status: 400,
    },
    {
      name: "refuses what belongs to directories",
      request: `POST ${path}`,
      body: { key: "another", label: "Another", datatype: "STRING", directory_user_additional_info: {} },
      status: 400,
      answer: {
        details: [
          { validation_error_info: { field_violations: [{ field: "user_attribute.additional_info" }] } },
        ],
      },
    },
    {
      name: "changes one, and leaves its mappings where none are sent",
      request: `PATCH ${path}/employee_number`,
      body: {
        key: "employee_number",
        label: "Staff number",
        datatype: "NUMBER",
        enabled: true,
        required: true,
      },
      status: 200,
      answer: {
        user_attribute: {
          ...employee,
          label: "Staff number",
          datatype: "NUMBER",
          required: true,
        },
      },
      events: ["gatehouse.user_attribute.updated"],
    },
    {
      name: "refuses another key in the body",
      request: `PATCH ${path}/employee_number`,
      body: { ...employee, key: "staff_number" },
      status: 400,
      answer: {
        details: [{ validation_error_info: { field_violations: [{ field: "user_attribute.key" }] } }],
      },
    },
    {
      name: "knows no unknown one",
      request: `PATCH ${path}/shoe_size`,
      body: { ...employee, key: "shoe_size" },
      status: 404,
      answer: { details: [{ error_code: "USER_ATTRIBUTE_NOT_FOUND" }] },
    },
    {
      name: "keeps a standard one in use",
      request: `PATCH ${path}/email`,
      body: { key: "email", label: "Work e-mail", datatype: "STRING", enabled: false },
      status: 200,
      answer: {
        user_attribute: { label: "Work e-mail", enabled: true, required: true, category: "STANDARD" },
      },
      events: ["gatehouse.user_attribute.updated"],
    },
    {
      name: "deletes no standard one",
      request: `DELETE ${path}/email`,
      status: 400,
      answer: { code: 9, details: [{ error_code: "USER_ATTRIBUTE_STANDARD" }] },
    },
    { name: "deletes no unknown one", request: `DELETE ${path}/shoe_size`, status: 404 },
    {
      name: "deletes one",
      request: `DELETE ${path}/employee_number`,
      status: 200,
      answer: {},
      events: ["gatehouse.user_attribute.deleted"],
    },
    {
      name: "declares one for directories",
      request: "POST /directory-user-attributes",
      body: { key: "cost_center", label: "Cost center", datatype: "STRING", enabled: true },
      status: 200,
      answer: { user_attribute: { key: "cost_center", directory_user_additional_info: {} } },
      events: ["gatehouse.user_attribute.created"],
    },
    {
      name: "changes one of directories",
      request: "PATCH /directory-user-attributes/cost_center",
      body: { key: "cost_center", label: "Cost centre", datatype: "STRING", enabled: true },
      status: 200,
      answer: { user_attribute: { label: "Cost centre" } },
      events: ["gatehouse.user_attribute.updated"],
    },
    {
      name: "refuses an end user's list",
      request: `GET ${path}`,
      caller: "session",
      status: 403,
      answer: { code: 7, details: [{ error_code: "USER_ATTRIBUTES_CALLER" }] },
    },
    {
      name: "refuses an end user's declaration",
      request: `POST ${path}`,
      body: employee,
      caller: "session",
      status: 403,
    },
  ]);

  test("keeps those of directories apart", async () => {
    expect(keysOf((await app.api("/directory-user-attributes")).body)).toEqual([...standard, "cost_center"]);
    expect(keysOf((await app.api(path)).body)).toEqual(standard);
    const away = await app.api("/directory-user-attributes/cost_center", { method: "DELETE" });
    expect(away.status).toBe(200);
  });

  test("of many who declare the same at once, one does", async () => {
    const body = { ...employee, key: "raced" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => app.api(path, { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    await app.api(`${path}/raced`, { method: "DELETE" });
  });

  test("another environment declares its own, and sees none of these", async () => {
    const other = await createEnvironment(app);
    await app.api(path, { body: employee });
    expect(keysOf((await other.api(path)).body as { user_attributes: { key: string }[] })).toEqual(standard);
    expect((await other.api(`${path}/employee_number`, { method: "DELETE" })).status).toBe(404);
    expect((await other.api(path, { body: employee })).status).toBe(200);
    await app.api(`${path}/employee_number`, { method: "DELETE" });
  });

  test("works on gRPC", async () => {
    const client = rpc(app, UserAttributeService);
    const userAttribute = {
      key: "tags",
      label: "Tags",
      datatype: UserAttributeDatatype.ARRAY,
      enabled: true,
    };
    const created = await client.createSsoUserAttribute({ userAttribute });
    expect(created.userAttribute?.datatype).toBe(UserAttributeDatatype.ARRAY);
    await client.deleteSsoUserAttribute({ key: "tags" });
    const again = client.deleteSsoUserAttribute({ key: "tags" });
    await expect(again).rejects.toMatchObject({ code: Code.NotFound });
  });

  test("there is an end to them", async () => {
    const now = app.app.now();
    const rows = Array.from({ length: 100 }, (_, n) => ({
      environment_id: app.environmentId,
      source: "directory",
      key: `key-${n}`,
      label: "Key",
      datatype: "STRING",
      enabled: false,
      required: false,
      created_at: now,
      updated_at: now,
    }));
    await app.app.db.insertInto("user_attributes").values(rows).execute();
    const body = { key: "another", label: "Another", datatype: "STRING" };
    expect(await app.api("/directory-user-attributes", { body })).toMatchObject({
      status: 400,
      body: { details: [{ error_code: "USER_ATTRIBUTE_LIMIT" }] },
    });
    await app.app.db.deleteFrom("user_attributes").where("label", "=", "Key").execute();
  });
});

describe("on the way into a token", () => {
  /** Signs in where users are the app's own, with attributes; the ID token's claims, or the error. */
  async function signIn(attributes: Record<string, string | string[]>): Promise<Record<string, unknown>> {
    const browser = new TestBrowser(app.url);
    const start = await browser.visit(authorizeUrl(app, { connection_id: tenant.connectionId }));
    const request = readAuthnRequest(start.location);
    const email = `ada@${tenant.domain}`;
    const response = await tenant.idp.issueResponse({
      acsUrl: tenant.acsUrl,
      audience: tenant.entityId,
      inResponseTo: request.id,
      nameId: email,
      attributes: { email, ...attributes },
      now: app.app.now(),
    });
    const form = { SAMLResponse: response, RelayState: request.relayState };
    const { location } = await browser.follow(tenant.acsUrl, { form, crossSite: true });
    const answer = new URL(location).searchParams;
    const code = answer.get("code");
    if (code === null) return Object.fromEntries(answer);
    const { body } = await postToken(app, { grant_type: "authorization_code", code, redirect_uri: callback });
    return decodeJwt(body.id_token ?? "");
  }

  const map = (attribute_mapping: Record<string, string>) =>
    app.api(`/organizations/${tenant.organizationId}/connections/${tenant.connectionId}`, {
      method: "PATCH",
      body: { provider: "CUSTOM", type: "SAML", attribute_mapping },
    });

  beforeAll(async () => {
    await app.api("/features/fsa/disable", { method: "POST", body: {} });
  });

  test("only what is declared arrives, in its datatype", async () => {
    await map({ employee_number: "staffNo", secret_level: "level" });
    const sent = { staffNo: "17", level: "9" };
    expect(await signIn(sent)).not.toHaveProperty("employee_number");
    await app.api(path, { body: { ...employee, datatype: "NUMBER" } });
    const claims = await signIn(sent);
    expect(claims.employee_number).toBe(17);
    expect(claims).not.toHaveProperty("secret_level");
  });

  test("the environment says where it is read from, unless the connection does", async () => {
    expect((await signIn({ staffNo: "17", empNo: "18" })).employee_number).toBe(17);
    await map({ secret_level: "level" });
    expect((await signIn({ staffNo: "17", empNo: "18" })).employee_number).toBe(18);
  });

  test("one that is required must arrive, and be of its datatype", async () => {
    const change = { ...employee, datatype: "NUMBER", required: true };
    await app.api(`${path}/employee_number`, { method: "PATCH", body: change });
    for (const sent of [{}, { empNo: "eighteen" }] as Record<string, string>[]) {
      const refused = await signIn(sent);
      expect(refused.error).toBe("mandatory_attribute_missing");
      expect(refused.error_description).toContain("employee_number");
    }
    expect((await signIn({ empNo: "18" })).employee_number).toBe(18);
  });

  test("one that is switched off is not read, and not required", async () => {
    const off = { ...employee, enabled: false, required: true };
    await app.api(`${path}/employee_number`, { method: "PATCH", body: off });
    expect(await signIn({ empNo: "18" })).not.toHaveProperty("employee_number");
    expect(await undeclared(app.systemCtx(), ["employee_number"])).toBe("employee_number");
  });

  test("one with the name of a claim of ours changes nothing", async () => {
    const roles = {
      ...employee,
      key: "roles",
      sso_addition_info: { default_saml_mapping: "roles", default_oidc_mapping: "roles" },
    };
    expect((await app.api(path, { body: roles })).status).toBe(200);
    expect(await signIn({ roles: "admin" })).not.toHaveProperty("roles");
  });

  test("a standard one is read from where the environment says", async () => {
    const info = { default_saml_mapping: "Vorname", default_oidc_mapping: "given_name" };
    const body = { ...employee, key: "given_name", label: "Vorname", sso_addition_info: info };
    expect((await app.api(`${path}/given_name`, { method: "PATCH", body })).status).toBe(200);
    expect((await signIn({ Vorname: "Ada", firstName: "Eve" })).given_name).toBe("Ada");
  });

  test("whoever sets attributes is told the first that nobody declared", async () => {
    await app.api(path, { body: { ...employee, key: "declared" } });
    const ctx = app.systemCtx();
    expect(await undeclared(ctx, [])).toBeUndefined();
    expect(await undeclared(ctx, ["declared"])).toBeUndefined();
    expect(await undeclared(ctx, ["declared", "shoe_size", "hat_size"])).toBe("shoe_size");
  });
});
