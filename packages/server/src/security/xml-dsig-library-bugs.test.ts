/**
 * Faults of XML signature libraries ("SAMLStorm", CVE-2025-29774 and CVE-2025-29775): several SignedInfo elements,
 * comments inside digests, several references. Each attack swaps the user and makes the forged digest findable.
 */
import { createHash, createPublicKey } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { testKey } from "../testing/saml-idp.ts";
import { beginSaml, issue, postSaml } from "../testing/saml-leg.ts";
import { decode, encode, signByHand } from "../testing/saml-messages.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

const signedInfo = /<SignedInfo>.*?<\/SignedInfo>/s;
const reference = /<Reference .*?<\/Reference>/s;
const digestValue = /<DigestValue>([^<]*)<\/DigestValue>/;

/** What the signature covers, with another user in it. */
const swap = (xml: string) => xml.replaceAll("ada@", "eve@");

/** The digest that an attacker wants to be found: a library that digests the forged assertion computes it. */
function forgedDigest(xml: string): string {
  const assertion = /<saml:Assertion .*<\/saml:Assertion>/s.exec(swap(xml))?.[0] ?? "";
  const withoutSignature = assertion.replace(/<Signature .*?<\/Signature>/s, "");
  return createHash("sha256").update(withoutSignature).digest("base64");
}

const attacks: [string, (xml: string) => string][] = [
  [
    "a second SignedInfo behind the signed one",
    (xml) => swap(xml).replace(signedInfo, (info) => info + withDigest(info, forgedDigest(xml))),
  ],
  [
    "a second SignedInfo before the signed one",
    (xml) => swap(xml).replace(signedInfo, (info) => withDigest(info, forgedDigest(xml)) + info),
  ],
  [
    "a second SignedInfo inside an Object",
    (xml) =>
      swap(xml).replace(
        signedInfo,
        (info) => `${withDigest(info, forgedDigest(xml))}<Object>${info}</Object>`,
      ),
  ],
  [
    "the forged digest in front of a comment in DigestValue",
    (xml) => swap(xml).replace(digestValue, (_, digest) => digestOf(`${forgedDigest(xml)}<!--${digest}-->`)),
  ],
  [
    "the forged digest in a comment in DigestValue",
    (xml) => swap(xml).replace(digestValue, (_, digest) => digestOf(`<!--${forgedDigest(xml)}-->${digest}`)),
  ],
  [
    "an empty comment in DigestValue, and nothing else changed",
    (xml) =>
      xml.replace(digestValue, (_, digest) => digestOf(`${digest.slice(0, 9)}<!---->${digest.slice(9)}`)),
  ],
  ["a comment in SignedInfo", (xml) => xml.replace("<SignedInfo>", "<SignedInfo><!--x-->")],
  ["a processing instruction in DigestValue", (xml) => xml.replace("<DigestValue>", "<DigestValue><?x y?>")],
  [
    "a second Reference, to the forgery",
    (xml) => swap(xml).replace(reference, (found) => found + withDigest(found, forgedDigest(xml))),
  ],
  [
    "a first Reference, to the forgery",
    (xml) => swap(xml).replace(reference, (found) => withDigest(found, forgedDigest(xml)) + found),
  ],
  ["two equal References", (xml) => xml.replace(reference, "$&$&")],
  ["no Reference at all", (xml) => swap(xml).replace(reference, "")],
  ["a Reference to the empty URI", (xml) => swap(xml).replace(/<Reference URI="[^"]*"/, '<Reference URI=""')],
  ["no transforms", (xml) => xml.replace(/<Transforms>.*?<\/Transforms>/s, "")],
  ["an XSLT transform more", (xml) => xml.replace("</Transforms>", `${xslt}</Transforms>`)],
  ["no signature value", (xml) => swap(xml).replace(/<SignatureValue>[^<]*/, "<SignatureValue>")],
];
const xslt = '<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>';

function withDigest(xml: string, digest: string): string {
  return xml.replace(digestValue, () => digestOf(digest));
}

function digestOf(content: string): string {
  return `<DigestValue>${content}</DigestValue>`;
}

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  async function answerWith(bend: (xml: string) => string) {
    const leg = await beginSaml(cluster(), tenant);
    const signed = decode(await issue(cluster(), tenant, leg, { sign: "assertion" }));
    const outcome = await postSaml(tenant, leg, encode(bend(signed)));
    return { ...outcome, hasSession: leg.browser.cookies.has("gh_session") };
  }

  test.each(attacks)("%s", async (_name, bend) => {
    const outcome = await answerWith((xml) => {
      const bent = bend(xml);
      expect(bent).not.toBe(xml);
      return bent;
    });
    expect(outcome).toMatchObject({ at: "app", code: "", hasSession: false });
    expect(["signature_validation_failed", "malformed_saml_response"]).toContain(outcome.error);
  });

  test("the key and certificate that a message brings along are not believed", async () => {
    const forger = testKey("forger");
    const outcome = await answerWith((xml) => {
      const unsigned = xml.replace(/<Signature .*?<\/Signature>/s, "");
      return signByHand(swap(unsigned), { key: forger.privateKey });
    });
    expect(outcome).toMatchObject({ error: "signature_validation_failed", code: "" });
  });

  test("HMAC with the identity provider's public key as the secret", async () => {
    const secret = createPublicKey(tenant.idp.privateKey).export({ type: "spki", format: "pem" });
    expect(String(secret)).toContain("PUBLIC KEY");
    const outcome = await answerWith((xml) =>
      xml.replace(/xmldsig-more#rsa-sha256/, "xmldsig-more#hmac-sha256"),
    );
    expect(outcome).toMatchObject({ error: "signature_validation_failed", code: "" });
  });

  test("a message that nobody touched is taken", async () => {
    expect((await answerWith((xml) => xml)).code).not.toBe("");
  });
});
