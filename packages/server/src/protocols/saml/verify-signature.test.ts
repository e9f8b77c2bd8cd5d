import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { testCertificate, testKey } from "../../testing/saml-idp.ts";
import {
  decode,
  encode,
  type HandSigning,
  NOW,
  reasonOf,
  signedByHand,
  usualExpectations,
  usualIdp,
  usualInput,
} from "../../testing/saml-messages.ts";
import { verifyResponse } from "./response.ts";

const idp = usualIdp();
const MORE = "http://www.w3.org/2001/04/xmldsig-more#";
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

function judge(message: string, certificates = [idp.certificate]): string {
  return reasonOf(() => verifyResponse(message, usualExpectations({ certificates }), NOW));
}

function judgeHand(signing: Partial<HandSigning>, certificates = [idp.certificate]): string {
  return judge(signedByHand({}, signing), certificates);
}

async function judgeEdited(edit: (xml: string) => string): Promise<string> {
  const xml = decode(await idp.issueResponse(usualInput({ sign: "assertion" })));
  const edited = edit(xml);
  expect(edited).not.toBe(xml);
  return judge(encode(edited));
}

describe("algorithms", () => {
  test.each(["rsa-sha256", "rsa-sha384", "rsa-sha512"])("%s", (name) => {
    expect(judgeHand({ signatureAlgorithm: MORE + name })).toBe("accepted");
  });

  test.each([
    ["ecdsa-sha256", "P-256"],
    ["ecdsa-sha384", "P-384"],
    ["ecdsa-sha512", "P-521"],
  ])("%s", (name, namedCurve) => {
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve });
    const certificate = testCertificate("ec", key, new Date("2040-01-01T00:00:00Z"));
    expect(judgeHand({ key, signatureAlgorithm: MORE + name }, [certificate])).toBe("accepted");
    expect(judgeHand({ key, signatureAlgorithm: MORE + name })).toBe("signature_mismatch");
  });

  test.each(["http://www.w3.org/2001/04/xmlenc#sha512", `${MORE}sha384`])("digest %s", (digestAlgorithm) => {
    expect(judgeHand({ digestAlgorithm })).toBe("accepted");
  });

  test("SHA-1 is refused, in the signature and in the digest", async () => {
    const message = await idp.issueResponse(usualInput({ signatureAlgorithm: "rsa-sha1" }));
    expect(() => verifyResponse(message, usualExpectations(), NOW)).toThrow(/SHA-256/);
    expect(judge(message)).toBe("weak_algorithm");
    expect(judgeHand({ digestAlgorithm: "http://www.w3.org/2000/09/xmldsig#sha1" })).toBe("weak_algorithm");
  });

  test("HMAC with the public certificate as secret, and unknown names, are refused", async () => {
    const hmac = `${MORE}hmac-sha256`;
    expect(await judgeEdited((xml) => xml.replace(`${MORE}rsa-sha256`, hmac))).toBe("algorithm_unsupported");
    expect(await judgeEdited((xml) => xml.replace(`${MORE}rsa-sha256`, "constructor"))).toBe(
      "algorithm_unsupported",
    );
  });

  test("other transforms and canonicalizations are refused", () => {
    expect(judgeHand({ transforms: [ENVELOPED, INCLUSIVE] })).toBe("transform_refused");
    expect(judgeHand({ transforms: [ENVELOPED] })).toBe("transform_refused");
    expect(judgeHand({ transforms: [EXCLUSIVE] })).toBe("transform_refused");
    expect(judgeHand({ canonicalization: INCLUSIVE })).toBe("transform_refused");
  });

  test("exclusive canonicalization with comments and with an inclusive prefix list", () => {
    expect(judgeHand({ transforms: [ENVELOPED, `${EXCLUSIVE}WithComments`] })).toBe("accepted");
    expect(judgeHand({ inclusivePrefixes: ["samlp", "xs"] })).toBe("accepted");
  });

  test("an XPath or XSLT transform is refused, and never run", async () => {
    const xslt = `<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>`;
    expect(await judgeEdited((xml) => xml.replace("</Transforms>", `${xslt}</Transforms>`))).toBe(
      "transform_refused",
    );
  });
});

