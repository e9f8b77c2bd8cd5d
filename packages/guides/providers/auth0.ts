/** Auth0 as the identity provider: the SAML2 Web App add-on, or a regular web application. */
import {
  oidcMistakes,
  openOidcConnection,
  openSamlConnection,
  samlMistakes,
  samlNotes,
  testAndEnable,
  withoutMetadata,
} from "../common.ts";
import type { Guide, ProviderGuides } from "../guide.ts";

const addonSettings = `{
  "audience": "{sp_entity_id}",
  "recipient": "{sp_assertion_url}",
  "destination": "{sp_assertion_url}",
  "signatureAlgorithm": "rsa-sha256",
  "digestAlgorithm": "sha256",
  "nameIdentifierFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  "nameIdentifierProbes": [
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
  ],
  "mappings": {
    "email": "email",
    "given_name": "firstName",
    "family_name": "lastName"
  }
}`;

const saml: Guide = {
  id: "auth0-saml",
  title: "Auth0 with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Create the application",
      text: [
        "In the Auth0 Dashboard open **Applications** > **Applications**, select **Create Application**, choose **Regular Web Applications** and **Create**.",
        "Open its **Addons** tab and switch **SAML2 Web App** on.",
      ],
    },
    {
      title: "Fill in the add-on",
      text: [
        "On the **Settings** tab of the add-on paste our address, and replace the content of **Settings** by the lines below. Select **Enable** at the end of the page.",
        "The lines matter: without them Auth0 signs with SHA-1, which Gatehouse refuses.",
      ],
      copy: [
        { to: "provider", value: "sp_assertion_url", label: "Application Callback URL" },
        { to: "provider", value: "sp_entity_id", label: "audience", note: "In the lines below." },
      ],
      code: { language: "json", text: addonSettings },
    },
    {
      title: "Copy the metadata of the add-on",
      text: [
        "On the **Usage** tab of the add-on copy the address behind **Identity Provider Metadata: Download**. It reads `https://<tenant domain>/samlp/metadata/<client id>`.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "Identity Provider Metadata" },
        { to: "gatehouse", field: "idp_entity_id", label: "Issuer", note: withoutMetadata },
        {
          to: "gatehouse",
          field: "idp_sso_url",
          label: "Identity Provider Login URL",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "Identity Provider Certificate",
          note: withoutMetadata,
        },
      ],
    },
    {
      title: "Choose the user stores",
      text: [
        "On the **Connections** tab of the application leave on only those stores whose users belong to the organization. A database that anybody can sign up to does not belong here.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "email" },
    { ours: "givenName", name: "firstName", source: "given_name" },
    { ours: "familyName", name: "lastName", source: "family_name" },
    {
      ours: "groups",
      name: "groups",
      source: "api.samlResponse.setAttribute in a post-login Action",
      note: "Auth0 has roles and no groups of its own, so an Action must say what to send.",
    },
  ],
  mistakes: [
    {
      mistake: "The settings of the add-on were left as they come, which means SHA-1.",
      shows: { code: "signature_validation_failed", reason: "weak_algorithm" },
      fix: "Set `signatureAlgorithm` to `rsa-sha256` and `digestAlgorithm` to `sha256`.",
    },
    {
      mistake: "`signResponse` is `true`: then Auth0 signs the response, and the assertion no more.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Remove the line, or set `saml_signing_option` to `SAML_ONLY_RESPONSE_SIGNING`.",
    },
    {
      mistake: "`audience` in the settings is that of another connection.",
      shows: { code: "invalid_saml_response", reason: "audience_mismatch" },
      fix: "Copy `sp_entity_id` of this connection into `audience`.",
    },
    {
      mistake: "The tenant has a custom domain now, and the metadata came from the old one.",
      shows: { code: "invalid_saml_response", reason: "issuer_mismatch" },
      fix: "Import the metadata from the domain that users see.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewing Auth0's key",
      text: [
        "The signing key belongs to the tenant. **Settings** > **Signing Keys** lists the key in use and the next one in the queue; rotating makes the next one current at once, for all applications of the tenant.",
        "So add the certificate of the next key to `idp_certificate` before you rotate, and revoke the previous key only when sign-ins go through.",
      ],
    },
    {
      title: "Logout, signed requests, encryption",
      text: [
        'For single logout add `"logout": { "callback": "<sp_slo_url>", "slo_enabled": true }` to the settings of the add-on.',
        'Auth0 verifies requests when the settings hold our certificate as `"signingCert"`; then switch on `want_request_signed`. Encryption of assertions needs an Action, and is best left off.',
      ],
    },
    ...samlNotes,
  ],
};

