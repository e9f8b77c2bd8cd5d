/** Reads what an identity provider publishes about itself (SAML metadata 2.4.3). */
import type { Element } from "@xmldom/xmldom";
import { readCertificates } from "./certificate.ts";
import { BINDING, NS } from "./names.ts";
import { METADATA_XML, parseXml } from "./parse-xml.ts";
import { attribute, childrenNamed, isNamed, plainText, timeAttribute } from "./read-elements.ts";
import { SamlError } from "./saml-error.ts";

export type BindingUrls = { redirect?: string; post?: string };

export type IdpMetadata = {
  entityId: string;
  ssoUrls: BindingUrls;
  sloUrls: BindingUrls;
  /** PEM, signing certificates only, in the order of the document, none twice. */
  certificates: string[];
  wantAuthnRequestsSigned: boolean;
  nameIdFormats: string[];
  /** When the document says it goes stale. */
  validUntil?: Date;
};

/**
 * Reads the one identity provider of a metadata document.
 *
 * @param xml - an EntityDescriptor, or an EntitiesDescriptor with exactly one identity provider
 * @param options - `allowInsecureUrls` admits http:// addresses, for development
 * @returns what a connection needs
 * @throws {SamlError} always with code `invalid_saml_metadata`
 */
export function parseIdpMetadata(xml: string, options: { allowInsecureUrls?: boolean } = {}): IdpMetadata {
  try {
    return readIdp(parseMetadata(xml), options.allowInsecureUrls === true);
  } catch (error) {
    // Rules shared with responses carry the responses' code.
    if (!(error instanceof SamlError) || error.code === "invalid_saml_metadata") throw error;
    const { reason, message, observed, expected } = error;
    throw new SamlError(reason, message, {
      code: "invalid_saml_metadata",
      ...(observed === undefined ? {} : { observed }),
      ...(expected === undefined ? {} : { expected }),
      cause: error,
    });
  }
}

function parseMetadata(xml: string): Element {
  if (!/^\s*\ufeff?\s*</.test(xml)) {
    throw new SamlError(
      "not_metadata",
      "This is not XML. Paste the content of the identity provider's metadata file, or give its URL.",
      {
        observed: xml.trim().slice(0, 60),
        expected: "an EntityDescriptor document",
      },
    );
  }
  const root = parseXml(xml.trim(), METADATA_XML);
  if (isNamed(root, NS.metadata, "EntityDescriptor") || isNamed(root, NS.metadata, "EntitiesDescriptor"))
    return root;
  throw new SamlError(
    "not_metadata",
    "This XML is not SAML 2.0 metadata. Use the identity provider's metadata file or URL.",
    {
      observed: `${root.localName} of ${root.namespaceURI ?? "no namespace"}`,
      expected: `EntityDescriptor of ${NS.metadata}`,
    },
  );
}

function readIdp(root: Element, allowInsecureUrls: boolean): IdpMetadata {
  const entity = chooseEntity(entitiesOf(root));
  const idp = idpDescriptor(entity);
  if (!idp) throw notAnIdp(entity);
  const entityId = attribute(entity, "entityID")?.trim();
  if (!entityId)
    throw new SamlError(
      "entity_id_missing",
      "The metadata has no entityID. Export it again from the identity provider.",
    );
  const ssoUrls = bindingUrls(idp, "SingleSignOnService", allowInsecureUrls);
  if (!ssoUrls.redirect && !ssoUrls.post) throw noSsoLocation(idp);
  const validUntil = timeAttribute(entity, "validUntil") ?? timeAttribute(root, "validUntil");
  return {
    entityId,
    ssoUrls,
    sloUrls: bindingUrls(idp, "SingleLogoutService", allowInsecureUrls),
    certificates: signingCertificates(idp),
    wantAuthnRequestsSigned: /^\s*(?:true|1)\s*$/.test(attribute(idp, "WantAuthnRequestsSigned") ?? ""),
    nameIdFormats: childrenNamed(idp, NS.metadata, "NameIDFormat").map(plainText),
    ...(validUntil ? { validUntil } : {}),
  };
}

function entitiesOf(element: Element): Element[] {
  if (isNamed(element, NS.metadata, "EntityDescriptor")) return [element];
  const groups = childrenNamed(element, NS.metadata, "EntitiesDescriptor");
  return [...childrenNamed(element, NS.metadata, "EntityDescriptor"), ...groups.flatMap(entitiesOf)];
}