describe("shapes of the signature (CVE-2025-29774, CVE-2025-29775)", () => {
  test("two SignedInfo elements", async () => {
    const twice = (xml: string) => xml.replace(/<SignedInfo>.*?<\/SignedInfo>/, "$&$&");
    expect(await judgeEdited(twice)).toBe("multiple_signed_info");
  });

  test("several References, and none", async () => {
    const twice = (xml: string) => xml.replace(/<Reference .*?<\/Reference>/, "$&$&");
    expect(await judgeEdited(twice)).toBe("multiple_references");
    const none = (xml: string) => xml.replace(/<Reference .*?<\/Reference>/, "");
    expect(await judgeEdited(none)).toBe("signature_malformed");
  });

  test("a comment in DigestValue, SignatureValue or elsewhere in SignedInfo", async () => {
    for (const place of ["<DigestValue>", "<SignatureValue>", "<SignedInfo>", "<Transforms>"]) {
      expect(await judgeEdited((xml) => xml.replace(place, `${place}<!--x-->`))).toBe("digest_comment");
    }
  });

  test("a reference to nothing, to the whole document, outside, or elsewhere", async () => {
    for (const uri of ["", "#", "#_other", "http://evil.example.com/x", "#xpointer(/)"]) {
      const redirected = (xml: string) => xml.replace(/<Reference URI="[^"]*"/, `<Reference URI="${uri}"`);
      expect(await judgeEdited(redirected)).toBe("signature_wrapped");
    }
    expect(await judgeEdited((xml) => xml.replace(/<Reference URI="[^"]*"/, "<Reference"))).toBe(
      "signature_wrapped",
    );
  });

  test("values that are missing or no base64", async () => {
    const noValue = (xml: string) => xml.replace(/<SignatureValue>.*?<\/SignatureValue>/, "");
    expect(await judgeEdited(noValue)).toBe("signature_malformed");
    expect(await judgeEdited((xml) => xml.replace("<DigestValue>", "<DigestValue>*"))).toBe(
      "signature_malformed",
    );
    expect(await judgeEdited((xml) => xml.replace("<SignatureValue>", "<SignatureValue>AAAA"))).toBe(
      "signature_mismatch",
    );
  });
});

describe("certificates", () => {
  const { privateKey } = testKey(idp.entityId);
  const expired = testCertificate("old", privateKey, new Date("2029-12-31T00:00:00Z"));

  test("several are tried, bare base64 and PEM, wherever the right one stands", async () => {
    const message = await idp.issueResponse(usualInput());
    const other = testKey("other").certificate;
    expect(judge(message, [other, idp.certificate])).toBe("accepted");
    expect(judge(message, [`${other}\n${idp.certificate}`])).toBe("accepted");
    expect(judge(message, [idp.certificate.replace(/-----[^-]+-----|\s/g, "")])).toBe("accepted");
    expect(judge(message, [other])).toBe("signature_mismatch");
  });

  test("an expired one is named when nothing else fits, and no obstacle when something does", async () => {
    const message = await idp.issueResponse(usualInput());
    expect(judge(message, [expired])).toBe("certificate_expired");
    expect(() => verifyResponse(message, usualExpectations({ certificates: [expired] }), NOW)).toThrow(
      /CN=old/,
    );
    expect(judge(message, [expired, idp.certificate])).toBe("accepted");
    expect(judge(message, [expired, testKey("other").certificate])).toBe("certificate_expired");
  });

  test("the certificate inside the message is never believed", () => {
    const forger = testKey("forger");
    expect(judgeHand({ key: forger.privateKey })).toBe("signature_mismatch");
  });

  test("an RSA key under 1024 bits is refused", () => {
    const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 768 });
    const certificate = testCertificate("short", key, new Date("2040-01-01T00:00:00Z"));
    expect(judgeHand({ key }, [certificate])).toBe("weak_algorithm");
  });
});
