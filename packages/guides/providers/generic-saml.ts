/** Any other SAML 2.0 identity provider: what it must do, and under which names its console may call it. */
import { openSamlConnection, samlMistakes, samlNotes, testAndEnable, withoutMetadata } from "../common.ts";
import type { Guide, ProviderGuides } from "../guide.ts";

const saml: Guide = {
  id: "generic-saml",
  title: "Any provider with SAML 2.0",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Register Gatehouse",
      text: [
        "Look for **service provider**, **relying party**, **SAML application** or **client** in the console, and import our metadata if it lets you. That fills in everything below, certificates included.",
        "Else enter the values by hand. Where recipient and destination are fields of their own, both get the same address as the assertion consumer service.",
      ],
      copy: [
        { to: "provider", value: "sp_metadata_url", label: "Metadata, SP metadata URL" },
        {
          to: "provider",
          value: "sp_entity_id",
          label: "Entity ID, Audience, Identifier, Client ID",
          note: "Without metadata.",
        },
        {
          to: "provider",
          value: "sp_assertion_url",
          label: "ACS URL, Assertion Consumer Service, Reply URL, Callback, Recipient, Destination",
          note: "Without metadata; binding HTTP-POST.",
        },
        {
          to: "provider",
          value: "sp_slo_url",
          label: "SLO URL, Single Logout Service",
          note: "Only for single logout.",
        },
      ],
    },
    {
      title: "Say what a response looks like",
      text: [
        "Sign the assertion, or the assertion and the response, with RSA-SHA256 (or stronger) and digest SHA-256. SHA-1 is refused.",
        "Use a name id of the format `urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress` with the user's address, or a persistent one.",
      ],
    },
    {
      title: "Release attributes",
      text: [
        "Send the attributes of the table. Other usual names, such as the claims of Microsoft and the `urn:oid:` names of LDAP, are known as well; the attribute mapping of the connection takes any other.",
        "Send each group as a value of its own in one attribute, not as one text with commas.",
      ],
    },
    {
      title: "Bring the provider's metadata",
      text: [
        "A metadata address is best: Gatehouse reads it again from time to time, so new certificates arrive by themselves. It must be an https address that Gatehouse can reach. A file works too.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "IdP metadata URL" },
        { to: "gatehouse", field: "xml", label: "IdP metadata file", note: "In place of the address." },
        { to: "gatehouse", field: "idp_entity_id", label: "Issuer, IdP entity ID", note: withoutMetadata },
        {
          to: "gatehouse",
          field: "idp_sso_url",
          label: "SSO URL, login URL, SingleSignOnService",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "Signing certificate (X.509, PEM)",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_slo_url",
          label: "Logout URL, SingleLogoutService",
          note: "Only for single logout.",
        },
      ],
    },
    {
      title: "Allow people",
      text: ["Assign the users or groups who may sign in, if the provider wants that."],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "The address of the user's mailbox" },
    { ours: "givenName", name: "firstName", source: "First name" },
    { ours: "familyName", name: "lastName", source: "Family name" },
    { ours: "groups", name: "groups", source: "Names of groups or roles, several values" },
  ],
  mistakes: [
    {
      mistake: "Recipient or destination has an address of its own, with a slash too many or http for https.",
      shows: { code: "invalid_acs_url", reason: "recipient_mismatch" },
      fix: "Give both `sp_assertion_url`, exactly as it stands in the connection.",
    },
    {
      mistake: "The audience is the address of the app, or empty.",
      shows: { code: "invalid_saml_response", reason: "audience_mismatch" },
      fix: "Set it to `sp_entity_id`.",
    },
    {
      mistake: "The provider signs nothing, or only the response.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Sign the assertion, or change `saml_signing_option` of the connection to what the provider does. Unsigned responses are never accepted.",
    },
    {
      mistake: "The signature algorithm is RSA-SHA1.",
      shows: { code: "signature_validation_failed", reason: "weak_algorithm" },
      fix: "Choose RSA-SHA256.",
    },
    {
      mistake: "The address has a name that nobody knows, such as `contact`.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Rename it to `email`, or map `email` to its name in the connection. The error lists the names that arrived.",
    },
    {
      mistake: "The provider refused to sign the user in and sent us its refusal.",
      shows: { code: "invalid_status", reason: "status_not_success" },
      fix: "Read the provider's own log. Often the user is not assigned, or the name id that we ask for does not exist.",
    },
    {
      mistake: "The metadata of Gatehouse itself was imported, in place of the provider's.",
      shows: { code: "CONNECTION_METADATA_INVALID", reason: "not_an_idp" },
      fix: "Import what the identity provider publishes.",
    },
    {
      mistake: "A certificate of the connection has expired.",
      shows: { code: "signature_validation_failed", reason: "certificate_expired" },
      fix: "Add the provider's current certificate.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Changing the provider's certificate",
      text: [
        "Add the new certificate to `idp_certificate`, which takes several, before the provider signs with it, and take the old one out afterwards. Then there is no moment without a sign-in. Gatehouse warns 30, 7 and 1 days before a certificate ends.",
      ],
    },
    {
      title: "If the provider wants signed requests",
      text: [
        "Switch on `want_request_signed`. Our certificate is in the metadata at `sp_metadata_url`; while it is being renewed the metadata has both.",
      ],
    },
    {
      title: "If the provider encrypts",
      text: [
        "Switch on `assertion_encrypted` and use the encryption certificate of our metadata, with AES-256 (GCM if there is a choice) and RSA-OAEP. RSA 1.5 and Triple DES are refused. Encrypt the whole assertion, not the name id by itself.",
      ],
    },
    {
      title: "Single logout",
      text: [
        "Switch on `idp_slo_required` and give the provider `sp_slo_url`. Most providers accept signed logout messages only.",
      ],
    },
    ...samlNotes,
  ],
};

export const genericSaml: ProviderGuides = {
  slug: "generic-saml",
  provider: "CUSTOM",
  title: "Any SAML 2.0 provider",
  about: [
    "For providers without a page of their own: Keycloak, SimpleSAMLphp, CyberArk, Duo, miniOrange, Rippling, VMware and others.",
    "The connection is of the provider `CUSTOM`.",
  ],
  guides: [saml],
};
