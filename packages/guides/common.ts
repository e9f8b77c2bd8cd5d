/** What every guide says in the same words: how to begin, how to end, and the mistakes that no console is to blame for. */
import type { Mistake, Note, Step } from "./guide.ts";

export const openSamlConnection: Step = {
  title: "Open the connection in Gatehouse",
  text: [
    "Create a connection of type SAML for the organization, or open the one that was begun for you. Its page shows the values that you will copy; keep it open in another tab.",
  ],
};

export const openOidcConnection: Step = {
  title: "Open the connection in Gatehouse",
  text: [
    "Create a connection of type OIDC for the organization, or open the one that was begun for you. Its page shows the redirect URI that you will copy; keep it open in another tab.",
  ],
};

export const testAndEnable: Step = {
  title: "Test the connection, then enable it",
  text: [
    "Run the connection test in Gatehouse with an account that may use the application. It signs you in for real and shows which attributes arrived and what is missing, before anybody else is affected.",
    "Enable the connection when the test succeeds.",
  ],
};

/** For the fields that metadata would have filled. */
export const withoutMetadata = "Only if the metadata cannot be used.";

export const samlMistakes: readonly Mistake[] = [
  {
    mistake: "The user's e-mail address is in a domain that the organization has not verified.",
    shows: { code: "invalid_user_domain" },
    fix: "Add the domain to the organization and verify it, or correct the address at the identity provider.",
  },
  {
    mistake: "The clock of the identity provider or of the Gatehouse server is more than two minutes off.",
    shows: { code: "invalid_saml_response", reason: "not_yet_valid" },
    fix: "Set both machines to synchronize with a time server.",
  },
  {
    mistake: "The identity provider signs with a certificate that the connection does not know.",
    shows: { code: "signature_validation_failed", reason: "signature_mismatch" },
    fix: "Import the metadata again, or add the new certificate to `idp_certificate` next to the old one.",
  },
  {
    mistake: "The connection was never enabled, or was disabled.",
    shows: { code: "connection_not_active" },
    fix: "Enable the connection in Gatehouse.",
  },
];

export const samlNotes: readonly Note[] = [
  {
    title: "Signing in from a tile",
    text: [
      "A tile on the provider's own page works without further settings. Gatehouse takes such a response, which answers no request, only as the wish to sign in: it sends the browser to the app, which asks the provider again. The app needs an initiate-login URL or a redirect URI for that.",
      "To have no sign-in begin at the provider, switch `allow_idp_initiated_login` off.",
    ],
  },
];

export const oidcMistakes: readonly Mistake[] = [
  {
    mistake: "The address in the user's ID token is in a domain that the organization has not verified.",
    shows: { code: "invalid_user_domain" },
    fix: "Verify the domain for the organization, or correct the user's address in the provider's directory.",
  },
  {
    mistake: "Gatehouse cannot reach the provider's discovery document or token endpoint.",
    shows: { code: "server_error" },
    fix: "Check the issuer for a typing error. A provider in a private network must be allowed by the operator of Gatehouse (`GATEHOUSE_OUTBOUND_ALLOW`).",
  },
  {
    mistake: "The OIDC connection is not enabled.",
    shows: { code: "connection_not_active" },
    fix: "Enable it in Gatehouse, after a test that succeeds.",
  },
];
