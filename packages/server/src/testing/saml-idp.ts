/**
 * A SAML identity provider for tests, on the npm package `samlp`: an implementation that shares no code of ours, so
 * that what we verify is what others really send. Keys are made once per process and entity id.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { createSelfSignedCertificate } from "../protocols/saml/self-signed-certificate.ts";

export type IssueInput = {
  acsUrl: string;
  /** The service provider's entity id. */
  audience: string;
  /** Left out for an unsolicited response. */
  inResponseTo?: string;
  nameId: string;
  nameIdFormat?: string;
  attributes?: Record<string, string | string[]>;
  now: Date;
  /** What is signed; "both" unless said otherwise. */
  sign?: "response" | "assertion" | "both" | "none";
  signatureAlgorithm?: "rsa-sha256" | "rsa-sha1";
  lifetimeSeconds?: number;
  sessionIndex?: string;
  /** PEM certificate to encrypt the assertion to. */
  encryptTo?: string;
  encryptionAlgorithm?: string;
};

export type ErrorInput = { acsUrl: string; inResponseTo?: string; statusCode: string; message?: string };

export type SamlIdp = {
  entityId: string;
  ssoUrl: string;
  metadataXml: string;
  /** PEM. */
  certificate: string;
  privateKey: KeyObject;
  /** Returns base64, ready for the form field SAMLResponse. */
  issueResponse(input: IssueInput): Promise<string>;
  /** A response without assertion, as base64. */
  issueError(input: ErrorInput): string;
};

export type KeyAndCertificate = { privateKey: KeyObject; certificate: string };

type FakeResponse = { set(name: string, value: string): void; send(body: string): void };

type Samlp = {
  getSamlResponse(
    options: Record<string, unknown>,
    user: object,
    done: (error: Error | null, xml: string) => void,
  ): void;
  sendError(options: Record<string, unknown>): (request: object, response: FakeResponse) => void;
  metadata(options: Record<string, unknown>): (request: object, response: FakeResponse) => void;
};

const require = createRequire(import.meta.url);
const keys = new Map<string, KeyAndCertificate>();

/**
 * Makes an RSA key and its certificate, once per process and name.
 *
 * @param name - common name; the same name gives the same key
 * @returns key and PEM certificate, valid from 2020 to 2049
 */
export function testKey(name: string): KeyAndCertificate {
  const known = keys.get(name);
  if (known) return known;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const made = {
    privateKey,
    certificate: testCertificate(name, privateKey, new Date("2049-12-31T00:00:00Z")),
  };
  keys.set(name, made);
  return made;
}

/**
 * Makes a certificate for a key, valid from 2020.
 *
 * @param name - common name
 * @param privateKey - RSA or EC
 * @param notAfter - its end
 * @returns PEM
 */
export function testCertificate(name: string, privateKey: KeyObject, notAfter: Date): string {
  return createSelfSignedCertificate({
    commonName: name,
    privateKey,
    publicKey: createPublicKey(privateKey),
    serialNumber: randomBytes(16),
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter,
  });
}

/**
 * Makes an identity provider.
 *
 * @param options - its entity id; its single sign-on URL, `https://idp.example.com/sso` unless said otherwise
 * @returns the identity provider
 */
export function createSamlIdp(options: { entityId: string; ssoUrl?: string }): SamlIdp {
  const samlp = require("samlp") as Samlp;
  const { entityId, ssoUrl = "https://idp.example.com/sso" } = options;
  const { privateKey, certificate } = testKey(entityId);
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  const signer = { issuer: entityId, cert: certificate, key };
  return {
    entityId,
    ssoUrl,
    metadataXml: renderMetadata(samlp, { ...signer }, new URL(ssoUrl)),
    certificate,
    privateKey,
    issueResponse: (input) => issueResponse(samlp, signer, input),
    issueError: (input) => renderError(samlp, signer, input),
  };
}

async function issueResponse(samlp: Samlp, signer: object, input: IssueInput): Promise<string> {
  const sign = input.sign ?? "both";
  const claims = { getClaims: () => input.attributes ?? {}, getNameIdentifier: () => nameIdentifier(input) };
  const settings = {
    ...signer,
    audience: input.audience,
    destination: input.acsUrl,
    recipient: input.acsUrl,
    inResponseTo: input.inResponseTo,
    lifetimeInSeconds: input.lifetimeSeconds ?? 300,
    sessionIndex: input.sessionIndex ?? "_session",
    authnContextClassRef: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    signAssertion: sign === "assertion" || sign === "both",
    signResponse: sign === "response" || sign === "both",
    signatureAlgorithm: input.signatureAlgorithm ?? "rsa-sha256",
    digestAlgorithm: input.signatureAlgorithm === "rsa-sha1" ? "sha1" : "sha256",
    profileMapper: () => claims,
    ...encryption(input),
  };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  atInstant(input.now, () =>
    samlp.getSamlResponse(settings, {}, (error, xml) => (error ? reject(error) : resolve(xml))),
  );
  return Buffer.from(await promise).toString("base64");
}

function nameIdentifier(input: IssueInput) {
  return {
    nameIdentifier: input.nameId,
    nameIdentifierFormat: input.nameIdFormat ?? "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  };
}

function encryption(input: IssueInput): object {
  if (!input.encryptTo) return {};
  return {
    encryptionCert: input.encryptTo,
    encryptionPublicKey: input.encryptTo,
    encryptionAlgorithm: input.encryptionAlgorithm ?? "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    disallowEncryptionWithInsecureAlgorithm: false,
    warnOnInsecureEncryptionAlgorithm: false,
  };
}

/** samlp asks moment for the time, synchronously, while it writes the assertion; moment.now may be replaced. */
function atInstant(now: Date, write: () => void): void {
  const moment = createRequire(require.resolve("saml"))("moment") as { now: () => number };
  const original = moment.now;
  moment.now = () => now.getTime();
  try {
    write();
  } finally {
    moment.now = original;
  }
}

/** samlp hands out errors only as a page with a form. */
function renderError(samlp: Samlp, signer: object, input: ErrorInput): string {
  const page = captured((response) =>
    samlp.sendError({
      ...signer,
      destination: input.acsUrl,
      inResponseTo: input.inResponseTo,
      error: { code: input.statusCode, description: input.message },
      getPostURL: (_request: object, done: (error: null, url: string) => void) => done(null, input.acsUrl),
    })({}, response),
  );
  return /name="SAMLResponse"\s+value="([^"]+)"/.exec(page)?.[1] ?? "";
}

function renderMetadata(samlp: Samlp, settings: Record<string, unknown>, ssoUrl: URL): string {
  const path = ssoUrl.pathname + ssoUrl.search;
  const request = {
    originalUrl: "/",
    protocol: ssoUrl.protocol.slice(0, -1),
    headers: { host: ssoUrl.host },
  };
  const metadata = samlp.metadata({ ...settings, redirectEndpointPath: path, postEndpointPath: path });
  return captured((response) => metadata(request, response));
}

function captured(render: (response: FakeResponse) => void): string {
  let body = "";
  render({ set: () => {}, send: (sent) => (body = sent) });
  return body;
}
