import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildAuthnRequest, redirectUrl } from "../../protocols/saml/authn-request.ts";
import { parseIdpMetadata } from "../../protocols/saml/idp-metadata.ts";
import { verifyResponse } from "../../protocols/saml/response.ts";
import { SamlError } from "../../protocols/saml/saml-error.ts";
import { testKey } from "../../testing/saml-idp.ts";
import { simulatorAddresses } from "./addresses.ts";
import type { Person } from "./people.ts";
import {
  type ResponseInput,
  readAuthnRequest,
  writeFailure,
  writeIdpMetadata,
  writeResponse,
} from "./saml-messages.ts";

const addresses = simulatorAddresses("http://localhost:8080").saml;
const { privateKey, certificate } = testKey("simulator");
const now = new Date("2030-01-01T12:00:00Z");
const acsUrl = "http://localhost:8080/sso/v1/saml/conn_100000000000000001/callback";
const audience = "http://localhost:8080/sso/v1/saml/conn_100000000000000001";
const ada: Person = {
  email: "ada@example.com",
  firstName: 'Ada & "friends"',
  lastName: "<Park>",
  attributes: { department: "R&D" },
};

function input(changes: Partial<ResponseInput> = {}): ResponseInput {
  return {
    idpEntityId: addresses.entityId,
    acsUrl,
    audience,
    inResponseTo: "_request1",
    responseId: "_response1",
    assertionId: "_assertion1",
    now,
    signing: { key: privateKey, certificate },
    ...changes,
  };
}

function verify(
  xml: string,
  changes: { signed?: "both" | "assertion"; at?: Date; certificates?: string[]; decryptWith?: string } = {},
) {
  const posted = Buffer.from(xml).toString("base64");
  const expectations = {
    idpEntityId: addresses.entityId,
    certificates: changes.certificates ?? [certificate],
    audience,
    acsUrl,
    inResponseTo: "_request1",
    signed: changes.signed ?? "assertion",
    clockSkewSeconds: 0,
    ...(changes.decryptWith && { decryptionKeys: [testKey(changes.decryptWith).privateKey] }),
  };
  return verifyResponse(posted, expectations, changes.at ?? now);
}

function request(changes: Partial<Parameters<typeof buildAuthnRequest>[0]> = {}): string {
  return buildAuthnRequest({
    id: "_request1",
    issueInstant: now,
    issuer: audience,
    destination: addresses.ssoUrl,
    acsUrl,
    ...changes,
  });
}

const inRedirect = (xml: string) =>
  new URL(redirectUrl({ ssoUrl: addresses.ssoUrl, xml })).searchParams.get("SAMLRequest") ?? "";
const inPost = (xml: string) => Buffer.from(xml).toString("base64");

describe("a response", () => {
  test.each(["assertion", "both"] as const)(
    "satisfies a connection that wants signed: %s",
    async (signed) => {
      const verified = verify(await writeResponse(input(), ada), { signed });
      expect(verified).toMatchObject({
        issuer: addresses.entityId,
        inResponseTo: "_request1",
        nameId: {
          value: "ada@example.com",
          format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        },
        authnInstant: now,
      });
      expect({ ...verified.attributes }).toEqual({
        email: ["ada@example.com"],
        firstName: ['Ada & "friends"'],
        lastName: ["<Park>"],
        department: ["R&D"],
      });
    },
  );

  test("leaves out names that are empty", async () => {
    const nameless = { ...ada, firstName: "", lastName: "", attributes: {} };
    const verified = verify(await writeResponse(input(), nameless));
    expect(Object.keys(verified.attributes)).toEqual(["email"]);
  });

  test("is over after five minutes, and bound to key, recipient, audience and request", async () => {
    const xml = await writeResponse(input(), ada);
    expect(() => verify(xml, { at: new Date(now.getTime() + 299_000) })).not.toThrow();
    expect(() => verify(xml, { at: new Date(now.getTime() + 300_000) })).toThrow(SamlError);
    expect(() => verify(xml, { certificates: [testKey("another").certificate] })).toThrow(SamlError);
    for (const changes of [
      { acsUrl: `${acsUrl}2` },
      { audience: "https://other.test" },
      { inResponseTo: "_other" },
    ]) {
      const other = await writeResponse(input(changes), ada);
      expect(() => verify(other)).toThrow(SamlError);
    }
  });

  test("that is encrypted opens with the key of the certificate, and no other", async () => {
    const xml = await writeResponse(input({ encryptTo: testKey("reader").certificate }), ada);
    expect(xml).not.toContain("ada@example.com");
    expect(verify(xml, { signed: "both", decryptWith: "reader" }).nameId.value).toBe("ada@example.com");
    expect(() => verify(xml, { decryptWith: "stranger" })).toThrow("cannot be decrypted");
  });

  test("without an address names the user by an opaque name, and says nothing of mail", async () => {
    const verified = verify(await writeResponse(input(), { ...ada, email: "" }));
    expect(verified.nameId).toMatchObject({ value: "simulated-user" });
    expect(verified.attributes).not.toHaveProperty("email");
  });

  test.each([
    ["invalid_credentials", "Responder / AuthnFailed: Invalid user credentials"],
    ["user_not_found", "Responder / UnknownPrincipal: User not found"],
    ["server_error", "Responder: Server error"],
  ] as const)("of the failure %s says %s and is signed", (failure, words) => {
    const xml = writeFailure(input(), failure);
    expect(xml).toContain("SignatureValue");
    expect(() => verify(xml)).toThrow(words);
  });
});

describe("metadata", () => {
  test("is what a connection imports", () => {
    const metadata = parseIdpMetadata(writeIdpMetadata(addresses, certificate), { allowInsecureUrls: true });
    expect(metadata).toEqual({
      entityId: addresses.entityId,
      ssoUrls: { redirect: addresses.ssoUrl, post: addresses.ssoUrl },
      sloUrls: {},
      certificates: [certificate],
      wantAuthnRequestsSigned: false,
      nameIdFormats: ["urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"],
    });
  });
});

describe("a request", () => {
  test("is read from both bindings", () => {
    const expected = { id: "_request1", issuer: audience, acsUrl };
    expect(readAuthnRequest(inRedirect(request()), "redirect")).toEqual(expected);
    expect(readAuthnRequest(inPost(request()), "post")).toEqual(expected);
  });

  test.each([
    ["no base64", "%%%", "post"],
    ["XML that is not compressed", inPost(request()), "redirect"],
    ["what is no XML", inPost("hello"), "post"],
    ["a response", inPost(writeFailure(input(), "server_error")), "post"],
    ["a DOCTYPE", inPost(`<!DOCTYPE x>${request()}`), "post"],
    ["no issuer", inPost(request().replace(/<saml:Issuer>.*<\/saml:Issuer>/, "")), "post"],
    ["an ID that is no XML name", inPost(request().replace("_request1", "1 2")), "post"],
    ["a bomb", deflateRawSync(" ".repeat(10_000_000)).toString("base64"), "redirect"],
    ["64 kilobytes", "A".repeat(70_000), "post"],
  ] as const)("that holds %s is refused", (_what, encoded, binding) => {
    expect(() => readAuthnRequest(encoded, binding)).toThrow(SamlError);
  });
});
