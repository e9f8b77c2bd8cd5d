/** Puts an enveloped RSA-SHA256 signature into a message of ours (SAML core 5.4). */
import type { KeyObject } from "node:crypto";
import { SignedXml } from "xml-crypto";
import { DIGEST_SHA256, ENVELOPED_SIGNATURE, EXCLUSIVE_C14N, NS, RSA_SHA256 } from "./names.ts";

export type SigningKey = {
  /** RSA private key of the service provider. */
  key: KeyObject;
  /** PEM; published in KeyInfo where given. */
  certificate?: string;
};

/**
 * Signs the root element by its ID; the signature stands right behind Issuer, where the schema wants it.
 *
 * @param xml - a message whose root has an ID and an Issuer child
 * @param signing - key, and certificate to publish
 * @returns the signed XML
 */
export function signMessage(xml: string, signing: SigningKey): string {
  const signer = new SignedXml({
    privateKey: signing.key,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
    ...(signing.certificate === undefined ? {} : { publicCert: signing.certificate }),
  });
  signer.addReference({
    xpath: "/*",
    transforms: [ENVELOPED_SIGNATURE, EXCLUSIVE_C14N],
    digestAlgorithm: DIGEST_SHA256,
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: {
      reference: `/*/*[local-name(.)='Issuer' and namespace-uri(.)='${NS.assertion}']`,
      action: "after",
    },
  });
  return signer.getSignedXml();
}
