/** The two ways of a message of ours through the browser: HTTP-Redirect and HTTP-POST (SAML bindings 3.4, 3.5). */
import { type KeyObject, sign } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { RSA_SHA256 } from "./names.ts";
import { SamlError } from "./saml-error.ts";
import { type SigningKey, signMessage } from "./sign-message.ts";

/** What a message is called in the query or form: a request asks, a response answers. */
export type MessageParameter = "SAMLRequest" | "SAMLResponse";

export type RedirectMessage = {
  parameter: MessageParameter;
  /** Its own query is kept. */
  url: string;
  /** Unsigned. */
  xml: string;
  relayState?: string | undefined;
  sign?: { key: KeyObject } | undefined;
};

/**
 * The address that carries a message by HTTP-Redirect: DEFLATE, base64, and where wanted an RSA-SHA256 signature
 * over the query (SAML bindings 3.4.4.1).
 *
 * @param message - see the type
 * @returns the URL to redirect to
 * @throws {SamlError} `url_refused`
 */
export function redirectMessage(message: RedirectMessage): string {
  const deflated = deflateRawSync(message.xml).toString("base64");
  const parts = [`${message.parameter}=${encodeURIComponent(deflated)}`];
  if (message.relayState !== undefined) parts.push(`RelayState=${encodeURIComponent(message.relayState)}`);
  if (message.sign) {
    parts.push(`SigAlg=${encodeURIComponent(RSA_SHA256)}`);
    // The signature covers these very characters, so nothing may re-encode them afterwards.
    const signature = sign("sha256", Buffer.from(parts.join("&")), message.sign.key).toString("base64");
    parts.push(`Signature=${encodeURIComponent(signature)}`);
  }
  return appendQuery(message.url, parts.join("&"));
}

export type PostMessage<Parameter extends MessageParameter> = {
  parameter: Parameter;
  url: string;
  /** Unsigned. */
  xml: string;
  relayState?: string | undefined;
  sign?: SigningKey | undefined;
};

/** What a page posts: `action` is the address, `fields` the hidden inputs. The page escapes them. */
export type MessageForm<Parameter extends MessageParameter> = {
  action: string;
  fields: Record<Parameter, string> & { RelayState?: string };
};

/**
 * The form that carries a message by HTTP-POST (SAML bindings 3.5), signed inside the XML where wanted.
 *
 * @param message - see the type
 * @returns action and fields, not escaped
 * @throws {SamlError} `url_refused`
 */
export function postMessage<Parameter extends MessageParameter>(
  message: PostMessage<Parameter>,
): MessageForm<Parameter> {
  const xml = message.sign ? signMessage(message.xml, message.sign) : message.xml;
  const encoded = { [message.parameter]: Buffer.from(xml).toString("base64") } as Record<Parameter, string>;
  const relayState = message.relayState === undefined ? {} : { RelayState: message.relayState };
  return { action: checkUrl(message.url).href, fields: { ...encoded, ...relayState } };
}

function appendQuery(address: string, query: string): string {
  const url = checkUrl(address);
  url.hash = "";
  const base = url.href.replace(/\?$/, "");
  return `${base}${base.includes("?") ? "&" : "?"}${query}`;
}

function checkUrl(address: string): URL {
  const url = URL.parse(address);
  // A javascript: or data: address in a form's action would run in our own page.
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new SamlError(
    "url_refused",
    "The identity provider's URL in the connection is not an https address.",
    {
      observed: address,
      expected: "https://…",
    },
  );
}
