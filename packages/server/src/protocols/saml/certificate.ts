/** Reads X.509 certificates as people paste them: PEM blocks, bare base64, several at once. */
import { X509Certificate } from "node:crypto";
import { SamlError } from "./saml-error.ts";

export type CertificateInfo = {
  /** One PEM block, ending in a line feed. */
  pem: string;
  subject: string;
  issuer: string;
  serialNumber: string;
  notBefore: Date;
  notAfter: Date;
  /** SHA-256 over the DER, upper-case hex with colons. */
  sha256Fingerprint: string;
  keyType: "rsa" | "ec";
  /** RSA modulus length in bits; undefined for EC. */
  rsaBits?: number;
};

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

/**
 * Reads every certificate in a text.
 *
 * @param text - PEM blocks, with or without text between them, or one bare base64 certificate
 * @returns the certificates in the order of the text, none twice
 * @throws {SamlError} `certificate_missing`, `certificate_unreadable`, `private_key_pasted`
 */
export function readCertificates(text: string): CertificateInfo[] {
  refuseOtherThings(text);
  const blocks = [...text.matchAll(PEM_BLOCK)];
  const bodies = blocks.length > 0 ? blocks.map(([, label, body]) => certificateBody(label, body)) : [text];
  const found = new Map<string, CertificateInfo>();
  for (const body of bodies) {
    const info = describe(readDer(body));
    if (!found.has(info.sha256Fingerprint)) found.set(info.sha256Fingerprint, info);
  }
  return [...found.values()];
}

function refuseOtherThings(text: string): void {
  if (text.trim() === "") {
    throw new SamlError(
      "certificate_missing",
      "There is no certificate. Paste the signing certificate of the identity provider.",
    );
  }
  // The key itself never goes into the message: messages reach logs and pages.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new SamlError(
      "private_key_pasted",
      "This holds a private key. Paste only the certificate (BEGIN CERTIFICATE), and treat that key as exposed: replace it.",
      { expected: "a certificate" },
    );
  }
  if (/^\s*(?:\ufeff)?<[?a-zA-Z]/.test(text)) {
    throw new SamlError(
      "certificate_unreadable",
      "This is XML, probably the identity provider's metadata. Import it as metadata, or paste only what stands in X509Certificate.",
      { expected: "a certificate" },
    );
  }
}

function certificateBody(label: string | undefined, body: string | undefined): string {
  if (label === "CERTIFICATE" || label === "X509 CERTIFICATE" || label === "TRUSTED CERTIFICATE")
    return body ?? "";
  throw new SamlError(
    "certificate_unreadable",
    `This holds a ${label} block. Paste the certificate (BEGIN CERTIFICATE).`,
    {
      observed: label ?? "",
      expected: "CERTIFICATE",
    },
  );
}

function readDer(body: string): X509Certificate {
  const base64 = body.replace(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw unreadable(
      "it is not base64. Paste the whole certificate, from BEGIN CERTIFICATE to END CERTIFICATE",
    );
  }
  const der = Buffer.from(base64, "base64");
  const expected = derLength(der);
  if (expected !== undefined && expected !== der.length) {
    throw unreadable(
      `it says that it is ${expected} bytes long, but ${der.length} bytes are there. Paste the whole certificate`,
    );
  }
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw unreadable("it is base64 of something else. Paste an X.509 certificate", cause);
  }
}

/** The length that the outer DER SEQUENCE declares, header included; undefined when it is no such SEQUENCE. */
function derLength(der: Buffer): number | undefined {
  if (der[0] !== 0x30 || der.length < 4) return undefined;
  const first = der[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 3 || der.length < 2 + size) return undefined;
  return 2 + size + der.readUIntBE(2, size);
}

function describe(certificate: X509Certificate): CertificateInfo {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== "rsa" && asymmetricKeyType !== "ec") {
    throw unreadable(`its key is of type ${asymmetricKeyType}; expected RSA or EC. Use another certificate`);
  }
  const rsaBits = asymmetricKeyDetails?.modulusLength;
  return {
    pem: toPem(certificate.raw),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serialNumber: certificate.serialNumber,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    sha256Fingerprint: certificate.fingerprint256,
    keyType: asymmetricKeyType,
    ...(rsaBits === undefined ? {} : { rsaBits }),
  };
}

/**
 * Wraps DER in PEM (RFC 7468).
 *
 * @param der - the certificate
 * @returns one PEM block of 64-column lines
 */
export function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/**
 * The base64 inside a PEM block, as XML wants it.
 *
 * @param pem - one PEM block
 * @returns base64 without line breaks
 */
export function pemBody(pem: string): string {
  return pem.replace(/-----[A-Z ]+-----|\s/g, "");
}

function oneLine(name: string): string {
  return name.split("\n").join(", ");
}

function unreadable(problem: string, cause?: unknown): SamlError {
  return new SamlError("certificate_unreadable", `The certificate cannot be read: ${problem}.`, {
    expected: "an X.509 certificate with an RSA or EC key",
    cause,
  });
}
