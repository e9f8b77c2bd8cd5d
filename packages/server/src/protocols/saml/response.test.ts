import { describe, expect, test } from "vitest";
import { createSamlIdp, type IssueInput } from "../../testing/saml-idp.ts";
import {
  ACS_URL,
  decode,
  encode,
  IDP_ENTITY_ID,
  NOW,
  REQUEST_ID,
  reasonOf,
  SP_ENTITY_ID,
  signedByHand,
  usualExpectations,
  usualIdp,
  usualInput,
  VICTIM,
  writeByHand,
} from "../../testing/saml-messages.ts";
import type { Expectations } from "./expectations.ts";
import { verifyResponse } from "./response.ts";
import { SamlError } from "./saml-error.ts";

const idp = usualIdp();

async function judge(
  input: Partial<IssueInput>,
  changes: Partial<Expectations> = {},
  now = NOW,
): Promise<string> {
  const message = await idp.issueResponse(usualInput(input));
  return reasonOf(() => verifyResponse(message, usualExpectations(changes), now));
}

function judgeByHand(parts: Parameters<typeof signedByHand>[0], changes: Partial<Expectations> = {}): string {
  return reasonOf(() => verifyResponse(signedByHand(parts), usualExpectations(changes), NOW));
}

describe("what a verified response says", () => {
  test("identity, session and attributes, and until when its id must be remembered", async () => {
    const message = await idp.issueResponse(usualInput({ sessionIndex: "_s9" }));
    const verified = verifyResponse(message, usualExpectations(), NOW);
    expect(verified).toMatchObject({
      issuer: IDP_ENTITY_ID,
      inResponseTo: REQUEST_ID,
      nameId: { value: VICTIM, format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress" },
      sessionIndex: "_s9",
      authnInstant: NOW,
      conditionsNotOnOrAfter: new Date(NOW.getTime() + (300 + 120) * 1000),
    });
    expect({ ...verified.attributes }).toEqual({
      email: [VICTIM],
      firstName: ["Mia"],
      groups: ["staff", "admins"],
    });
    const xml = decode(message);
    expect(xml).toContain(`ID="${verified.responseId}"`);
    expect(xml).toContain(`ID="${verified.assertionId}"`);
  });

  test("line breaks in the base64 and a byte order mark change nothing", async () => {
    const message = await idp.issueResponse(usualInput());
    const wrapped = message.replace(/.{76}/g, "$&\r\n");
    expect(verifyResponse(wrapped, usualExpectations(), NOW).nameId.value).toBe(VICTIM);
    const marked = encode(`\ufeff${decode(message)}`);
    expect(verifyResponse(marked, usualExpectations(), NOW).nameId.value).toBe(VICTIM);
  });

  test("an attribute's friendly name is one more key unless something else has it", () => {
    const attributes = [
      '<saml:Attribute Name="urn:oid:2.5.4.42" FriendlyName="givenName"><saml:AttributeValue>Mia</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="urn:oid:1" FriendlyName="mail"><saml:AttributeValue>a</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="mail"><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="urn:oid:2" FriendlyName="twice"><saml:AttributeValue>c</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="urn:oid:3" FriendlyName="twice"><saml:AttributeValue>d</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="__proto__"><saml:AttributeValue>e</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="group"><saml:AttributeValue>f</saml:AttributeValue></saml:Attribute>',
      '<saml:Attribute Name="group"><saml:AttributeValue>g</saml:AttributeValue></saml:Attribute>',
    ].join("");
    const verified = verifyResponse(signedByHand({ attributes }), usualExpectations(), NOW);
    expect(Object.entries(verified.attributes)).toEqual([
      ["urn:oid:2.5.4.42", ["Mia"]],
      ["urn:oid:1", ["a"]],
      ["mail", ["b"]],
      ["urn:oid:2", ["c"]],
      ["urn:oid:3", ["d"]],
      ["__proto__", ["e"]],
      ["group", ["f", "g"]],
      ["givenName", ["Mia"]],
    ]);
    expect(Object.getPrototypeOf(verified.attributes)).toBeNull();
  });

  test("a comment never cuts a NameID or an attribute", () => {
    const nameId = "<saml:NameID>admin@x.com<!---->.evil.com</saml:NameID>";
    const attributes =
      '<saml:Attribute Name="email"><saml:AttributeValue>admin@x.com<!-- x -->.evil.com</saml:AttributeValue></saml:Attribute>';
    const verified = verifyResponse(signedByHand({ nameId, attributes }), usualExpectations(), NOW);
    expect(verified.nameId.value).toBe("admin@x.com.evil.com");
    expect(verified.attributes.email).toEqual(["admin@x.com.evil.com"]);
  });

  test("CDATA is text, characters outside ASCII stay", () => {
    const nameId = "<saml:NameID><![CDATA[a&b]]>ü𝒳</saml:NameID>";
    expect(verifyResponse(signedByHand({ nameId }), usualExpectations(), NOW).nameId.value).toBe("a&bü𝒳");
  });
});

describe("what must be signed", () => {
  test.each([
    ["response", "response", "accepted"],
    ["response", "assertion", "signature_missing"],
    ["response", "both", "signature_missing"],
    ["response", "either", "accepted"],
    ["assertion", "response", "signature_missing"],
    ["assertion", "assertion", "accepted"],
    ["assertion", "both", "signature_missing"],
    ["assertion", "either", "accepted"],
    ["both", "response", "accepted"],
    ["both", "assertion", "accepted"],
    ["both", "both", "accepted"],
    ["both", "either", "accepted"],
    ["none", "response", "signature_missing"],
    ["none", "assertion", "signature_missing"],
    ["none", "both", "signature_missing"],
    ["none", "either", "signature_missing"],
  ] as const)("signed %s, wanted %s: %s", async (sign, signed, verdict) => {
    expect(await judge({ sign }, { signed })).toBe(verdict);
  });

  test("a second signature that is wrong is refused although the first would do", async () => {
    const message = decode(await idp.issueResponse(usualInput({ sign: "both" })));
    const values = [...message.matchAll(/<SignatureValue>([^<]+)</g)].map(([, value]) => value ?? "");
    const forged = message.replace(values[1] ?? "?", values[0] ?? "?");
    expect(
      reasonOf(() => verifyResponse(encode(forged), usualExpectations({ signed: "response" }), NOW)),
    ).toBe("digest_mismatch");
  });
});

describe("whom, for what, when", () => {
  const seconds = (count: number) => new Date(NOW.getTime() + count * 1000);

  test("a response for another connection, application, address or request is refused", async () => {
    expect(await judge({}, { idpEntityId: "https://other.example.com" })).toBe("issuer_mismatch");
    expect(await judge({ audience: "https://other.example.com" })).toBe("audience_mismatch");
    expect(await judge({ acsUrl: "https://evil.example.com/acs" })).toBe("destination_mismatch");
    expect(await judge({ inResponseTo: "_request2" })).toBe("in_response_to_mismatch");
  });

  test("an unsolicited response is accepted only where none is waited for", async () => {
    const { inResponseTo: _left, ...unsolicited } = usualInput();
    const message = await idp.issueResponse(unsolicited);
    expect(reasonOf(() => verifyResponse(message, usualExpectations(), NOW))).toBe("unsolicited");
    const expectations = usualExpectations({ inResponseTo: undefined });
    expect(verifyResponse(message, expectations, NOW).inResponseTo).toBeUndefined();
    expect(await judge({}, { inResponseTo: undefined })).toBe("in_response_to_mismatch");
  });

  test("the clock skew widens the window on both sides and no further", async () => {
    expect(await judge({}, {}, seconds(419))).toBe("accepted");
    expect(await judge({}, {}, seconds(420))).toBe("response_expired");
    expect(await judge({}, {}, seconds(-120))).toBe("accepted");
    expect(await judge({}, {}, seconds(-121))).toBe("not_yet_valid");
  });

  test("an expired assertion, delivery window and session each have their own code", () => {
    const at = (name: string, offset: number) => `${name}="${seconds(offset).toISOString()}"`;
    const audience = `<saml:AudienceRestriction><saml:Audience>${SP_ENTITY_ID}</saml:Audience></saml:AudienceRestriction>`;
    const codeOf = (parts: Parameters<typeof signedByHand>[0]) => {
      try {
        return verifyResponse(signedByHand(parts), usualExpectations(), NOW);
      } catch (error) {
        return error instanceof SamlError ? [error.code, error.reason] : error;
      }
    };
    const conditions = `<saml:Conditions ${at("NotOnOrAfter", -121)}>${audience}</saml:Conditions>`;
    expect(codeOf({ conditions })).toEqual(["assertion_expired", "assertion_expired"]);
    expect(codeOf({ confirmations: confirmation(at("NotOnOrAfter", -121)) })).toEqual([
      "response_expired",
      "response_expired",
    ]);
    const authnStatement = `<saml:AuthnStatement ${at("AuthnInstant", -900)} ${at("SessionNotOnOrAfter", -121)}/>`;
    expect(codeOf({ authnStatement })).toEqual(["assertion_expired", "session_expired"]);
  });

  test("without an end in Conditions the id is remembered until the confirmation ends", () => {
    const conditions = `<saml:Conditions><saml:AudienceRestriction><saml:Audience> ${SP_ENTITY_ID} </saml:Audience></saml:AudienceRestriction><saml:OneTimeUse/></saml:Conditions>`;
    const verified = verifyResponse(signedByHand({ conditions }), usualExpectations(), NOW);
    expect(verified.conditionsNotOnOrAfter).toEqual(seconds(300 + 120));
  });
});

function confirmation(time: string, rest = `Recipient="${ACS_URL}" InResponseTo="${REQUEST_ID}"`): string {
  return `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ${time} ${rest}/></saml:SubjectConfirmation>`;
}

describe("parts that are missing, doubled or odd", () => {
  const later = 'NotOnOrAfter="2030-01-01T12:05:00Z"';
  const audienceOf = (...names: string[]) =>
    `<saml:AudienceRestriction>${names.map((name) => `<saml:Audience>${name}</saml:Audience>`).join("")}</saml:AudienceRestriction>`;
  const conditionsOf = (content: string) => `<saml:Conditions>${content}</saml:Conditions>`;

  test.each([
    ["no conditions", { conditions: "" }, "element_missing"],
    ["no audience", { conditions: conditionsOf("") }, "audience_missing"],
    ["an empty audience restriction", { conditions: conditionsOf(audienceOf()) }, "audience_mismatch"],
    [
      "one audience of several is ours",
      { conditions: conditionsOf(audienceOf("x", SP_ENTITY_ID)) },
      "accepted",
    ],
    [
      "a second restriction without us",
      { conditions: conditionsOf(audienceOf(SP_ENTITY_ID) + audienceOf("x")) },
      "audience_mismatch",
    ],
    ["a longer audience", { conditions: conditionsOf(audienceOf(`${SP_ENTITY_ID}/x`)) }, "audience_mismatch"],
    [
      "an unknown condition",
      { conditions: conditionsOf(`${audienceOf(SP_ENTITY_ID)}<saml:Condition/>`) },
      "condition_unknown",
    ],
    ["no confirmation", { confirmations: "" }, "subject_confirmation_missing"],
    [
      "no recipient",
      { confirmations: confirmation(later, `InResponseTo="${REQUEST_ID}"`) },
      "recipient_mismatch",
    ],
    [
      "another recipient",
      {
        confirmations: confirmation(
          later,
          `Recipient="https://evil.example.com" InResponseTo="${REQUEST_ID}"`,
        ),
      },
      "recipient_mismatch",
    ],
    ["a confirmation without end", { confirmations: confirmation("") }, "subject_confirmation_missing"],
    [
      "a confirmation without request",
      { confirmations: confirmation(later, `Recipient="${ACS_URL}"`) },
      "unsolicited",
    ],
    [
      "a confirmation for another request",
      { confirmations: confirmation(later, `Recipient="${ACS_URL}" InResponseTo="_stolen"`) },
      "in_response_to_mismatch",
    ],
    [
      "two confirmations, the second fits",
      { confirmations: confirmation("") + confirmation(later) },
      "accepted",
    ],
    ["no authentication statement", { authnStatement: "" }, "element_missing"],
    ["an empty NameID", { nameId: "<saml:NameID> </saml:NameID>" }, "element_missing"],
    [
      "two NameIDs",
      { nameId: "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>" },
      "element_missing",
    ],
    ["an element inside the NameID", { nameId: "<saml:NameID>a<saml:X/></saml:NameID>" }, "xml_unusual"],
    ["an encrypted NameID", { nameId: "<saml:EncryptedID/>" }, "encrypted_name_id"],
    ["a time that is none", { confirmations: confirmation('NotOnOrAfter="soon"') }, "time_malformed"],
    [
      "an impossible time",
      { confirmations: confirmation('NotOnOrAfter="2030-13-01T00:00:00Z"') },
      "time_malformed",
    ],
    [
      "SAML 1.1",
      { assertionAttributes: 'ID="_assertion1" Version="1.1" IssueInstant="2030-01-01T12:00:00Z"' },
      "version_unsupported",
    ],
    [
      "a failed status",
      { status: '<samlp:Status><samlp:StatusCode Value="urn:x:Requester"/></samlp:Status>' },
      "status_not_success",
    ],
    ["no status", { status: "" }, "element_missing"],
  ] as const)("%s", (_name, parts, verdict) => {
    expect(judgeByHand(parts)).toBe(verdict);
  });

  test("a signed response may name the request outside the assertion only", async () => {
    const bare = decode(await idp.issueResponse(usualInput({ sign: "response" })));
    expect(bare).toContain("SubjectConfirmationData");
    const confirmations = confirmation(later, `Recipient="${ACS_URL}"`);
    const signed = signedByHand({ confirmations }, { xpath: "/*" });
    expect(reasonOf(() => verifyResponse(signed, usualExpectations(), NOW))).toBe("accepted");
  });

  test("a response without ID or of another version is refused", () => {
    expect(judgeByHand({ responseAttributes: `Version="2.0" InResponseTo="${REQUEST_ID}"` })).toBe(
      "element_missing",
    );
    expect(judgeByHand({ responseAttributes: `ID="_r" Version="2.1" InResponseTo="${REQUEST_ID}"` })).toBe(
      "version_unsupported",
    );
  });

  test("an error of the identity provider is shown with its codes", () => {
    const statusCode = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    const message = idp.issueError({ acsUrl: ACS_URL, inResponseTo: REQUEST_ID, statusCode, message: "no" });
    const refusal = () => verifyResponse(message, usualExpectations(), NOW);
    expect(refusal).toThrow(expect.objectContaining({ code: "invalid_status", observed: "Responder" }));
    const status =
      '<samlp:Status><samlp:StatusCode Value="urn:x:status:Responder"><samlp:StatusCode Value="urn:x:status:AuthnFailed"/></samlp:StatusCode><samlp:StatusMessage>locked</samlp:StatusMessage></samlp:Status>';
    const byHand = () => verifyResponse(signedByHand({ status }), usualExpectations(), NOW);
    expect(byHand).toThrow(expect.objectContaining({ observed: "Responder / AuthnFailed: locked" }));
  });
});

describe("what is no response at all", () => {
  const judgeRaw = (raw: string) => reasonOf(() => verifyResponse(raw, usualExpectations(), NOW));

  test.each([
    ["nothing", "", "not_base64"],
    ["no base64", "%%%", "not_base64"],
    ["a PGP message", "-----BEGIN PGP MESSAGE-----\n\nhQEMA5vJ\n-----END PGP MESSAGE-----", "not_base64"],
    ["base64 of noise", Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString("base64"), "encoding_unsupported"],
    ["base64 of text", encode("hello"), "xml_malformed"],
    [
      "a request",
      encode('<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>'),
      "not_a_response",
    ],
    ["SAML 1.1", encode('<Response xmlns="urn:oasis:names:tc:SAML:1.0:protocol"/>'), "not_a_response"],
    ["no namespace", encode("<Response/>"), "not_a_response"],
    ["an unsigned response by hand", encode(writeByHand()), "signature_missing"],
    ["more than 1 MiB", encode(`<a>${"x".repeat(1024 * 1024)}</a>`), "too_large"],
    ["far more than 1 MiB", "A".repeat(4 * 1024 * 1024), "too_large"],
    [
      "a response without assertion",
      encode(writeByHand().replace(/<saml:Assertion.*<\/saml:Assertion>/, "")),
      "assertion_missing",
    ],
  ])("%s", (_name, raw, verdict) => {
    expect(judgeRaw(raw)).toBe(verdict);
  });

  test("a message cut anywhere is refused", async () => {
    const xml = decode(await idp.issueResponse(usualInput()));
    for (let length = 1; length < xml.length; length += 97) {
      expect(judgeRaw(encode(xml.slice(0, length)))).not.toBe("accepted");
    }
  });
});

describe("expectations that would pass by being empty", () => {
  test.each(["idpEntityId", "audience", "acsUrl"] as const)("an empty %s is refused", async (field) => {
    expect(await judge({}, { [field]: "" })).toBe("connection_incomplete");
  });

  test("no certificate, no request id, no clock", async () => {
    expect(await judge({}, { certificates: [] })).toBe("certificate_missing");
    await expect(judge({}, { inResponseTo: "" })).rejects.toThrow(RangeError);
    await expect(judge({}, {}, new Date(Number.NaN))).rejects.toThrow(RangeError);
    await expect(judge({}, { clockSkewSeconds: Number.NaN })).rejects.toThrow(RangeError);
  });

  test("a provider of the same entity id with another key is refused", async () => {
    const other = createSamlIdp({ entityId: "https://other-idp.example.com" });
    expect(await judge({}, { certificates: [other.certificate] })).toBe("signature_mismatch");
  });
});
