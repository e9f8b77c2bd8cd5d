/** Okta, Workforce Identity: a SAML 2.0 app integration, or an OIDC web application. */
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

const saml: Guide = {
  id: "okta-saml",
  title: "Okta with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Create the app integration",
      text: [
        "In the Okta Admin Console open **Applications** > **Applications** and select **Create App Integration**.",
        "Choose **SAML 2.0** and select **Next**. Give the app the name that your users know, then select **Next**.",
      ],
    },
    {
      title: "Enter the values of Gatehouse",
      text: [
        "On **Configure SAML** fill in the two addresses and leave **Use this for Recipient URL and Destination URL** ticked.",
        "Set **Name ID format** to **EmailAddress** and **Application username** to **Email**.",
      ],
      copy: [
        { to: "provider", value: "sp_assertion_url", label: "Single sign-on URL" },
        { to: "provider", value: "sp_entity_id", label: "Audience URI (SP Entity ID)" },
      ],
    },
    {
      title: "Add the attributes",
      text: [
        "Under **Attribute Statements** add a line for each attribute of the table below, with **Name format** left on **Unspecified**. Newer consoles offer the same on the **Sign On** tab once the app exists, and call the value an expression.",
        "For groups add a line under **Group Attribute Statements**: name `groups`, filter **Matches regex**, value `.*`. A narrower expression keeps long lists of groups out of the response.",
        "Select **Next**, tell Okta that it is an internal app, and select **Finish**.",
      ],
    },
    {
      title: "Copy the metadata address to Gatehouse",
      text: [
        "Open the **Sign On** tab and copy the **Metadata URL**. The other values stand under **More details**, and on the page that **View SAML setup instructions** opens.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "Metadata URL" },
        { to: "gatehouse", field: "idp_entity_id", label: "Issuer", note: withoutMetadata },
        { to: "gatehouse", field: "idp_sso_url", label: "Sign on URL", note: withoutMetadata },
        { to: "gatehouse", field: "idp_certificate", label: "Signing Certificate", note: withoutMetadata },
      ],
    },
    {
      title: "Assign people",
      text: [
        "On the **Assignments** tab select **Assign** and add the people or groups who may sign in. Okta turns everybody else away.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "user.email" },
    { ours: "givenName", name: "firstName", source: "user.firstName" },
    { ours: "familyName", name: "lastName", source: "user.lastName" },
    { ours: "groups", name: "groups", source: "Group attribute statement, Matches regex `.*`" },
  ],
  mistakes: [
    {
      mistake: "The user is not assigned to the app.",
      shows: { provider: "Okta says that the user is not assigned to this application." },
      fix: "Assign the person or one of their groups on the **Assignments** tab.",
    },
    {
      mistake:
        "The values of another connection, or of a test environment, were entered in **Configure SAML**.",
      shows: { code: "invalid_saml_response", reason: "audience_mismatch" },
      fix: "Compare **Audience URI (SP Entity ID)** with `sp_entity_id` of this connection, letter by letter.",
    },
    {
      mistake: "**Recipient URL** or **Destination URL** was given a value of its own.",
      shows: { code: "invalid_acs_url", reason: "recipient_mismatch" },
      fix: "Tick **Use this for Recipient URL and Destination URL** again.",
    },
    {
      mistake: "**Assertion Signature** was set to **Unsigned** in the advanced settings.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Set both **Response** and **Assertion Signature** to **Signed**, as a new app has them.",
    },
    {
      mistake: "No attribute statement for the address, and an **Application username** that is no address.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Add the statement `email` with the value `user.email`.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewing the certificate",
      text: [
        "Okta makes certificates that live for ten years. To replace one, select **Generate new certificate** under **SAML Signing Certificates** on the **Sign On** tab; it is inactive at first.",
        "With manual values add the new certificate to `idp_certificate` before you choose **Activate** in its **Actions** menu; Gatehouse accepts both until you remove the old one. With the metadata address Gatehouse picks the change up by itself, at its next refresh.",
      ],
    },
    {
      title: "Signed requests, encryption and sign-out",
      text: [
        "All three are under **Show Advanced Settings** of **SAML Settings** and use the certificate in the metadata at `sp_metadata_url`.",
        "For signed requests switch on `want_request_signed`, upload the certificate as **Signature Certificate** and tick **Validate SAML requests with signature certificates** (**Signed Requests**).",
        "For encryption switch on `assertion_encrypted`, set **Assertion Encryption** to **Encrypted**, choose an **AES256** algorithm with **RSA-OAEP**, and upload the certificate as **Encryption Certificate**.",
        "For single logout tick **Enable Single Logout**, enter `sp_slo_url` as **Single Logout URL** and `sp_entity_id` as **SP Issuer**. Okta accepts only signed logout requests.",
      ],
    },
    ...samlNotes,
  ],
};

