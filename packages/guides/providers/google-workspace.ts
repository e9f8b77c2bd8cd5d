/** Google Workspace and Cloud Identity: a custom SAML app, or an OAuth client that only the own organization may use. */
import {
  oidcMistakes,
  openOidcConnection,
  openSamlConnection,
  samlMistakes,
  samlNotes,
  testAndEnable,
} from "../common.ts";
import type { Guide, ProviderGuides } from "../guide.ts";

const saml: Guide = {
  id: "google-workspace-saml",
  title: "Google Workspace with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Create the custom SAML app",
      text: [
        "In the Google Admin console open **Apps** > **Web and mobile apps** and select **Add app** > **Add custom SAML app**.",
        "Enter a name that your users know and select **Continue**.",
      ],
    },
    {
      title: "Take Google's metadata over",
      text: [
        "On **Google Identity Provider details** select **Download metadata** and import the file in Gatehouse. Google offers no address that metadata could be read from.",
        "The same page shows the three values one by one, if you prefer to copy them.",
      ],
      copy: [
        { to: "gatehouse", field: "xml", label: "Download metadata" },
        { to: "gatehouse", field: "idp_sso_url", label: "SSO URL", note: "Only without the file." },
        { to: "gatehouse", field: "idp_entity_id", label: "Entity ID", note: "Only without the file." },
        { to: "gatehouse", field: "idp_certificate", label: "Certificate", note: "Only without the file." },
      ],
    },
    {
      title: "Enter the values for Google",
      text: [
        "On **Service provider details** paste the two addresses and leave **Start URL** empty. Leave **Signed response** unticked too: Google then signs the assertion, which is what Gatehouse asks for.",
        "Set **Name ID format** to **EMAIL** and **Name ID** to **Basic Information > Primary email**.",
      ],
      copy: [
        { to: "provider", value: "sp_assertion_url", label: "ACS URL" },
        { to: "provider", value: "sp_entity_id", label: "Entity ID" },
      ],
    },
    {
      title: "Map the attributes",
      text: [
        "On **Attribute mapping** select **Add mapping** for each line of the table below and type the name of the app attribute exactly so.",
        "For groups choose up to 75 of them under **Group membership (optional)** and type `groups` as the app attribute. Only the chosen groups are ever sent. Select **Finish**.",
      ],
    },
    {
      title: "Switch the app on",
      text: [
        "A new app is off. Select **User access**, choose **ON for everyone** or switch it on for single organizational units or groups, and select **Save**. It can take some minutes, in large organizations up to a day, until the change has reached everybody.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Basic Information > Primary email" },
    { ours: "givenName", name: "firstName", source: "Basic Information > First name" },
    { ours: "familyName", name: "lastName", source: "Basic Information > Last name" },
    { ours: "groups", name: "groups", source: "Group membership, chosen groups" },
  ],
  mistakes: [
    {
      mistake: "The app is off for the user's organizational unit.",
      shows: { provider: "Google shows 403, app_not_enabled_for_user." },
      fix: "Switch **User access** on for the unit or group, and wait for the change to spread.",
    },
    {
      mistake: "The entity id at Google is not the one that Gatehouse asks with.",
      shows: { provider: "Google shows 403, app_not_configured_for_user or app_not_configured." },
      fix: "Copy `sp_entity_id` into **Entity ID** of **Service provider details**; Google compares every letter.",
    },
    {
      mistake: "The ACS URL belongs to another connection.",
      shows: { code: "invalid_acs_url", reason: "destination_mismatch" },
      fix: "Copy `sp_assertion_url` into **ACS URL**.",
    },
    {
      mistake: "**Signed response** is ticked, so that Google signs the response in place of the assertion.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Untick it under **Service provider details**, or set `saml_signing_option` of the connection to `SAML_ONLY_RESPONSE_SIGNING`.",
    },
    {
      mistake:
        "Google's current certificate is not in the connection, because somebody chose another for this app.",
      shows: { code: "signature_validation_failed", reason: "signature_mismatch" },
      fix: "Download the metadata again and import it.",
    },
    ...samlMistakes.filter(({ shows }) => !("code" in shows && shows.reason === "signature_mismatch")),
  ],
  notes: [
    {
      title: "Renewing the certificate",
      text: [
        "Google's certificates live for five years and belong to the whole account. Under **Security** > **Authentication** > **SSO with SAML applications** an account can have two of them.",
        "Add the second certificate there, import the new metadata in Gatehouse or add the certificate to `idp_certificate`, then choose it under **Service provider details** > **Manage certificates** of the app. Delete the old one when every app has moved. Gatehouse cannot fetch Google's metadata, so somebody must act in time; its warnings come 30, 7 and 1 days before the end.",
      ],
    },
    {
      title: "What Google does not do",
      text: [
        "Google Workspace as an identity provider verifies no signed requests, encrypts no assertions and has no single logout. Leave `want_request_signed`, `assertion_encrypted` and `idp_slo_required` off.",
      ],
    },
    ...samlNotes,
  ],
};

const oidc: Guide = {
  id: "google-workspace-oidc",
  title: "Google Workspace with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Restrict the app to your organization",
      text: [
        "In the Google Cloud console choose a project that belongs to your Workspace organization and open **Google Auth Platform**. Under **Audience** set the user type to **Internal**; else every Google account could try to sign in.",
      ],
    },
    {
      title: "Create the OAuth client",
      text: [
        "Under **Clients** select **Create client**, choose the application type **Web application** and add our address.",
      ],
      copy: [{ to: "provider", value: "redirect_uri", label: "Authorized redirect URIs" }],
    },
    {
      title: "Copy the client to Gatehouse",
      text: [
        "Google shows id and secret once the client exists. The secret can be read only now. The issuer is `https://accounts.google.com` for everybody.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "https://accounts.google.com" },
        { to: "gatehouse", field: "client_id", label: "Client ID" },
        { to: "gatehouse", field: "client_secret", label: "Client secret" },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Sent by itself" },
    { ours: "givenName", name: "given_name", source: "Sent by itself" },
    { ours: "familyName", name: "family_name", source: "Sent by itself" },
  ],
  mistakes: [
    {
      mistake: "The redirect URI is missing in the OAuth client, or differs.",
      shows: { provider: "Google shows Error 400: redirect_uri_mismatch." },
      fix: "Copy `redirect_uri` into **Authorized redirect URIs** and wait some minutes.",
    },
    {
      mistake: "The user has an account outside your Workspace organization.",
      shows: { provider: "Google shows Error 403: org_internal." },
      fix: "Sign in with the work account. With the user type **External** Gatehouse would refuse foreign domains itself.",
    },
    {
      mistake: "The secret of the OAuth client was changed or disabled in the Cloud console.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Add a secret to the client, copy it to the connection, then disable the old one.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Groups and sign-out",
      text: [
        "Google's ID token holds no groups, and Google has neither back-channel logout nor a sign-out address for applications. Use SAML where groups are needed.",
      ],
    },
  ],
};

export const googleWorkspace: ProviderGuides = {
  slug: "google-workspace",
  provider: "GOOGLE",
  title: "Google Workspace",
  about: [
    "You need a super administrator of Google Workspace or Cloud Identity, in the Admin console (`https://admin.google.com`). OpenID Connect is set up in the Google Cloud console instead.",
    "SAML is the usual choice: it is managed where your users are, and can send groups.",
  ],
  guides: [saml, oidc],
};
