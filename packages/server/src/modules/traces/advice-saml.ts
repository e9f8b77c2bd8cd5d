/**
 * Help for what can be wrong with a SAML response or with the SAML settings, by the reason of the refusal. The labels
 * in brackets are those of the consoles of Okta, Microsoft Entra ID and Google, so that nobody must know the protocol.
 */
import type { Advice } from "./advice.ts";

/** Where an administrator finds the address that receives responses. */
const acsUrl = "ACS URL (Okta: Single sign-on URL; Entra ID: Reply URL; Google: ACS URL)";
/** Where an administrator finds our name. */
const audience = "audience (Okta: Audience URI; Entra ID: Identifier; Google: Entity ID)";
const altered =
  "Nobody may change the response on its way: look for a proxy, a browser extension or a script that rewrites it. If it is refused each time, report it to the vendor of the identity provider.";
const asked =
  "Sign in again, beginning at the app. If it happens each time, ask the vendor of the identity provider";

export const samlAdvice: Readonly<Record<string, Advice>> = {
  not_base64: {
    title: "The answer arrived damaged",
    fix: `The field SAMLResponse does not hold what SAML puts there. ${altered}`,
  },
  too_large: {
    title: "The answer or the metadata is too big",
    fix: "Most often the identity provider lists every group of the user. Send only the groups that the app needs: filter the group attribute at the identity provider.",
  },
  encoding_unsupported: {
    title: "The text arrived in an unknown encoding",
    fix: "Set the identity provider to send UTF-8 and XML 1.0, which is what all of them do unless told otherwise.",
  },
  doctype_refused: {
    title: "The XML holds a declaration that could be an attack",
    fix: "SAML never needs a DOCTYPE, and it can be used to read files, so it is always refused. Remove it where the message or the metadata is written.",
  },
  xml_malformed: {
    title: "The XML arrived damaged",
    fix: "It was cut off or altered on its way. Sign in again; for metadata, download the file once more and don't open it in an editor. If it happens each time, look for a proxy or a script that rewrites it.",
  },
  xml_too_complex: {
    title: "The XML has too many parts",
    fix: "Most often the identity provider sends a very long list of groups. Filter the group attribute there; for metadata, use the file of one identity provider and not of a whole federation.",
  },
  xml_unusual: {
    title: "The answer holds something that no signature protects",
    fix: altered,
  },
  duplicate_id: {
    title: "Two parts of the answer carry the same name",
    fix: `That lets a forged part pass for the signed one, so it is refused. ${altered}`,
  },
  not_a_response: {
    title: "Something other than a sign-in answer was sent",
    fix: `The identity provider sent another kind of message to the ${acsUrl}. Compare its sign-out address with ours too: the two may be swapped.`,
  },
  element_missing: {
    title: "A part of the answer is missing",
    fix: "The message says which part. Set the application at the identity provider to standard SAML 2.0 browser sign-in, and choose what it sends as the user's name (Okta: Application username; Entra ID: Unique User Identifier; Google: Name ID).",
  },
  time_malformed: {
    title: "A time in the answer cannot be read",
    fix: "The identity provider must write times in UTC, like 2030-01-31T12:00:00Z. Ask its vendor: no setting of the connection can mend this.",
  },
  version_unsupported: {
    title: "The identity provider speaks another version of SAML",
    fix: "Set this application at the identity provider to SAML 2.0.",
  },
  issuer_mismatch: {
    title: "Another identity provider answered than the one that is set up",
    fix: "Compare the identity provider's entity ID (Okta: Issuer; Entra ID: Microsoft Entra Identifier; Google: Entity ID) with the one in the connection, and copy it there letter by letter, or import the metadata again.",
  },
  audience_missing: {
    title: "The answer does not say which app it is for",
    fix: `Enter our entity ID, as the connection shows it, as the ${audience} of this application at the identity provider.`,
  },
  audience_mismatch: {
    title: "The answer is meant for another app",
    fix: `Copy our entity ID, as the connection shows it, into the ${audience} of this application at the identity provider. It must match letter by letter.`,
  },
  in_response_to_mismatch: {
    title: "The answer belongs to another sign-in",
    fix: `Usually an old tab, the back button or a bookmark of the identity provider's page. ${asked} why it repeats an old answer.`,
  },
  unsolicited: {
    title: "The answer does not say which sign-in it answers",
    fix: "Sign in again, beginning at the app. If it happens each time, the identity provider ignores our request: set up its application for sign-in that begins at the app (SP-initiated), and not as a bookmark.",
  },
  not_yet_valid: {
    title: "The answer is valid only in the future",
    fix: "One clock is wrong: the identity provider's runs ahead, or this server's is behind. Set both by a time server (NTP); two minutes of difference are allowed.",
  },
  condition_unknown: {
    title: "The answer depends on a condition that is not known here",
    fix: "Remove the extra condition from this application at the identity provider; the audience and the times are enough.",
  },
  assertion_missing: {
    title: "The answer says success but names nobody",
    fix: "Check at the identity provider that the user is assigned to this application, and that it sends an assertion in the response.",
  },
  subject_confirmation_missing: {
    title: "The answer was not made for sign-in by browser",
    fix: "Set the application at the identity provider to standard SAML 2.0 web sign-in (Web Browser SSO, bearer confirmation).",
  },
  encrypted_assertion_unreadable: {
    title: "The answer is encrypted for somebody else",
    fix: "The identity provider encrypts with a certificate that is not this connection's. Upload the encryption certificate that the connection shows (Okta: Encryption Certificate; Entra ID: Token encryption), or switch encryption off there.",
  },
  encrypted_name_id: {
    title: "The user's name alone is encrypted",
    fix: "Switch the encryption of the NameID off at the identity provider. To keep it secret, encrypt the whole assertion instead.",
  },
  decryption_key_missing: {
    title: "The answer is encrypted, and the connection has no key to open it",
    fix: "Switch encryption off at the identity provider (Okta: Assertion Encryption; Entra ID: Token encryption), or on for the connection and upload the certificate that it shows there. Where it is on already, that certificate has expired: generate a new one, and give the identity provider our metadata.",
  },
  destination_mismatch: {
    title: "The answer is addressed to another place",
    fix: `Copy our ACS URL, as the connection shows it, to the identity provider's ${acsUrl}. It must match letter by letter, https and the last slash included.`,
  },
  recipient_mismatch: {
    title: "The user's proof is addressed to another place",
    fix: `Copy our ACS URL, as the connection shows it, to the identity provider's ${acsUrl}. In Okta the Recipient URL and the Destination URL must be the same address.`,
  },
  status_not_success: {
    title: "The identity provider refused the sign-in",
    fix: "Look in the identity provider's own sign-in log, which says why. Usual reasons: the user is not assigned to this application, the password or second factor failed, or the connection asks for a NameID format that is not set up there.",
  },
  assertion_expired: {
    title: "The answer came too late",
    fix: "Sign in again. If it happens each time, one clock is wrong: set those of the identity provider and of this server by a time server (NTP); two minutes of difference are allowed.",
  },
  session_expired: {
    title: "The user's session at the identity provider is over",
    fix: "Sign out at the identity provider and sign in again. If it happens each time, compare the clocks, and look at its session length.",
  },
  response_expired: {
    title: "The answer lay around too long",
    fix: "Sign in again without stopping on the way. If it happens each time, one clock is wrong: set those of the identity provider and of this server by a time server (NTP).",
  },
  signature_missing: {
    title: "A part that must be signed is not",
    fix: "Switch the signature on at the identity provider (Okta: Response and Assertion Signature; Entra ID: Signing Option; Google: Signed response), or choose the signing option of the connection that fits what it signs.",
  },
  signature_wrapped: {
    title: "The answer was rearranged to look signed",
    fix: "This is how forged sign-ins look, so nobody was signed in. If a real user meets it, a program between the identity provider and this server rewrites the message: find and remove it, and tell your security team.",
  },
  signature_malformed: {
    title: "The signature cannot be read",
    fix: altered,
  },
  multiple_signed_info: {
    title: "One signature claims to sign two things",
    fix: "This is how forged sign-ins look, so nobody was signed in. If a real user meets it, tell your security team and the vendor of the identity provider.",
  },
  multiple_references: {
    title: "One signature covers several parts",
    fix: "SAML allows one part for each signature. Let the identity provider sign the response and the assertion each by itself.",
  },
  digest_comment: {
    title: "The signature hides a comment",
    fix: "This is how forged sign-ins look, so nobody was signed in. If a real user meets it, tell your security team and the vendor of the identity provider.",
  },
  digest_mismatch: {
    title: "The content was changed after it was signed",
    fix: altered,
  },
  signature_mismatch: {
    title: "The answer is signed with a certificate that the connection does not trust",
    fix: "The identity provider has probably changed its signing certificate. Import its metadata into the connection again, or add the new certificate; the old one may stay beside it while both are in use.",
  },
  transform_refused: {
    title: "The signature is made in a way that SAML does not allow",
    fix: "Set the identity provider to sign with exclusive canonicalization and the enveloped signature, the standard for SAML. If it has no such setting, ask its vendor.",
  },
  weak_algorithm: {
    title: "The signature is too weak",
    fix: "Set SHA-256 at the identity provider (Okta and Entra ID: Signature Algorithm RSA-SHA256). Keys need 2048 bits.",
  },
  algorithm_unsupported: {
    title: "The signature uses an unknown algorithm",
    fix: "Set RSA-SHA256 for signatures at the identity provider.",
  },
  weak_encryption: {
    title: "The encryption of the answer is too weak",
    fix: "Set AES-256 with RSA-OAEP for the encryption of assertions at the identity provider, in place of 3DES or RSA 1.5.",
  },
  encryption_unsupported: {
    title: "The answer is encrypted in an unknown way",
    fix: "Set AES-256 with RSA-OAEP for the encryption of assertions at the identity provider.",
  },
  certificate_expired: {
    title: "The identity provider's certificate has expired",
    fix: "Make a new signing certificate at the identity provider, and add it to the connection or import the metadata again. Until then nobody can sign in through this connection.",
  },
  certificate_missing: {
    title: "The identity provider's certificate is missing",
    fix: "Import the identity provider's metadata into the connection, or paste its signing certificate (Okta: X.509 Certificate; Entra ID: Certificate (Base64); Google: Certificate).",
  },
  certificate_unreadable: {
    title: "What was given as a certificate is none",
    fix: "Paste the whole certificate, from BEGIN CERTIFICATE to END CERTIFICATE, into the connection. A metadata file belongs into the metadata import instead.",
  },
  private_key_pasted: {
    title: "A private key was pasted instead of a certificate",
    fix: "Paste the certificate only. Treat the key as stolen, since it has left its place: make a new one at the identity provider.",
  },
  too_many_certificates: {
    title: "The metadata holds hundreds of signing certificates",
    fix: "Remove the old certificates at the identity provider, so that its metadata holds those alone that sign now or next, and import it again.",
  },
  not_metadata: {
    title: "The file or address holds no SAML metadata",
    fix: "Download the metadata at the identity provider (Okta: Metadata URL; Entra ID: Federation Metadata XML; Google: Download metadata), and open an address in a browser first: a sign-in page is not metadata.",
  },
  not_an_idp: {
    title: "The metadata describes no identity provider",
    fix: "It may be that of an app, perhaps our own. Take the metadata that the identity provider offers for this application.",
  },
  several_idps: {
    title: "The metadata describes several identity providers",
    fix: "Use the metadata of the one alone, and not the file of a federation.",
  },
  entity_id_missing: {
    title: "The metadata does not name the identity provider",
    fix: "Download the metadata again, or type the entity ID (Okta: Issuer; Entra ID: Microsoft Entra Identifier) into the connection by hand.",
  },
  sso_location_missing: {
    title: "The metadata names no sign-in address",
    fix: "Download the metadata again, or type the sign-on URL (Okta: Sign on URL; Entra ID: Login URL; Google: SSO URL) into the connection by hand.",
  },
  url_refused: {
    title: "The identity provider's address cannot be used",
    fix: "The sign-on URL in the connection or the metadata must begin with https://. Copy it again from the identity provider.",
  },
  connection_incomplete: {
    title: "The connection is not completely set up",
    fix: "Fill in what the message names, or import the identity provider's metadata, which fills in all of it.",
  },
  encryption_missing: {
    title: "The answer is not encrypted, and the connection wants it to be",
    fix: "Upload the encryption certificate that the connection shows at the identity provider and switch encryption on there (Okta: Assertion Encryption; Entra ID: Token encryption), or switch it off for the connection.",
  },
  not_a_logout_message: {
    title: "Something other than a sign-out message was sent",
    fix: "The identity provider sent another kind of message to our single logout address. Compare its sign-in and sign-out addresses with ours: the two may be swapped.",
  },
  not_deflated: {
    title: "The sign-out message arrived damaged",
    fix: "In an address (HTTP-Redirect) the message must be compressed with DEFLATE. Look for a proxy that rewrites addresses; if it happens each time, set the sign-out at the identity provider to HTTP-POST.",
  },
  parameter_repeated: {
    title: "A part of the sign-out message was sent twice",
    fix: "One of the two could be forged, so neither is read. Look for a proxy or a script that adds parameters to the address, and report it to the vendor of the identity provider if there is none.",
  },
  logout_expired: {
    title: "The sign-out message came too late",
    fix: "Sign out again. If it happens each time, one clock is wrong: set those of the identity provider and of this server by a time server (NTP).",
  },
  logout_unsigned: {
    title: "The sign-out message is not signed",
    fix: "Anybody could have written it, so nobody was signed out by it. Switch on the signing of sign-out messages for this application at the identity provider.",
  },
  logout_destination_mismatch: {
    title: "The sign-out message is addressed to another place",
    fix: "Copy our single logout URL, as the connection shows it, to the identity provider (Okta: Single Logout URL; Entra ID: Logout URL), or import our metadata there. It must match letter by letter.",
  },
  logout_answer_mismatch: {
    title: "The sign-out answer belongs to another sign-out",
    fix: "Usually an old tab or the back button; the user's session here is over all the same. If it happens each time, ask the vendor of the identity provider why it repeats an old answer.",
  },
  logout_incomplete: {
    title: "The identity provider did not sign the user out everywhere",
    fix: "The user's session here is over. Look in the identity provider's own log for the rest: usually its session had ended before, or another app did not answer it.",
  },
  assertion_replayed: {
    title: "This answer was used before",
    fix: "Begin again at the app: each answer signs in once. If it happens each time, look for a proxy or a browser extension that sends an old answer again.",
  },
  request_invalid: {
    title: "Our request could not be written or read",
    fix: "Begin the sign-in again at the app. If it happens each time, tell the operator of this server the reference of this trace: no setting of the identity provider can mend it.",
  },
  relay_state_too_long: {
    title: "The note that travels with the sign-in is too long",
    fix: "The relay state may have 80 bytes. Shorten the Default RelayState (Okta) or Relay State (Entra ID) of this application at the identity provider.",
  },
};