const oidc: Guide = {
  id: "okta-oidc",
  title: "Okta with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Create the web application",
      text: [
        "In the Okta Admin Console open **Applications** > **Applications**, select **Create App Integration**, then **OIDC - OpenID Connect** and **Web Application**.",
        "Leave **Authorization Code** as the only grant type that acts for a user, and enter the addresses of Gatehouse.",
      ],
      copy: [
        { to: "provider", value: "redirect_uri", label: "Sign-in redirect URIs" },
        {
          to: "provider",
          value: "post_logout_redirect_uri",
          label: "Sign-out redirect URIs",
          note: "Only if signing out of the app is to end the Okta session too.",
        },
      ],
    },
    {
      title: "Choose who may sign in",
      text: [
        "Under **Assignments** choose **Limit access to selected groups**, or everyone in the organization, and select **Save**.",
      ],
    },
    {
      title: "Copy the credentials to Gatehouse",
      text: [
        "The **General** tab shows **Client ID** and, under **CLIENT SECRETS**, the secret.",
        "The issuer is the address of your Okta organization without a path, such as `https://acme.okta.com`. It is not the address of the Admin Console, which has `-admin` in it.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "Address of the Okta organization" },
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
    {
      ours: "groups",
      name: "groups",
      source: "A groups claim of a custom authorization server, always in the ID token, for any scope",
      note: "The organization's own issuer sends groups only for a scope that a connection does not ask for. With a custom authorization server its issuer goes into the connection, such as `https://acme.okta.com/oauth2/default`.",
    },
  ],
  mistakes: [
    {
      mistake: "The redirect URI was typed, not copied, and differs in a letter or a slash.",
      shows: { provider: "Okta answers 400 Bad Request and names redirect_uri." },
      fix: "Copy `redirect_uri` from the connection into **Sign-in redirect URIs**.",
    },
    {
      mistake: "The secret was rotated at Okta, and the connection still has the former one.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Generate a secret under **CLIENT SECRETS**, copy it to the connection, then deactivate the old one.",
    },
    {
      mistake: "The issuer names another authorization server of the same Okta organization.",
      shows: { code: "invalid_id_token" },
      fix: "Copy the **Issuer URI** of the server that you mean from **Security** > **API**, or use the organization's address alone.",
    },
    {
      mistake: "The user has no access to the web application.",
      shows: { code: "access_denied" },
      fix: "Assign the person to the application, and check the sign-on policy of Okta that applies to it.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Renewing the secret",
      text: [
        "Okta keeps two secrets at a time. Add the second one, copy it to the connection, test, and only then deactivate and delete the first.",
      ],
    },
    {
      title: "Signing keys",
      text: [
        "Okta changes the keys of its ID tokens about every three months. Gatehouse reads them from the discovery document as needed, so there is nothing to do.",
      ],
    },
  ],
};

export const okta: ProviderGuides = {
  slug: "okta",
  provider: "OKTA",
  title: "Okta",
  about: [
    "You need an Okta administrator who may create app integrations. Everything happens in the Admin Console (`https://<organization>-admin.okta.com`).",
    "Choose SAML if you want groups, encryption or tiles that start at Okta; OpenID Connect is the shorter way.",
    "Labels are those of the Identity Engine console; classic organizations show some of them in another place.",
  ],
  guides: [saml, oidc],
};
