/** The request that starts a sign-in (SAML core 3.4.1), and its two ways to the identity provider (bindings 3.4, 3.5). */
import { type KeyObject, sign } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { BINDING, NS, RSA_SHA256 } from "./names.ts";
import { SamlError } from "./saml-error.ts";
import { type SigningKey, signMessage } from "./sign-message.ts";
import { element, escapeXml } from "./write-xml.ts";

export type AuthnRequestInput = {
  /** Unguessable, unique, and an XML name: starts with a letter or "_". */
  id: string;
  issueInstant: Date;
  /** Our entity id. */
  issuer: string;
  /** The identity provider's single sign-on URL. */
  destination: string;
  acsUrl: string;
  /** URI of the wanted NameID format; left out when undefined. */
  nameIdFormat?: string;
  forceAuthn?: boolean;
  isPassive?: boolean;
  /** How the response comes back; HTTP-POST unless said otherwise. */
  protocolBinding?: string;
};

/**
 * Writes an AuthnRequest. It asks for no authentication context: naming one makes ADFS and Entra ID refuse users
 * who signed in another way.
 *
 * @param input - see the type
 * @returns the XML, unsigned
 * @throws {SamlError} `request_invalid` when the id is no XML name or the instant no date
 */
export function buildAuthnRequest(input: AuthnRequestInput): string {
  if (!/^[A-Za-z_][A-Za-z0-9._-]*$/.test(input.id) || Number.isNaN(input.issueInstant.getTime())) {
    throw new SamlError(
      "request_invalid",
      "An AuthnRequest needs an id that starts with a letter or _, and an instant.",
      {
        observed: input.id,
      },
    );
  }
  const attributes = {
    "xmlns:samlp": NS.protocol,
    "xmlns:saml": NS.assertion,
    ID: input.id,
    Version: "2.0",
    IssueInstant: input.issueInstant.toISOString(),
    Destination: input.destination,
    ForceAuthn: input.forceAuthn || undefined,
    IsPassive: input.isPassive || undefined,
    ProtocolBinding: input.protocolBinding ?? BINDING.post,
    AssertionConsumerServiceURL: input.acsUrl,
  };
  const issuer = element("saml:Issuer", {}, [escapeXml(input.issuer)]);
  const policy = input.nameIdFormat
    ? [element("samlp:NameIDPolicy", { Format: input.nameIdFormat, AllowCreate: true })]
    : [];
  return element("samlp:AuthnRequest", attributes, [issuer, ...policy]);
}

export type RedirectInput = { ssoUrl: string; xml: string; relayState?: string; sign?: { key: KeyObject } };

/**
 * The address that carries a request by HTTP-Redirect: DEFLATE, base64, and where wanted an RSA-SHA256 signature
 * over the query (SAML bindings 3.4.4.1).
 *
 * @param input - single sign-on URL (its own query is kept), unsigned XML, relay state of at most 80 bytes, RSA key
 * @returns the URL to redirect to
 * @throws {SamlError} `url_refused`, `relay_state_too_long`
 */
export function redirectUrl(input: RedirectInput): string {
  const deflated = deflateRawSync(input.xml).toString("base64");
  const parts = [`SAMLRequest=${encodeURIComponent(deflated)}`];
  if (input.relayState !== undefined) {
    parts.push(`RelayState=${encodeURIComponent(checkRelayState(input.relayState))}`);
  }
  if (input.sign) {
    parts.push(`SigAlg=${encodeURIComponent(RSA_SHA256)}`);
    // The signature covers these very characters, so nothing may re-encode them afterwards.
    const signature = sign("sha256", Buffer.from(parts.join("&")), input.sign.key).toString("base64");
    parts.push(`Signature=${encodeURIComponent(signature)}`);
  }
  return appendQuery(input.ssoUrl, parts.join("&"));
}

export type PostInput = { ssoUrl: string; xml: string; relayState?: string; sign?: SigningKey };

/** What a page posts: `action` is the address, `fields` the hidden inputs. The page escapes them. */
export type PostForm = { action: string; fields: { SAMLRequest: string; RelayState?: string } };

/**
 * The form that carries a request by HTTP-POST (SAML bindings 3.5), signed inside the XML where wanted.
 *
 * @param input - single sign-on URL, unsigned XML, relay state of at most 80 bytes, RSA key and certificate
 * @returns action and fields, not escaped
 * @throws {SamlError} `url_refused`, `relay_state_too_long`
 */
export function postForm(input: PostInput): PostForm {
  const xml = input.sign ? signMessage(input.xml, input.sign) : input.xml;
  const fields = { SAMLRequest: Buffer.from(xml).toString("base64") };
  if (input.relayState === undefined) return { action: checkUrl(input.ssoUrl).href, fields };
  return {
    action: checkUrl(input.ssoUrl).href,
    fields: { ...fields, RelayState: checkRelayState(input.relayState) },
  };
}

function appendQuery(ssoUrl: string, query: string): string {
  const url = checkUrl(ssoUrl);
  url.hash = "";
  const base = url.href.replace(/\?$/, "");
  return `${base}${base.includes("?") ? "&" : "?"}${query}`;
}

function checkUrl(ssoUrl: string): URL {
  const url = URL.parse(ssoUrl);
  // A javascript: or data: address in a form's action would run in our own page.
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new SamlError("url_refused", "The single sign-on URL of the connection is not an https address.", {
    observed: ssoUrl,
    expected: "https://…",
  });
}

function checkRelayState(relayState: string): string {
  const bytes = Buffer.byteLength(relayState);
  if (bytes <= 80) return relayState;
  throw new SamlError(
    "relay_state_too_long",
    "RelayState may be 80 bytes long at most (SAML bindings 3.4.3). Send a key instead of the data.",
    {
      observed: `${bytes} bytes`,
      expected: "at most 80 bytes",
    },
  );
}