const oidc: Guide = {
  id: "auth0-oidc",
  title: "Auth0 with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Create a regular web application",
      text: [
        "In the dashboard open **Applications** > **Applications**, select **Create Application**, name it and choose **Regular Web Applications**.",
      ],
    },
    {
      title: "Enter the URIs",
      text: ["On the **Settings** tab paste our addresses and select **Save** (**Save Changes**)."],
      copy: [
        { to: "provider", value: "redirect_uri", label: "Allowed Callback URLs" },
        {
          to: "provider",
          value: "post_logout_redirect_uri",
          label: "Allowed Logout URLs",
          note: "Only if signing out is to end the Auth0 session too.",
        },
        {
          to: "provider",
          value: "backchannel_logout_redirect_uri",
          label: "OpenID Connect Back-Channel Logout > Back-Channel Logout URI",
          note: "In plans that have it.",
        },
      ],
    },
    {
      title: "Copy domain, id and secret",
      text: [
        "The **Settings** tab shows all three under **Basic Information**. The issuer is `https://`, the domain, and a slash at the end, such as `https://acme.eu.auth0.com/`.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "Domain, as an address" },
        { to: "gatehouse", field: "client_id", label: "Client ID" },
        { to: "gatehouse", field: "client_secret", label: "Client Secret" },
      ],
    },
    {
      title: "Check algorithm and user stores",
      text: [
        "Under **Advanced Settings** > **OAuth** the **JSON Web Token (JWT) Signature Algorithm** must be **RS256**. On the **Credentials** tab keep **Client Secret (Post)**.",
        "On the **Connections** tab switch off every store whose users are not of the organization.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Sent by itself" },
    { ours: "givenName", name: "given_name", source: "Sent by itself" },
    { ours: "familyName", name: "family_name", source: "Sent by itself" },
    {
      ours: "groups",
      name: "groups",
      source: "api.idToken.setCustomClaim in a post-login Action",
      note: "Where Auth0 insists on a namespace, map `groups` to that long name in the connection.",
    },
  ],
  mistakes: [
    {
      mistake: "The application signs ID tokens with **HS256**.",
      shows: { code: "invalid_id_token" },
      fix: "Choose **RS256** under **Advanced Settings** > **OAuth**. With HS256 everybody who knows the secret could make tokens.",
    },
    {
      mistake: "The user signed up at Auth0 and has not confirmed the address.",
      shows: { code: "unauthorized" },
      fix: "Confirm the address: Auth0 sends `email_verified` as false until then, and Gatehouse heeds it.",
    },
    {
      mistake: "**Client Secret (Basic)** was chosen under **Credentials**.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Choose **Client Secret (Post)**, or set `token_auth_type` to `BASIC_AUTH`.",
    },
    {
      mistake: "The callback is not in the list.",
      shows: { provider: "Auth0 shows Callback URL mismatch." },
      fix: "Copy `redirect_uri` into **Allowed Callback URLs**.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Rotating the secret",
      text: [
        "**Rotate secret** in the **Danger Zone** of the **Settings** tab ends the former secret at once; copy the new one to the connection right away.",
      ],
    },
  ],
};

export const auth0: ProviderGuides = {
  slug: "auth0",
  provider: "AUTH0",
  title: "Auth0",
  about: [
    "You need an administrator of the tenant that holds the organization's users, in the Auth0 Dashboard (`https://manage.auth0.com`).",
    "OpenID Connect is what Auth0 is made for; take SAML if a rule of yours asks for it.",
  ],
  guides: [oidc, saml],
};
