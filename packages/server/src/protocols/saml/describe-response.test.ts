import { X509Certificate } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ACS_URL,
  decode,
  encode,
  IDP_ENTITY_ID,
  REQUEST_ID,
  SP_ENTITY_ID,
  usualIdp,
  usualInput,
  VICTIM,
} from "../../testing/saml-messages.ts";
import { describeResponse } from "./describe-response.ts";

const idp = usualIdp();
const issue = (changes = {}) => idp.issueResponse(usualInput(changes));

describe("a response of samlp", () => {
  test("is described part by part, without who signed in", async () => {
    const posted = await issue();
    const described = describeResponse(posted);
    expect(described).toEqual({
      issuer: IDP_ENTITY_ID,
      destination: ACS_URL,
      in_response_to: REQUEST_ID,
      status: "Success",
      assertion_issuer: IDP_ENTITY_ID,
      audience: SP_ENTITY_ID,
      recipient: ACS_URL,
      not_before: "2030-01-01T12:00:00.000Z",
      not_on_or_after: "2030-01-01T12:05:00.000Z",
      subject_not_on_or_after: "2030-01-01T12:05:00.000Z",
      name_id_format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
      signed: "response and assertion",
      signature_algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
      certificate_fingerprint: new X509Certificate(idp.certificate).fingerprint256,
      encrypted: "no",
      attributes: "email, firstName, groups",
      size: `${posted.length} bytes`,
    });
    expect(JSON.stringify(described)).not.toMatch(new RegExp(`${VICTIM}|Mia|_session`));
  });

  test.each([
    ["both", "response and assertion"],
    ["response", "response"],
    ["assertion", "assertion"],
    ["none", "nothing"],
  ] as const)("signed %s", async (sign, signed) => {
    expect(describeResponse(await issue({ sign }))).toMatchObject({ signed });
  });

  test("that is encrypted says so, and nothing of the assertion", async () => {
    const described = describeResponse(await issue({ encryptTo: idp.certificate, sign: "response" }));
    expect(described).toMatchObject({ encrypted: "yes", signed: "response", issuer: IDP_ENTITY_ID });
    expect(described).not.toHaveProperty("audience");
    expect(described).not.toHaveProperty("attributes");
  });

  test("that refuses says why", () => {
    const statusCode = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    const posted = idp.issueError({ acsUrl: ACS_URL, statusCode, message: "User not assigned" });
    expect(describeResponse(posted)).toMatchObject({
      status: "Responder",
      status_message: "User not assigned",
    });
  });
});

test.each(globSync("testdata/*/response.xml", { cwd: import.meta.dirname }))("%s is described", (file) => {
  const xml = readFileSync(`${import.meta.dirname}/${file}`, "utf8");
  expect(describeResponse(encode(xml))).toMatchObject({
    status: "Success",
    in_response_to: REQUEST_ID,
    recipient: ACS_URL,
    attributes: expect.stringMatching(/./),
  });
});

describe("whatever is posted", () => {
  test.each([
    ["nothing", ""],
    ["no base64", "<samlp:Response/>"],
    ["no XML", encode("{}")],
    ["bytes", Buffer.from([0xff, 0xfe, 0]).toString("base64")],
    ["a DOCTYPE", encode("<!DOCTYPE x><x/>")],
    ["half a document", encode("<samlp:Response>")],
    ["more than is read", "A".repeat(3_000_000)],
  ])("%s is described by its size alone", (_what, posted) => {
    expect(describeResponse(posted)).toEqual({ size: `${posted.length} bytes` });
  });

  test("another document claims little", () => {
    expect(describeResponse(encode("<html><body/></html>"))).toEqual({
      signed: "nothing",
      encrypted: "no",
      size: "28 bytes",
    });
  });

  test("long values are cut, and long lists counted", async () => {
    const xml = decode(await issue({ sign: "none" }));
    const long = xml.replace(/(Destination=")[^"]*/, `$1${"x".repeat(5_000)}`);
    expect(describeResponse(encode(long)).destination).toBe(`${"x".repeat(299)}…`);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`a${i}`, "v"]));
    const attributes = describeResponse(await issue({ attributes: many })).attributes ?? "";
    expect(attributes).toMatch(/a29, and 10 more$/);
  });

  test("a certificate that is none is left out", async () => {
    const xml = decode(await issue());
    const broken = xml.replaceAll(/(<(?:ds:)?X509Certificate>)[^<]*/g, "$1AAAA");
    expect(describeResponse(encode(broken))).not.toHaveProperty("certificate_fingerprint");
  });

  test("a megabyte of elements takes a moment only", async () => {
    const rows = '<saml:Attribute Name="a"/>'.repeat(9_000);
    const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Assertion><saml:AttributeStatement>${rows}</saml:AttributeStatement></saml:Assertion></samlp:Response>`;
    const start = performance.now();
    expect(describeResponse(encode(xml)).attributes).toMatch(/and 8970 more$/);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
