/**
 * Responses in the shapes that identity providers really send: prefixes, order, formats, what is signed and what
 * KeyInfo holds. `response.json` names where the shape was seen. Identities and times are ours, and a test key takes
 * the place of the provider's, which nobody else has.
 */
import type { KeyObject } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SignedXml } from "xml-crypto";
import { type KeyAndCertificate, testKey } from "../../testing/saml-idp.ts";
import { encode, NOW, reasonOf, usualExpectations } from "../../testing/saml-messages.ts";
import { pemBody } from "./certificate.ts";
import { DIGEST_SHA256, ENVELOPED_SIGNATURE, EXCLUSIVE_C14N, NS, RSA_SHA256 } from "./names.ts";
import { mapProfile } from "./profile.ts";
import { verifyResponse } from "./response.ts";

type Part = "Response" | "Assertion";

interface Shape {
  source: string;
  signature: {
    /** In the order of signing: the outer signature covers the inner one. */
    of: readonly Part[];
    prefix: string;
    inclusivePrefixes?: string[];
    /** Content of KeyInfo, which a verifier must not believe. */
    keyInfo: string;
    /** AD FS leaves the prefix away for this one element of the signature. */
    isKeyInfoUnprefixed?: boolean;
  };
  nameId: object;
  sessionIndex: string;
  profile: object;
}

const samples = new URL("./testdata/", import.meta.url);
const providers = readdirSync(samples);

function read(provider: string) {
  const text = (file: string) => readFileSync(new URL(`${provider}/${file}`, samples), "utf8");
  const shape = JSON.parse(text("response.json")) as Shape;
  const { entityId } = JSON.parse(text("metadata.json")) as { entityId: string };
  return { xml: text("response.xml"), shape, entityId, key: testKey(provider) };
}

function signed(xml: string, shape: Shape, key: KeyAndCertificate): string {
  return shape.signature.of.reduce((text, part) => signPart(text, part, shape, key), xml.trim());
}

function signPart(xml: string, part: Part, { signature }: Shape, key: KeyAndCertificate): string {
  const signer = new SignedXml({
    privateKey: key.privateKey,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
    getKeyInfoContent: () =>
      signature.keyInfo
        .replace("{certificate}", pemBody(key.certificate).replace(/\s/g, ""))
        .replace("{modulus}", modulusOf(key.privateKey)),
  });
  const xpath = part === "Response" ? "/*" : "/*/*[local-name(.)='Assertion']";
  signer.addReference({
    xpath,
    transforms: [ENVELOPED_SIGNATURE, EXCLUSIVE_C14N],
    digestAlgorithm: DIGEST_SHA256,
    inclusiveNamespacesPrefixList: signature.inclusivePrefixes ?? [],
  });
  signer.computeSignature(xml, {
    prefix: signature.prefix,
    location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: "after" },
  });
  const signed = signer.getSignedXml();
  if (!signature.isKeyInfoUnprefixed) return signed;
  return signed
    .replace("<ds:KeyInfo>", `<KeyInfo xmlns="${NS.signature}">`)
    .replace("</ds:KeyInfo>", "</KeyInfo>");
}

function modulusOf(key: KeyObject): string {
  return Buffer.from(key.export({ format: "jwk" }).n ?? "", "base64url").toString("base64");
}

describe.each(providers)("a response in the shape of %s", (provider) => {
  const { xml, shape, entityId, key } = read(provider);
  const expectations = usualExpectations({ idpEntityId: entityId, certificates: [key.certificate] });
  const judge = (message: string) => reasonOf(() => verifyResponse(encode(message), expectations, NOW));

  test("has a named source", () => {
    expect(shape.source.length).toBeGreaterThan(30);
  });

  test("gives the identity, without a mapping", () => {
    const verified = verifyResponse(encode(signed(xml, shape, key)), expectations, NOW);
    expect(verified.nameId).toEqual(shape.nameId);
    expect(verified.sessionIndex).toBe(shape.sessionIndex);
    const { custom, ...profile } = mapProfile(verified, {});
    expect(profile).toEqual(shape.profile);
    expect({ ...custom }).toEqual({});
  });

  test("meets every choice of what must be signed that it can meet", () => {
    const message = encode(signed(xml, shape, key));
    const choices = { response: ["Response"], assertion: ["Assertion"], both: ["Response", "Assertion"] };
    for (const [choice, parts] of Object.entries(choices)) {
      const wanted = { ...expectations, signed: choice as keyof typeof choices };
      const isMet = parts.every((part) => shape.signature.of.includes(part as Part));
      expect(
        reasonOf(() => verifyResponse(message, wanted, NOW)),
        choice,
      ).toBe(isMet ? "accepted" : "signature_missing");
    }
  });

  test("is refused when anything in it was changed, or nothing is signed, or by another key", () => {
    const message = signed(xml, shape, key);
    expect(judge(message)).toBe("accepted");
    expect(judge(message.replace(">Mia<", ">Eve<"))).toBe("digest_mismatch");
    expect(judge(xml.trim())).toBe("signature_missing");
    expect(judge(signed(xml, shape, testKey("another")))).toBe("signature_mismatch");
  });
});
