import { describe, expect, test } from "vitest";
import { type IssueInput, testKey } from "../../testing/saml-idp.ts";
import {
  decode,
  encode,
  NOW,
  reasonOf,
  usualExpectations,
  usualIdp,
  usualInput,
  VICTIM,
} from "../../testing/saml-messages.ts";
import type { Expectations } from "./expectations.ts";
import { verifyResponse } from "./response.ts";

const idp = usualIdp();
const ours = testKey("our service provider");
const CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";

function issue(changes: Partial<IssueInput> = {}): Promise<string> {
  return idp.issueResponse(usualInput({ encryptTo: ours.certificate, ...changes }));
}

function judge(message: string, changes: Partial<Expectations> = {}): string {
  const expectations = usualExpectations({ decryptionKeys: [ours.privateKey], ...changes });
  return reasonOf(() => verifyResponse(message, expectations, NOW));
}

describe("encrypted assertions", () => {
  test.each([
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
    CBC,
  ])("%s", async (encryptionAlgorithm) => {
    const expectations = usualExpectations({ decryptionKeys: [ours.privateKey], signed: "both" });
    const verified = verifyResponse(await issue({ encryptionAlgorithm }), expectations, NOW);
    expect(verified.nameId.value).toBe(VICTIM);
  });

  test.each([
    ["response", "assertion", "signature_missing"],
    ["response", "either", "accepted"],
    ["assertion", "assertion", "accepted"],
    ["assertion", "response", "signature_missing"],
    ["none", "either", "signature_missing"],
  ] as const)("signed %s, wanted %s: %s", async (sign, signed, verdict) => {
    expect(judge(await issue({ sign }), { signed })).toBe(verdict);
  });

  test("are insisted on where the connection wants them", async () => {
    expect(judge(await issue(), { mustBeEncrypted: true })).toBe("accepted");
    const plain = await idp.issueResponse(usualInput());
    expect(judge(plain, { mustBeEncrypted: true })).toBe("encryption_missing");
    expect(judge(plain)).toBe("accepted");
  });

  test("the older of two keys opens it too", async () => {
    expect(judge(await issue(), { decryptionKeys: [testKey("newer").privateKey, ours.privateKey] })).toBe(
      "accepted",
    );
  });

  test("without a key, and with a wrong one", async () => {
    expect(judge(await issue(), { decryptionKeys: [] })).toBe("decryption_key_missing");
    const wrong = [testKey("other").privateKey];
    expect(judge(await issue(), { decryptionKeys: wrong })).toBe("encrypted_assertion_unreadable");
  });

  test("every change of the ciphertext looks the same from outside", async () => {
    const xml = decode(await issue({ sign: "assertion", encryptionAlgorithm: CBC }));
    const values = [
      ...xml.matchAll(/<e:CipherValue>([^<]+)</g),
      ...xml.matchAll(/<xenc:CipherValue>([^<]+)</g),
    ];
    expect(values.length).toBe(2);
    for (const [, value = ""] of values) {
      for (const cut of [value.slice(0, 8), value.slice(4), `AAAA${value.slice(4)}`, value.slice(0, -24)]) {
        expect(["encrypted_assertion_unreadable", "digest_mismatch"]).toContain(
          judge(encode(xml.replace(value, cut))),
        );
      }
    }
  });

  test("PKCS#1 v1.5 key transport and triple DES are refused before anything is tried", async () => {
    const xml = decode(await issue());
    const pkcs1 = xml.replace(
      "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
      "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
    );
    expect(judge(encode(pkcs1))).toBe("digest_mismatch");
    const unsigned = decode(await issue({ sign: "assertion" }));
    const weak = unsigned.replace(/xmlenc#rsa-oaep-mgf1p/, "xmlenc#rsa-1_5");
    expect(judge(encode(weak))).toBe("weak_encryption");
    const triple = unsigned.replace(
      "http://www.w3.org/2009/xmlenc11#aes256-gcm",
      "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
    );
    expect(judge(encode(triple))).toBe("weak_encryption");
  });

  test("an encrypted and a plain assertion side by side are refused", async () => {
    const encrypted = decode(await issue({ sign: "assertion" }));
    const plain = decode(await idp.issueResponse(usualInput({ sign: "none" })));
    const assertion = /<saml:Assertion .*<\/saml:Assertion>/.exec(plain)?.[0];
    const both = encrypted.replace("<saml:EncryptedAssertion", `${assertion}<saml:EncryptedAssertion`);
    expect(judge(encode(both))).toBe("signature_wrapped");
  });
});
