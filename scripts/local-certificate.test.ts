import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ensureLocalCertificate } from "./local-certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = new Date("2026-05-01T00:00:00Z");
const DAY_MS = 24 * 60 * 60 * 1000;
const later = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
const read = (file: string) => new X509Certificate(readFileSync(file));

test("an authority that signs nothing else vouches for localhost", () => {
  const files = ensureLocalCertificate(folder, NOW);
  const [authority, certificate] = [read(files.authority), read(files.certificate)];
  expect([authority.ca, certificate.ca]).toEqual([true, false]);
  expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.subjectAltName).toBe(
    "DNS:localhost, DNS:*.localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
  );
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBeLessThan(825 * DAY_MS);
  expect(readdirSync(folder).sort()).toEqual(["authority.pem", "certificate.pem", "key.pem"]);
  expect(statSync(files.key).mode & 0o777).toBe(0o600);
});

test("it stays while it serves, and is made anew two weeks before its end or when it does not fit", () => {
  const files = ensureLocalCertificate(folder, NOW);
  const first = readFileSync(files.certificate, "utf8");
  ensureLocalCertificate(folder, later(800));
  expect(readFileSync(files.certificate, "utf8")).toBe(first);
  ensureLocalCertificate(folder, later(810));
  const second = readFileSync(files.certificate, "utf8");
  expect(second).not.toBe(first);
  writeFileSync(files.authority, "torn");
  ensureLocalCertificate(folder, later(810));
  expect(read(files.certificate).verify(read(files.authority).publicKey)).toBe(true);
  expect(readFileSync(files.certificate, "utf8")).not.toBe(second);
});
