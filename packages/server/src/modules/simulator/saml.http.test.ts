import { afterAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/db.ts";
import { buildAuthnRequest, postForm, redirectUrl } from "../../protocols/saml/authn-request.ts";
import { parseIdpMetadata } from "../../protocols/saml/idp-metadata.ts";
import { verifyResponse } from "../../protocols/saml/response.ts";
import { testDatabaseUrl } from "../../testing/database.ts";
import * as certificates from "../connections/certificates.ts";
import * as connections from "../connections/connections.ts";
import * as organizations from "../organizations/organizations.ts";
import { carriedFields, startSimulator, type TestSimulator } from "./testing.ts";

const db = openDb(await testDatabaseUrl(), { max: 4 });
afterAll(() => db.destroy());

const simulator = await startSimulator(db);

function sp(at: TestSimulator = simulator) {
  const entityId = `${at.publicUrl}/sso/v1/saml/${at.samlConnectionId}`;
  return { entityId, acsUrl: `${entityId}/callback` };
}

function request(changes: { issuer?: string; acsUrl?: string } = {}): string {
  const { entityId, acsUrl } = sp();
  return buildAuthnRequest({
    id: "_request1",
    issueInstant: simulator.clock.now,
    issuer: changes.issuer ?? entityId,
    destination: `${simulator.publicUrl}/simulator/saml/sso`,
    acsUrl: changes.acsUrl ?? acsUrl,
  });
}

function askByRedirect(xml: string, relayState = "handle1") {
  const url = redirectUrl({ ssoUrl: `${simulator.publicUrl}/simulator/saml/sso`, xml, relayState });
  return simulator.get(url);
}

async function verifyAnswer(posted: string) {
  const { entityId, acsUrl } = sp();
  const connection = await connections.get(simulator.ctx, simulator.samlConnectionId);
  const trusted = await certificates.list(simulator.ctx, connection.id);
  return verifyResponse(
    posted,
    {
      idpEntityId: `${simulator.publicUrl}/simulator/saml`,
      certificates: trusted.map(({ certificate }) => certificate),
      audience: entityId,
      acsUrl,
      inResponseTo: "_request1",
      signed: "both",
      clockSkewSeconds: 120,
    },
    simulator.clock.now,
  );
}

describe("the page", () => {
  test("shows the organization, its people and domains, and carries what the answer needs", async () => {
    const reply = await askByRedirect(request());
    expect(reply.status).toBe(200);
    for (const words of [
      "Test Organization",
      "ada@example.com",
      "emil@example.org",
      "@example.org</option>",
    ]) {
      expect(reply.body).toContain(words);
    }
    expect(carriedFields(reply)).toEqual({
      connection: simulator.samlConnectionId,
      request: "_request1",
      RelayState: "handle1",
    });
    const policy = reply.headers?.["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src");
    expect(reply.body).not.toMatch(/<script|style="/);
  });

  test("is reached by the HTTP-POST binding too", async () => {
    const { fields } = postForm({ ssoUrl: `${simulator.publicUrl}/simulator/saml/sso`, xml: request() });
    const reply = await simulator.post("/simulator/saml/sso", fields);
    expect(reply.status).toBe(200);
    expect(carriedFields(reply)).not.toHaveProperty("RelayState");
  });

  test("escapes what the request brings", async () => {
    const relayState = `"><script>alert(1)</script>`;
    const reply = await askByRedirect(request(), relayState);
    expect(reply.body).not.toContain("<script>");
    expect(carriedFields(reply).RelayState).toBe(relayState);
  });

  test.each([
    ["nothing", undefined, "SIMULATOR_REQUEST_INVALID"],
    [
      "a stranger's issuer",
      { issuer: "https://stranger.test/metadata" },
      "SIMULATOR_SERVICE_PROVIDER_UNKNOWN",
    ],
    ["another ACS", { acsUrl: "https://evil.test/acs" }, "SIMULATOR_SERVICE_PROVIDER_UNKNOWN"],
    [
      "a stranger's issuer that ends in our connection's id",
      { issuer: `https://stranger.test/${simulator.samlConnectionId}` },
      "SIMULATOR_SERVICE_PROVIDER_UNKNOWN",
    ],
    [
      "an OIDC connection",
      { issuer: sp().entityId.replace(simulator.samlConnectionId, simulator.oidcConnectionId) },
      "SIMULATOR_SERVICE_PROVIDER_UNKNOWN",
    ],
  ] as const)("is refused to %s", async (_who, changes, code) => {
    const asked =
      changes === undefined ? simulator.get("/simulator/saml/sso") : askByRedirect(request(changes));
    await expect(asked).rejects.toMatchObject({ code });
  });

  test("is refused to another environment's connection", async () => {
    const other = await startSimulator(db);
    const asked = askByRedirect(request({ issuer: sp(other).entityId, acsUrl: sp(other).acsUrl }));
    await expect(asked).rejects.toMatchObject({ code: "SIMULATOR_SERVICE_PROVIDER_UNKNOWN" });
  });

  test("is refused with a RelayState of more than 80 bytes", async () => {
    const query = new URL(redirectUrl({ ssoUrl: "http://any.test/simulator/saml/sso", xml: request() }));
    query.searchParams.set("RelayState", "x".repeat(81));
    await expect(simulator.get(query.href)).rejects.toMatchObject({ code: "SIMULATOR_REQUEST_INVALID" });
  });
});

describe("the answer", () => {
  test("posts to the ACS who signed in, as the connection verifies it", async () => {
    const carried = carriedFields(await askByRedirect(request()));
    const reply = await simulator.post("/simulator/saml/answer", { ...carried, person: "ada" });
    expect(reply.body).toContain(`action="${sp().acsUrl}"`);
    const { SAMLResponse = "", RelayState } = carriedFields(reply);
    expect(RelayState).toBe("handle1");
    const verified = await verifyAnswer(SAMLResponse);
    expect(verified.nameId.value).toBe("ada@example.com");
    expect({ ...verified.attributes }).toEqual({
      email: ["ada@example.com"],
      firstName: ["Ada"],
      lastName: ["Park"],
    });
  });

  test("names somebody else with custom attributes", async () => {
    const carried = carriedFields(await askByRedirect(request()));
    const form = new URLSearchParams({
      ...carried,
      mailbox: "zoe",
      domain: "example.org",
      first_name: "Zoë <i>",
      last_name: "",
      attribute_name: "department",
      attribute_value: "R&D",
    });
    const { SAMLResponse = "" } = carriedFields(await simulator.post("/simulator/saml/answer", form));
    expect({ ...(await verifyAnswer(SAMLResponse)).attributes }).toEqual({
      email: ["zoe@example.org"],
      firstName: ["Zoë <i>"],
      department: ["R&D"],
    });
  });

  test.each([
    ["invalid_credentials", "AuthnFailed"],
    ["user_not_found", "UnknownPrincipal"],
    ["server_error", "Responder"],
  ])("of the failure %s is the status %s", async (failure, status) => {
    const carried = carriedFields(await askByRedirect(request()));
    const reply = await simulator.post("/simulator/saml/answer", { ...carried, failure });
    await expect(verifyAnswer(carriedFields(reply).SAMLResponse ?? "")).rejects.toThrow(status);
  });

  test("judges the carried fields again", async () => {
    const carried = carriedFields(await askByRedirect(request()));
    const refused = (changes: Record<string, string>) =>
      simulator.post("/simulator/saml/answer", { ...carried, person: "ada", ...changes });
    for (const connection of ["", "conn_100000000000000001", simulator.oidcConnectionId]) {
      await expect(refused({ connection })).rejects.toMatchObject({
        code: "SIMULATOR_SERVICE_PROVIDER_UNKNOWN",
      });
    }
    for (const request of ["", 'x" y'])
      await expect(refused({ request })).rejects.toMatchObject({ code: "SIMULATOR_REQUEST_INVALID" });
    await expect(refused({ RelayState: "x".repeat(81) })).rejects.toMatchObject({
      code: "SIMULATOR_REQUEST_INVALID",
    });
    await expect(refused({ person: "mallory" })).rejects.toMatchObject({ code: "SIMULATOR_INPUT_INVALID" });
    for (const misbehaviour of ["", "politely", "wrong_nonce"])
      await expect(refused({ misbehaviour })).rejects.toMatchObject({ code: "SIMULATOR_INPUT_INVALID" });
  });
});

describe("a sign-in that begins at the identity provider", () => {
  test("is answered without a request, for the test organization unless said otherwise", async () => {
    const page = await simulator.get("/simulator/saml/start?relay_state=%2Fdeep%2Flink");
    expect(page.status).toBe(200);
    expect(page.body).toContain("Nobody asked for this sign-in");
    expect(page.body).not.toContain("Or let it fail");
    const carried = carriedFields(page);
    expect(carried).toEqual({ connection: simulator.samlConnectionId, RelayState: "/deep/link" });
    const reply = await simulator.post("/simulator/saml/answer", { ...carried, person: "ada" });
    expect(reply.body).toContain(`action="${sp().acsUrl}"`);
    const { SAMLResponse = "", RelayState } = carriedFields(reply);
    expect(RelayState).toBe("/deep/link");
    expect(Buffer.from(SAMLResponse, "base64").toString()).not.toContain("InResponseTo");
    await expect(verifyAnswer(SAMLResponse)).rejects.toMatchObject({ reason: "unsolicited" });
  });

  test("names any SAML connection of the environment, and no other", async () => {
    const start = (connection: string) => simulator.get(`/simulator/saml/start?connection=${connection}`);
    expect(carriedFields(await start(simulator.samlConnectionId))).toEqual({
      connection: simulator.samlConnectionId,
    });
    const other = await startSimulator(db);
    for (const id of ["", "conn_1", simulator.oidcConnectionId, other.samlConnectionId])
      await expect(start(id)).rejects.toMatchObject({ code: "SIMULATOR_SERVICE_PROVIDER_UNKNOWN" });
    const long = simulator.get(`/simulator/saml/start?relay_state=${"x".repeat(81)}`);
    await expect(long).rejects.toMatchObject({ code: "SIMULATOR_REQUEST_INVALID" });
  });

  test("is missing where the test organization was deleted", async () => {
    const other = await startSimulator(db);
    await organizations.delete(other.trusted, { id: other.organizationId });
    await expect(other.get("/simulator/saml/start")).rejects.toMatchObject({ code: "SIMULATOR_NOT_SET_UP" });
  });
});

describe("metadata", () => {
  test("describes the identity provider that the connection is set to", async () => {
    const reply = await simulator.get("/simulator/saml/metadata");
    const metadata = parseIdpMetadata(String(reply.body), { allowInsecureUrls: true });
    const { settings } = await connections.get(simulator.ctx, simulator.samlConnectionId);
    expect(settings).toMatchObject({ idpEntityId: metadata.entityId, idpSsoUrl: metadata.ssoUrls.redirect });
    const trusted = await certificates.list(simulator.ctx, simulator.samlConnectionId);
    expect(metadata.certificates).toEqual(trusted.map(({ certificate }) => certificate));
  });
});
