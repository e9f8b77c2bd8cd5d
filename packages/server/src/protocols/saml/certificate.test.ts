import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { testCertificate, testKey } from "../../testing/saml-idp.ts";
import { reasonOf } from "../../testing/saml-messages.ts";
import { pemBody, readCertificates } from "./certificate.ts";
import { createSelfSignedCertificate } from "./self-signed-certificate.ts";

const { certificate, privateKey } = testKey("Acme, Inc.");
const other = testKey("other").certificate;

describe("readCertificates", () => {
  test("subject, validity, fingerprint and key of a PEM block", () => {
    const [info, ...rest] = readCertificates(certificate);
    expect(rest).toEqual([]);
    expect(info).toMatchObject({
      pem: certificate,
      subject: "CN=Acme\\, Inc.",
      issuer: "CN=Acme\\, Inc.",
      notBefore: new Date("2020-01-01T00:00:00Z"),
      notAfter: new Date("2049-12-31T00:00:00Z"),
      keyType: "rsa",
      rsaBits: 2048,
    });
    expect(info?.sha256Fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  test.each([
    ["Windows line ends", certificate.replace(/\n/g, "\r\n")],
    ["text around it", `subject=CN = x\n${certificate}\nmore`],
    ["bare base64", pemBody(certificate)],
    ["bare base64 in lines", `  ${pemBody(certificate).replace(/.{50}/g, "$&\n  ")}`],
    ["one long line", `-----BEGIN CERTIFICATE-----${pemBody(certificate)}-----END CERTIFICATE-----`],
    ["twice the same", certificate + certificate],
  ])("%s", (_name, text) => {
    expect(readCertificates(text).map(({ pem }) => pem)).toEqual([certificate]);
  });

  test("several, in order", () => {
    expect(readCertificates(`${other}\n${certificate}`).map(({ pem }) => pem)).toEqual([other, certificate]);
  });

  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  test.each([
    ["nothing", " \n", "certificate_missing"],
    ["a private key", key, "private_key_pasted"],
    ["a certificate and its private key", certificate + key, "private_key_pasted"],
    ["a public key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "certificate_unreadable"],
    ["metadata", "<EntityDescriptor/>", "certificate_unreadable"],
    ["garbage", "hello, world!", "certificate_unreadable"],
    ["base64 of garbage", Buffer.from("hello, world").toString("base64"), "certificate_unreadable"],
    ["a cut block", certificate.slice(0, 400), "certificate_unreadable"],
    ["a cut body", pemBody(certificate).slice(0, 400), "certificate_unreadable"],
    [
      "a body with more behind it",
      `${pemBody(certificate).replace(/=+$/, "")}AAAA`,
      "certificate_unreadable",
    ],
    [
      "a key instead",
      generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" }).toString("base64"),
      "certificate_unreadable",
    ],
  ])("%s is refused", (_name, text, reason) => {
    expect(reasonOf(() => readCertificates(text))).toBe(reason);
  });

  test("a refused private key is not repeated in the message", () => {
    const bodyStart = pemBody(key).slice(0, 20);
    expect(() => readCertificates(key)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(bodyStart) }),
    );
    expect(() => readCertificates(key)).toThrow(/private key/);
  });

  test("a cut certificate is told from garbage", () => {
    expect(() => readCertificates(pemBody(certificate).slice(0, 400))).toThrow(/300 bytes are there/);
  });
});

describe("createSelfSignedCertificate", () => {
  test.each([
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 })],
    ["EC", generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ])("%s: OpenSSL reads and verifies it", (_name, pair) => {
    const pem = createSelfSignedCertificate({
      ...pair,
      commonName: "Gatehouse ü",
      serialNumber: randomBytes(20),
      notBefore: new Date("2030-01-01T00:00:00Z"),
      notAfter: new Date("2055-06-30T23:59:59Z"),
    });
    const read = new X509Certificate(pem);
    expect(read.verify(pair.publicKey)).toBe(true);
    expect(read.checkPrivateKey(pair.privateKey)).toBe(true);
    expect(new Date(read.validFrom)).toEqual(new Date("2030-01-01T00:00:00Z"));
    expect(new Date(read.validTo)).toEqual(new Date("2055-06-30T23:59:59Z"));
    expect(read.serialNumber).toHaveLength(40);
  });

  test("a serial number of another length is refused", () => {
    const pair = { privateKey, publicKey: new X509Certificate(certificate).publicKey };
    const dates = { notBefore: new Date(0), notAfter: new Date(1000) };
    for (const serialNumber of [Buffer.alloc(0), Buffer.alloc(21)]) {
      expect(() => createSelfSignedCertificate({ ...pair, ...dates, commonName: "x", serialNumber })).toThrow(
        RangeError,
      );
    }
  });

  test("an EC certificate is read as one", () => {
    const { privateKey: ec } = generateKeyPairSync("ec", { namedCurve: "P-384" });
    expect(readCertificates(testCertificate("ec", ec, new Date("2040-01-01T00:00:00Z")))[0]?.keyType).toBe(
      "ec",
    );
  });
});
