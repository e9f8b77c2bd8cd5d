/**
 * Messages of single logout as they arrive, by HTTP-Redirect or HTTP-POST (SAML bindings 3.4, 3.5), and what requests
 * and responses must both hold: a signature of the connection, its issuer, our address, a plausible time.
 */
import { inflateRawSync } from "node:zlib";
import type { Element } from "@xmldom/xmldom";
import { NS } from "./names.ts";
import { decodePosted, decodeUtf8, parseXml, type XmlProfile } from "./parse-xml.ts";
import { attribute, isNamed, plainText, requiredChild, timeAttribute } from "./read-elements.ts";
import { signatureOf } from "./read-signature.ts";
import { SamlError } from "./saml-error.ts";
import type { MessageParameter } from "./send-message.ts";
import { surveyDocument } from "./survey-document.ts";
import { trustedKeys } from "./trusted-keys.ts";
import { verifyOctets, verifySignature } from "./verify-signature.ts";

/** A message that nobody has vouched for yet. */
export type LogoutMessage = {
  kind: "LogoutRequest" | "LogoutResponse";
  root: Element;
  relayState: string | undefined;
  /** Of the redirect binding, where it has one; the POST binding signs inside the XML. */
  querySignature: { octets: Buffer; algorithm: string; value: Buffer } | undefined;
  binding: "redirect" | "post";
};

export type LogoutExpectations = {
  idpEntityId: string;
  /** PEM (one or several blocks each) or bare base64. */
  certificates: readonly string[];
  /** The addresses that are ours; Destination must be one of them. */
  destinations: readonly string[];
};

/** The instant of judgement, and how far the sender's clock may be from it. */
export type LogoutClock = { now: Date; clockSkewSeconds: number };

// A request names one person and some sessions; nothing in it grows with their groups.
const LOGOUT_XML: XmlProfile = {
  maxBytes: 64 * 1024,
  maxElements: 1_000,
  maxDepth: 32,
  code: "invalid_saml_request",
};

/**
 * Reads a message from the query of a redirect. Names and values are taken from the query as it was sent: the
 * signature covers these very characters, so what is read is what was signed (SAML bindings 3.4.4.1).
 *
 * @param rawQuery - behind the "?", not decoded
 * @returns the message, not verified
 * @throws {SamlError} `parameter_repeated`, `not_a_logout_message`, `not_base64`, `not_deflated` and those of the parser
 */
export function readRedirect(rawQuery: string): LogoutMessage {
  const raw = rawParameters(rawQuery);
  const parameter = onlyMessage((name) => raw.has(name));
  const signature = raw.get("Signature");
  const algorithm = raw.get("SigAlg");
  const value = raw.get("RelayState");
  const root = parseLogout(inflate(base64Bytes(decodeRaw(raw.get(parameter) ?? ""), parameter)), parameter);
  return {
    ...root,
    relayState: value === undefined ? undefined : decodeRaw(value),
    binding: "redirect",
    querySignature:
      signature === undefined || algorithm === undefined
        ? undefined
        : {
            octets: Buffer.from(
              [parameter, "RelayState", "SigAlg"]
                .filter((name) => raw.has(name))
                .map((name) => `${name}=${raw.get(name)}`)
                .join("&"),
            ),
            algorithm: decodeRaw(algorithm),
            value: base64Bytes(decodeRaw(signature), "Signature"),
          },
  };
}

/**
 * Reads a message from a posted form.
 *
 * @param form - its fields; each name at most once
 * @returns the message, not verified
 * @throws {SamlError} `parameter_repeated`, `not_a_logout_message`, `not_base64` and those of the parser
 */
export function readPost(form: URLSearchParams): LogoutMessage {
  for (const name of ["SAMLRequest", "SAMLResponse", "RelayState"]) {
    if (form.getAll(name).length > 1) throw repeated(name);
  }
  const parameter = onlyMessage((name) => form.has(name));
  const root = parseLogout(decodePosted(form.get(parameter) ?? "", parameter), parameter);
  return {
    ...root,
    relayState: form.get("RelayState") ?? undefined,
    binding: "post",
    querySignature: undefined,
  };
}

/**
 * Verifies that the connection's identity provider has written the message for us: issuer, signature, destination,
 * in this order, so that a stranger's message is refused before anything is done for it.
 *
 * @param message - as it arrived
 * @param expectations - what the connection knows
 * @param now - decides which certificates have expired
 * @throws {SamlError} `issuer_mismatch`, `logout_unsigned`, any of the signature, `logout_destination_mismatch`
 */
export function authenticateLogout(
  message: LogoutMessage,
  expectations: LogoutExpectations,
  now: Date,
): void {
  const { root, kind } = message;
  if (!expectations.idpEntityId) {
    throw new SamlError("connection_incomplete", "The connection has no idp_entity_id.", {
      expected: "idp_entity_id",
    });
  }
  const issuer = plainText(requiredChild(root, NS.assertion, "Issuer"));
  if (issuer !== expectations.idpEntityId) {
    throw new SamlError(
      "issuer_mismatch",
      `The ${kind} comes from another identity provider than the one of this connection. Compare the entity id (issuer) in the connection with the identity provider's.`,
      { observed: issuer, expected: expectations.idpEntityId, code: "invalid_saml_request" },
    );
  }
  requireSignature(message, expectations, now);
  const destination = attribute(root, "Destination");
  if (destination !== undefined && expectations.destinations.includes(destination)) return;
  throw new SamlError(
    "logout_destination_mismatch",
    `The ${kind} is addressed to another logout URL. Set the single logout URL of this application at the identity provider.`,
    {
      observed: destination ?? "no Destination",
      expected: expectations.destinations[0] ?? "",
    },
  );
}

