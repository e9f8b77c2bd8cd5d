/** Help for what can be wrong with an OpenID provider's answer, by the reasons that `advice-evidence.ts` reads. */
import type { Advice } from "./advice.ts";

const keyOfProvider =
  "Look at the provider's key page (jwks_uri): the key that it signs with must be published there. If the provider has just changed its keys, sign in again in a few minutes";

/** By the reason of an OpenID provider's answer that was refused. */
export const oidcAdvice: Readonly<Record<string, Advice>> = {
  id_token_expired: {
    title: "The ID token came too late",
    fix: "Sign in again. If it happens each time, one clock is wrong: set those of the identity provider and of this server by a time server (NTP); two minutes of difference are allowed.",
  },
  id_token_not_yet_valid: {
    title: "The ID token is valid only in the future",
    fix: "One clock is wrong: the identity provider's runs ahead, or this server's is behind. Set both by a time server (NTP); two minutes of difference are allowed.",
  },
  id_token_audience_mismatch: {
    title: "The ID token is meant for another app",
    fix: "Compare the client ID in the connection with the one of this application at the identity provider (Okta: Client ID; Entra ID: Application (client) ID), and copy it again.",
  },
  id_token_issuer_mismatch: {
    title: "Another identity provider answered than the one that is set up",
    fix: "Copy the issuer of the connection from the identity provider letter by letter, the last slash included. In Entra ID it must name the tenant: the issuer of “common” fits no token.",
  },
  id_token_nonce_mismatch: {
    title: "The ID token belongs to another sign-in",
    fix: "Sign in again, beginning at the app. If it happens each time, the identity provider does not return the nonce of our request: look for a proxy that answers from its memory, or ask the vendor.",
  },
  id_token_unsigned: {
    title: "The ID token is not signed",
    fix: "Set the signature of ID tokens for this application to RS256 at the identity provider; “none” lets anybody write tokens and is always refused.",
  },
  id_token_algorithm_refused: {
    title: "The ID token is signed in a way that anybody could copy",
    fix: "Set the signature of ID tokens for this application to RS256 or ES256 at the identity provider. HS256 is refused, since its secret could be one that others know.",
  },
  id_token_key_unknown: {
    title: "The ID token is signed with a key that the identity provider does not publish",
    fix: `${keyOfProvider}; if it goes on, compare the issuer and the jwks_uri of the connection with the provider's.`,
  },
  id_token_signature_mismatch: {
    title: "The signature of the ID token is wrong",
    fix: `${keyOfProvider}; if it goes on, somebody may be writing tokens in its name: tell your security team.`,
  },
  answer_issuer_mismatch: {
    title: "The answer came back from another identity provider",
    fix: "Sign in again, beginning at the app. If it happens each time, copy the issuer of the connection from the identity provider letter by letter; otherwise somebody may be mixing up two providers on purpose: tell your security team.",
  },
  provider_issuer_mismatch: {
    title: "The identity provider calls itself by another name than the connection does",
    fix: "Copy the issuer that the discovery document (.well-known/openid-configuration) of the identity provider states into the connection, letter by letter.",
  },
  provider_refused: {
    title: "The identity provider refused the sign-in",
    fix: "Look in the identity provider's own log, which says why: usually the user is not assigned to this application, or the application there may not use the scopes that the connection asks for.",
  },
  provider_too_slow: {
    title: "The identity provider took too long to answer",
    fix: "We wait ten seconds. Look at the identity provider's status page and try again; if it stands behind a firewall, let this server through.",
  },
  provider_unreachable: {
    title: "The identity provider could not be reached",
    fix: "Check the addresses in the connection for a wrong letter, and that they can be reached from this server: name, firewall, certificate. An address in a private network must be allowed by the operator (GATEHOUSE_OUTBOUND_ALLOW).",
  },
  provider_failing: {
    title: "The identity provider answered with an error of its own",
    fix: "Look at the identity provider's status page and try again. If it goes on, compare the token and key addresses in the connection with those of its discovery document.",
  },
  provider_unreadable: {
    title: "The identity provider's answer cannot be read",
    fix: "An address in the connection probably leads to a page and not to the endpoint. Copy the addresses from the discovery document (.well-known/openid-configuration), or enter the issuer alone and leave them empty.",
  },
};