function chooseEntity(entities: Element[]): Element {
  const [only] = entities;
  if (entities.length === 1 && only) return only;
  const [idp, ...others] = entities.filter(idpDescriptor);
  if (idp && others.length === 0) return idp;
  if (!idp) throw new SamlError("not_an_idp", "The metadata describes no SAML 2.0 identity provider.");
  throw new SamlError(
    "several_idps",
    `The metadata describes ${others.length + 1} identity providers, and one must be chosen. Use the metadata of the one alone.`,
    {
      observed: [idp, ...others]
        .slice(0, 5)
        .map((entity) => attribute(entity, "entityID"))
        .join(", "),
      expected: "one identity provider",
    },
  );
}

function idpDescriptor(entity: Element): Element | undefined {
  return childrenNamed(entity, NS.metadata, "IDPSSODescriptor").find((role) =>
    (attribute(role, "protocolSupportEnumeration") ?? "").split(/\s+/).includes(NS.protocol),
  );
}

function notAnIdp(entity: Element): SamlError {
  const isSp = childrenNamed(entity, NS.metadata, "SPSSODescriptor").length > 0;
  const message = isSp
    ? "This is the metadata of a service provider (an application), perhaps our own. Use the metadata that the identity provider publishes."
    : "This metadata describes no SAML 2.0 identity provider. Use the identity provider's SAML 2.0 metadata.";
  return new SamlError("not_an_idp", message, {
    observed: isSp ? "SPSSODescriptor" : "no IDPSSODescriptor for SAML 2.0",
    expected: "IDPSSODescriptor",
  });
}

function bindingUrls(idp: Element, name: string, allowInsecureUrls: boolean): BindingUrls {
  const urls: BindingUrls = {};
  for (const service of childrenNamed(idp, NS.metadata, name)) {
    const binding = attribute(service, "Binding");
    const kind = binding === BINDING.redirect ? "redirect" : binding === BINDING.post ? "post" : undefined;
    if (!kind || urls[kind]) continue;
    urls[kind] = checkUrl(attribute(service, "Location") ?? "", name, allowInsecureUrls);
  }
  return urls;
}

function checkUrl(location: string, name: string, allowInsecureUrls: boolean): string {
  const url = URL.parse(location.trim());
  if (url?.protocol === "https:" || (url?.protocol === "http:" && allowInsecureUrls)) return url.href;
  const problem =
    url?.protocol === "http:"
      ? "uses http, which anyone on the way can read and change"
      : "is no web address";
  throw new SamlError(
    "url_refused",
    `The ${name} address in the metadata ${problem}. The identity provider must publish an https address.`,
    {
      observed: location,
      expected: "https://…",
    },
  );
}

function noSsoLocation(idp: Element): SamlError {
  const bindings = childrenNamed(idp, NS.metadata, "SingleSignOnService").map((service) =>
    attribute(service, "Binding"),
  );
  return new SamlError(
    "sso_location_missing",
    "The metadata names no single sign-on address for HTTP-Redirect or HTTP-POST. Enable one of them at the identity provider.",
    {
      observed: bindings.join(", ") || "no SingleSignOnService",
      expected: `${BINDING.redirect} or ${BINDING.post}`,
    },
  );
}

/** A KeyDescriptor without `use` serves both purposes (SAML metadata 2.4.1.1). */
function signingCertificates(idp: Element): string[] {
  const found = childrenNamed(idp, NS.metadata, "KeyDescriptor")
    .filter((descriptor) => attribute(descriptor, "use") !== "encryption")
    .flatMap((descriptor) => childrenNamed(descriptor, NS.signature, "KeyInfo"))
    .flatMap((keyInfo) => childrenNamed(keyInfo, NS.signature, "X509Data"))
    .flatMap((data) => childrenNamed(data, NS.signature, "X509Certificate"))
    .map(plainText);
  if (found.length > 0) return certificatesIn(found);
  throw new SamlError(
    "certificate_missing",
    "The metadata holds no signing certificate, so no response could be checked. Export it again from the identity provider.",
  );
}

// Reading a certificate takes about 0.1 ms, and so does trying its key on the signature of each response.
const MOST_CERTIFICATES = 200;

function certificatesIn(texts: string[]): string[] {
  const different = new Set(texts);
  if (different.size > MOST_CERTIFICATES) {
    throw new SamlError(
      "too_many_certificates",
      "The metadata holds more signing certificates than any identity provider uses. Export it again with those alone that sign now or next.",
      { observed: `${different.size} certificates`, expected: `at most ${MOST_CERTIFICATES}` },
    );
  }
  return [...new Set([...different].flatMap(readCertificates).map(({ pem }) => pem))];
}
