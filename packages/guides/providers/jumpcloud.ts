/** JumpCloud: a custom application with SAML, or with OIDC. */
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
  id: "jumpcloud-saml",
  title: "JumpCloud with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Create the custom application",
      text: [
        "In the JumpCloud Admin Portal open **SSO Applications** and select **+ Add New Application**. Choose **Custom Application** and **Next**.",
        "Tick **Manage Single Sign-On (SSO)** with **Configure SSO with SAML**, select **Next**, enter a **Display Label**, save, and select **Configure Application**.",
      ],
    },
    {
      title: "Fill in the SSO tab",
      text: [
        "**IdP Entity ID** is yours to choose; take something that no other application of your account has, such as `acme-jumpcloud-gatehouse`. JumpCloud writes it into every response as the issuer.",
        "Set **SAMLSubject NameID** to **email**, **SAMLSubject NameID Format** to the one that ends in `emailAddress`, **Signature Algorithm** to **RSA-SHA256**, and **Sign** to **Assertion**. Older consoles have a box **Sign Assertion** in place of **Sign**: tick it.",
        "Tick **Declare Redirect Endpoint**, so that the metadata names both ways to reach JumpCloud.",
      ],
      copy: [
        { to: "provider", value: "sp_entity_id", label: "SP Entity ID" },
        { to: "provider", value: "sp_assertion_url", label: "ACS URLs, Default URL" },
      ],
    },
    {
      title: "Map the attributes",
      text: [
        "Under **User Attribute Mapping** select **Add Attribute** for each line of the table: our name is the **Service Provider Attribute Name**, theirs the **JumpCloud Attribute Name**.",
        "For groups tick **Include group attribute** under **Group Attributes** and type `groups`. Select **Save**.",
      ],
    },
    {
      title: "Give the application to user groups",
      text: [
        "On the **User Groups** tab tick the groups whose members may sign in, and select **Save**. JumpCloud grants access to groups only, never to a single user.",
      ],
    },
    {
      title: "Copy the metadata",
      text: [
        "Back on the **SSO** tab select **Copy Metadata URL**. **Export Metadata** gives the same document as a file, to be imported in Gatehouse.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "Copy Metadata URL" },
        { to: "gatehouse", field: "idp_entity_id", label: "IdP Entity ID", note: withoutMetadata },
        { to: "gatehouse", field: "idp_sso_url", label: "IDP URL", note: withoutMetadata },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "IDP Certificate Valid > Download certificate",
          note: withoutMetadata,
        },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "email" },
    { ours: "givenName", name: "firstName", source: "firstname" },
    { ours: "familyName", name: "lastName", source: "lastname" },
    { ours: "groups", name: "groups", source: "Include group attribute" },
  ],
  mistakes: [
    {
      mistake: "None of the user's groups has the application.",
      shows: { provider: "JumpCloud says that the user has no access to this application." },
      fix: "Tick one of the user's groups on the **User Groups** tab.",
    },
    {
      mistake: "**Sign** is set to **Response** alone.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Set **Sign** to **Assertion**, or to both.",
    },
    {
      mistake: "**IdP Entity ID** was changed after the metadata had been copied.",
      shows: { code: "invalid_saml_response", reason: "issuer_mismatch" },
      fix: "Import the metadata again, or correct `idp_entity_id` of the connection.",
    },
    {
      mistake: "**SP Entity ID** differs from ours, often by a trailing slash.",
      shows: { code: "invalid_saml_response", reason: "audience_mismatch" },
      fix: "Copy `sp_entity_id` as it is.",
    },
    {
      mistake: "An application that is some years old still signs with SHA-1.",
      shows: { code: "signature_validation_failed", reason: "weak_algorithm" },
      fix: "Change **Signature Algorithm** to **RSA-SHA256**.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewing the certificate",
      text: [
        "JumpCloud makes a certificate for each application and warns before it ends; the **SSO** tab says until when it is valid. **Regenerate certificate** there replaces it at once, without a time in which both count.",
        "Download the new certificate right after and add it to `idp_certificate`, or have the metadata address read again, in a quiet hour: in between sign-ins fail.",
      ],
    },
    {
      title: "Encryption, signed requests, sign-out",
      text: [
        "JumpCloud takes our certificate of `sp_metadata_url` as **SP Certificate**. Upload it before you switch `want_request_signed` or `assertion_encrypted` on, and run the connection test afterwards.",
        "Custom applications of JumpCloud have no single logout: leave `idp_slo_required` off.",
      ],
    },
    ...samlNotes,
  ],
};

const oidc: Guide = {
  id: "jumpcloud-oidc",
  title: "JumpCloud with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Create the OIDC application",
      text: [
        "Open **SSO Applications** in the Admin Portal, select **+ Add New Application**, then **Custom Application** and **Next**.",
        "Tick **Manage Single Sign-On (SSO)** with **Configure SSO with OIDC**, go on, enter a **Display Label** and select **Configure Application**.",
      ],
    },
    {
      title: "Fill in the endpoint configuration",
      text: [
        "Set **Client Authentication Type** to **Client Secret POST**. With **Client Secret Basic** set `token_auth_type` of the connection to `BASIC_AUTH` as well.",
        "**Login URL** is the address of the app where your users begin; ask the app's owner if you do not know it.",
      ],
      copy: [{ to: "provider", value: "redirect_uri", label: "Redirect URIs" }],
    },
    {
      title: "Release the attributes",
      text: [
        "Under **Attribute Mapping** tick the standard scopes **Email** and **Profile**. For groups tick **include group attribute** and type `groups`.",
      ],
    },
    {
      title: "Activate, and copy the credentials",
      text: [
        "Select **Activate**. JumpCloud shows id and secret in a window, the secret this one time. The issuer is `https://oauth.id.jumpcloud.com/` for accounts in the standard region.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "https://oauth.id.jumpcloud.com/" },
        { to: "gatehouse", field: "client_id", label: "Client ID" },
        { to: "gatehouse", field: "client_secret", label: "Client Secret" },
      ],
    },
    {
      title: "Let user groups in",
      text: [
        "Tick the groups that may sign in on the **User Groups** tab of the OIDC application, and save.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Standard scope Email" },
    { ours: "givenName", name: "given_name", source: "Standard scope Profile" },
    { ours: "familyName", name: "family_name", source: "Standard scope Profile" },
    { ours: "groups", name: "groups", source: "Group attribute" },
  ],
  mistakes: [
    {
      mistake: "The client authentication at JumpCloud and in the connection differ.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Pair **Client Secret POST** with `URL_PARAMS`, and **Client Secret Basic** with `BASIC_AUTH`, in `token_auth_type`.",
    },
    {
      mistake: "The scope **Email** was not ticked.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Tick **Email** under **Attribute Mapping** and save.",
    },
    {
      mistake: "The user's groups do not have the OIDC application.",
      shows: { provider: "JumpCloud's own page refuses the user." },
      fix: "Give the application to a group of the user.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Renewing the secret",
      text: [
        "**Regenerate** on the **SSO** tab makes a new client secret, and the old one stops at once. Copy the new one to the connection in the same minute.",
      ],
    },
  ],
};

export const jumpcloud: ProviderGuides = {
  slug: "jumpcloud",
  provider: "JUMPCLOUD",
  title: "JumpCloud",
  about: [
    "You need a JumpCloud administrator with the right to manage SSO applications, in the Admin Portal (`https://console.jumpcloud.com`).",
    "Depending on the version of the portal, **SSO Applications** stands under **USER AUTHENTICATION** or under **Access**.",
  ],
  guides: [saml, oidc],
};
