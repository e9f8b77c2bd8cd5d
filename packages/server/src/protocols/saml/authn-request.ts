/** The request that starts a sign-in (SAML core 3.4.1), and its two ways to the identity provider (`send-message.ts`). */
import type { KeyObject } from "node:crypto";
import { BINDING, NS } from "./names.ts";
import { SamlError } from "./saml-error.ts";
import { type MessageForm, postMessage, redirectMessage } from "./send-message.ts";
import type { SigningKey } from "./sign-message.ts";
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
 * The address that carries a request by HTTP-Redirect.
 *
 * @param input - single sign-on URL (its own query is kept), unsigned XML, relay state of at most 80 bytes, RSA key
 * @returns the URL to redirect to
 * @throws {SamlError} `url_refused`, `relay_state_too_long`
 */
export function redirectUrl({ ssoUrl: url, ...input }: RedirectInput): string {
  if (input.relayState !== undefined) checkRelayState(input.relayState);
  return redirectMessage({ ...input, parameter: "SAMLRequest", url });
}

export type PostInput = { ssoUrl: string; xml: string; relayState?: string; sign?: SigningKey };

/**
 * The form that carries a request by HTTP-POST (SAML bindings 3.5), signed inside the XML where wanted.
 *
 * @param input - single sign-on URL, unsigned XML, relay state of at most 80 bytes, RSA key and certificate
 * @returns action and fields, not escaped
 * @throws {SamlError} `url_refused`, `relay_state_too_long`
 */
export function postForm({ ssoUrl: url, ...input }: PostInput): MessageForm<"SAMLRequest"> {
  if (input.relayState !== undefined) checkRelayState(input.relayState);
  return postMessage({ ...input, parameter: "SAMLRequest", url });
}

function checkRelayState(relayState: string): void {
  const bytes = Buffer.byteLength(relayState);
  if (bytes <= 80) return;
  throw new SamlError(
    "relay_state_too_long",
    "RelayState may be 80 bytes long at most (SAML bindings 3.4.3). Send a key instead of the data.",
    {
      observed: `${bytes} bytes`,
      expected: "at most 80 bytes",
    },
  );
}