/**
 * Checks what else every message of the protocol holds (SAML core 3.2.1, 3.2.2).
 *
 * @param root - of an authenticated message
 * @param clock - `clockSkewSeconds` in seconds
 * @returns id and instant
 * @throws {SamlError} `version_unsupported`, `element_missing`, `time_malformed`, `not_yet_valid`
 */
export function checkEnvelope(root: Element, clock: LogoutClock): { id: string; issueInstant: Date } {
  if (attribute(root, "Version") !== "2.0") {
    throw new SamlError(
      "version_unsupported",
      `${root.localName} is not of SAML version 2.0. Set the identity provider to SAML 2.0.`,
      { observed: attribute(root, "Version") ?? "none", expected: "2.0", code: "invalid_saml_request" },
    );
  }
  const id = attribute(root, "ID");
  const issueInstant = timeAttribute(root, "IssueInstant");
  if (!id || !issueInstant) {
    throw new SamlError("element_missing", `${root.localName} has no ID or no IssueInstant.`, {
      code: "invalid_saml_request",
    });
  }
  if (issueInstant.getTime() > clock.now.getTime() + clock.clockSkewSeconds * 1000) {
    throw new SamlError(
      "not_yet_valid",
      `${root.localName} was written in the future. One of the two clocks is wrong: check the time of the identity provider and of this server.`,
      {
        observed: issueInstant.toISOString(),
        expected: `at or before ${clock.now.toISOString()}`,
        code: "invalid_saml_request",
      },
    );
  }
  return { id, issueInstant };
}

/** Every signature that is there must be valid, and one must be there (SAML profiles 4.4.4.1, 4.4.4.2). */
function requireSignature(message: LogoutMessage, expectations: LogoutExpectations, now: Date): void {
  const { root, querySignature, kind } = message;
  const keys = trustedKeys(expectations.certificates, now);
  const enveloped = signatureOf(root);
  if (querySignature) verifyOctets(querySignature.octets, querySignature, keys, kind);
  if (enveloped) verifySignature(root, enveloped, keys);
  if (querySignature || enveloped) return;
  throw new SamlError(
    "logout_unsigned",
    `The ${kind} is not signed, so anybody could have written it. Switch on the signing of logout messages at the identity provider.`,
    { observed: "nothing is signed", expected: `a signed ${kind}` },
  );
}

function parseLogout(xml: string, parameter: MessageParameter): Pick<LogoutMessage, "kind" | "root"> {
  const kind = parameter === "SAMLRequest" ? "LogoutRequest" : "LogoutResponse";
  const root = parseXml(xml, LOGOUT_XML);
  const { signatures } = surveyDocument(root);
  if (!isNamed(root, NS.protocol, kind)) throw notLogout(`${root.localName} of ${root.namespaceURI}`, kind);
  if (signatures.every(({ parentNode }) => parentNode === root)) return { kind, root };
  throw new SamlError(
    "signature_wrapped",
    `The ${kind} holds a signature in a place where SAML has none. It was altered to look signed, and is refused.`,
  );
}

function onlyMessage(has: (name: MessageParameter) => boolean): MessageParameter {
  const found = (["SAMLRequest", "SAMLResponse"] as const).filter(has);
  if (found[0] && found.length === 1) return found[0];
  throw notLogout(found.length === 0 ? "neither" : "both", "either SAMLRequest or SAMLResponse");
}

function notLogout(observed: string, expected: string): SamlError {
  return new SamlError(
    "not_a_logout_message",
    "What arrived is no SAML 2.0 logout message. The single logout URL takes LogoutRequest and LogoutResponse only; check which URL the identity provider sends this to.",
    { observed, expected },
  );
}

/** Of two values under one name, a proxy and we could choose differently. */
function rawParameters(rawQuery: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of rawQuery.split("&").filter(Boolean)) {
    const [name = "", ...value] = part.split("=");
    if (found.has(name)) throw repeated(name);
    found.set(name, value.join("="));
  }
  return found;
}

function repeated(name: string): SamlError {
  return new SamlError("parameter_repeated", "A parameter of the message was sent more than once.", {
    observed: name,
    expected: "each once",
  });
}

function decodeRaw(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", "%20"));
  } catch {
    throw new SamlError("not_deflated", "The query of the redirect is not percent-encoded text.", {
      observed: value.slice(0, 60),
    });
  }
}

function base64Bytes(text: string, name: string): Buffer {
  // Some senders leave the plus signs of base64 as they are, and a query turns those into blanks.
  const compact = text.replaceAll(" ", "+").replace(/[\r\n\t]/g, "");
  if (compact !== "" && compact.length % 4 !== 1 && /^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    return Buffer.from(compact, "base64");
  }
  throw new SamlError("not_base64", `${name} is not base64.`, {
    observed: text.slice(0, 60),
    expected: "base64",
    code: "invalid_saml_request",
  });
}

function inflate(bytes: Buffer): string {
  try {
    return decodeUtf8(inflateRawSync(bytes, { maxOutputLength: LOGOUT_XML.maxBytes }));
  } catch (cause) {
    if (cause instanceof SamlError) throw cause;
    throw new SamlError(
      "not_deflated",
      "The message is not compressed as the redirect binding wants it, or is too large. Set the identity provider to HTTP-Redirect with DEFLATE, or to HTTP-POST.",
      { cause, expected: `raw DEFLATE of at most ${LOGOUT_XML.maxBytes} bytes` },
    );
  }
}
