import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { testKey } from "../../testing/saml-idp.ts";
import { type Issuing, issueTokens, userClaims, verifyAccessToken } from "./oidc-tokens.ts";
import type { Person } from "./people.ts";

const { privateKey } = testKey("simulator");
const publicKey = createPublicKey(privateKey);
const now = new Date("2030-01-01T12:00:00Z");
const by: Issuing = {
  issuer: "http://localhost:8080/simulator/oidc",
  clientId: "gatehouse",
  key: { privateKey, publicKey, publicJwk: { kid: "kid1" } },
  untrusted: { privateKey: testKey("old key").privateKey, kid: "old" },
  now,
};
const person: Person = {
  email: "ada@example.com",
  firstName: "Ada",
  lastName: "Park",
  attributes: { department: "R&D" },
};
const ada = { person };

describe("the ID token", () => {
  test("says who signed in, to one client, for five minutes", async () => {
    const { id_token, expires_in, token_type } = await issueTokens(by, ada, "nonce1");
    const { payload } = await jwtVerify(id_token, publicKey, {
      algorithms: ["RS256"],
      issuer: by.issuer,
      audience: "gatehouse",
      currentDate: now,
    });
    const seconds = now.getTime() / 1000;
    expect(payload).toEqual({
      iss: by.issuer,
      aud: "gatehouse",
      sub: expect.stringMatching(/^simulated-[\w-]{22}$/),
      iat: seconds,
      auth_time: seconds,
      exp: seconds + 300,
      nonce: "nonce1",
      email: "ada@example.com",
      email_verified: true,
      given_name: "Ada",
      family_name: "Park",
      name: "Ada Park",
      department: "R&D",
    });
    expect(decodeProtectedHeader(id_token)).toEqual({ alg: "RS256", kid: "kid1", typ: "JWT" });
    expect({ expires_in, token_type }).toEqual({ expires_in: 300, token_type: "Bearer" });
  });

  test("has no nonce when none was asked for, and no names that are empty", async () => {
    const { id_token } = await issueTokens(by, { person: { ...person, firstName: "", lastName: "" } }, "");
    const { payload } = await jwtVerify(id_token, publicKey, { currentDate: now });
    expect(payload).not.toHaveProperty("nonce");
    expect(payload).not.toHaveProperty("given_name");
    expect(payload).not.toHaveProperty("name");
  });

  test("names one address always by the same subject, and two by two", () => {
    const subjectOf = (email: string) => userClaims({ person: { ...person, email } }).sub;
    expect(subjectOf("ada@example.com")).toBe(subjectOf("ada@example.com"));
    expect(subjectOf("ada@example.com")).not.toBe(subjectOf("ben@example.com"));
  });
});

describe("the access token", () => {
  test("leads back to the person until it expires", async () => {
    const { access_token } = await issueTokens(by, ada, "");
    expect(await verifyAccessToken(by, access_token)).toEqual(ada);
    const later = { ...by, now: new Date(now.getTime() + 300_000) };
    expect(await verifyAccessToken(later, access_token)).toBeUndefined();
  });

  test("is not an ID token, nor one of another key or issuer", async () => {
    const { id_token, access_token } = await issueTokens(by, ada, "");
    expect(await verifyAccessToken(by, id_token)).toBeUndefined();
    expect(await verifyAccessToken({ ...by, issuer: "http://other.test" }, access_token)).toBeUndefined();
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
    expect(await verifyAccessToken({ ...by, key: { ...by.key, ...other } }, access_token)).toBeUndefined();
    expect(await verifyAccessToken(by, "")).toBeUndefined();
  });
});
