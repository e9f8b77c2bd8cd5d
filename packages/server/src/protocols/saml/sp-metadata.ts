/** The document that tells an identity provider about us (SAML metadata 2.4.4), in the order of the schema. */
import { pemBody, readCertificates } from "./certificate.ts";
import { BINDING, NS } from "./names.ts";
import { element, escapeXml } from "./write-xml.ts";

export type SpMetadataInput = {
  entityId: string;
  acsUrl: string;
  sloUrl?: string;
  /** PEM; during a renewal the old and the new one. */
  signingCertificates?: readonly string[];
  encryptionCertificates?: readonly string[];
  authnRequestsSigned: boolean;
  wantAssertionsSigned: boolean;
  /** URI of the wanted NameID format. */
  nameIdFormat?: string;
};

const PROTOCOL = NS.protocol;

// In order of preference (XML encryption 1.1); what decrypt-assertion.ts opens, without the unauthenticated ones.
const ENCRYPTION_METHODS = [
  "http://www.w3.org/2009/xmlenc11#aes256-gcm",
  "http://www.w3.org/2009/xmlenc11#aes128-gcm",
  "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
];

/**
 * Writes our metadata.
 *
 * @param input - see the type
 * @returns an EntityDescriptor document
 * @throws {SamlError} when a certificate cannot be read
 */
export function buildSpMetadata(input: SpMetadataInput): string {
  const children = [
    ...keyDescriptors("signing", input.signingCertificates ?? []),
    ...keyDescriptors("encryption", input.encryptionCertificates ?? []),
    ...singleLogoutServices(input.sloUrl),
    ...(input.nameIdFormat ? [element("md:NameIDFormat", {}, [escapeXml(input.nameIdFormat)])] : []),
    element("md:AssertionConsumerService", {
      Binding: BINDING.post,
      Location: input.acsUrl,
      index: 0,
      isDefault: true,
    }),
  ];
  const descriptor = element(
    "md:SPSSODescriptor",
    {
      AuthnRequestsSigned: input.authnRequestsSigned,
      WantAssertionsSigned: input.wantAssertionsSigned,
      protocolSupportEnumeration: PROTOCOL,
    },
    children,
  );
  const root = { "xmlns:md": NS.metadata, "xmlns:ds": NS.signature, entityID: input.entityId };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("md:EntityDescriptor", root, [descriptor])}`;
}

function keyDescriptors(use: "signing" | "encryption", certificates: readonly string[]): string[] {
  const methods = use === "encryption" ? ENCRYPTION_METHODS : [];
  return certificates.flatMap(readCertificates).map(({ pem }) => {
    const certificate = element("ds:X509Certificate", {}, [pemBody(pem)]);
    const keyInfo = element("ds:KeyInfo", {}, [element("ds:X509Data", {}, [certificate])]);
    const accepted = methods.map((Algorithm) => element("md:EncryptionMethod", { Algorithm }));
    return element("md:KeyDescriptor", { use }, [keyInfo, ...accepted]);
  });
}

function singleLogoutServices(sloUrl: string | undefined): string[] {
  if (!sloUrl) return [];
  return [BINDING.redirect, BINDING.post].map((Binding) =>
    element("md:SingleLogoutService", { Binding, Location: sloUrl }),
  );
}
