/** OneLogin: the SAML Custom Connector (Advanced), or the OpenId Connect (OIDC) app. */
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
  id: "onelogin-saml",
  title: "OneLogin with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Add the connector",
      text: [
        "In the OneLogin administration open **Applications** > **Applications** and select **Add App**. Search for `SAML Custom Connector` and choose **SAML Custom Connector (Advanced)**.",
        "Enter a **Display Name** and select **Save**; only now the other tabs appear.",
      ],
    },
    {
      title: "Fill in the Configuration tab",
      text: [
        "**ACS (Consumer) URL Validator** is a regular expression: put `^` before our address and `$` behind it, and a backslash before each dot.",
        "Set **SAML initiator** to **Service Provider**, **SAML nameID format** to **Email**, and **SAML signature element** to **Assertion** or **Both**.",
      ],
      copy: [
        { to: "provider", value: "sp_entity_id", label: "Audience (EntityID)" },
        { to: "provider", value: "sp_assertion_url", label: "Recipient" },
        {
          to: "provider",
          value: "sp_assertion_url",
          label: "ACS (Consumer) URL Validator",
          note: "As a regular expression.",
        },
        { to: "provider", value: "sp_assertion_url", label: "ACS (Consumer) URL" },
        { to: "provider", value: "sp_slo_url", label: "Single Logout URL", note: "Only for single logout." },
      ],
    },
    {
      title: "Add the parameters",
      text: [
        "On the **Parameters** tab select **+** for each line of the table. Type our name as **Field name**, tick **Include in SAML assertion**, select **Save**, then choose the value.",
        "For groups choose **User Roles** or **MemberOf** and tick **Multi-value parameter**, so that each group becomes a value of its own.",
      ],
    },
    {
      title: "Choose SHA-256",
      text: [
        "On the **SSO** tab set **SAML Signature Algorithm** to **SHA-256** and select **Save**. OneLogin begins with SHA-1, which Gatehouse refuses.",
      ],
    },
    {
      title: "Copy OneLogin's values",
      text: [
        "**Issuer URL** on the **SSO** tab is both the entity id and the address of the metadata. **More Actions** > **SAML Metadata** gives the document as a file.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "Issuer URL" },
        { to: "gatehouse", field: "idp_entity_id", label: "Issuer URL", note: withoutMetadata },
        {
          to: "gatehouse",
          field: "idp_sso_url",
          label: "SAML 2.0 Endpoint (HTTP)",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "X.509 Certificate > View Details",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_slo_url",
          label: "SLO Endpoint (HTTP)",
          note: "Only for single logout.",
        },
      ],
    },
    {
      title: "Give users access",
      text: [
        "On the **Access** tab tick the roles whose members may sign in. Single users are added in their own record, under **Applications**.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Email" },
    { ours: "givenName", name: "firstName", source: "First Name" },
    { ours: "familyName", name: "lastName", source: "Last Name" },
    { ours: "groups", name: "groups", source: "User Roles or MemberOf, as a multi-value parameter" },
  ],
  mistakes: [
    {
      mistake: "**SAML Signature Algorithm** is still SHA-1.",
      shows: { code: "signature_validation_failed", reason: "weak_algorithm" },
      fix: "Set it to **SHA-256** on the **SSO** tab.",
    },
    {
      mistake:
        "The validator does not match our address, often because a dot or a question mark lacks its backslash.",
      shows: { provider: "OneLogin refuses the request and says that the ACS URL is not valid." },
      fix: "Write the expression as in the guide, and let it begin with `^` and end with `$`.",
    },
    {
      mistake: "**Recipient** was left empty or has another address.",
      shows: { code: "invalid_acs_url", reason: "recipient_mismatch" },
      fix: "Copy `sp_assertion_url` into **Recipient** and **ACS (Consumer) URL**.",
    },
    {
      mistake: "**Audience (EntityID)** was left empty.",
      shows: { code: "invalid_saml_response", reason: "audience_mismatch" },
      fix: "Copy `sp_entity_id` into it and save.",
    },
    {
      mistake: "A parameter exists, but **Include in SAML assertion** is not ticked.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Open the parameter `email` and tick the box.",
    },
    {
      mistake: "The user has no role that includes the app.",
      shows: { provider: "OneLogin says that you do not have access to this application." },
      fix: "Add the user to a role of the **Access** tab, or add the app to the user.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewing the certificate",
      text: [
        "OneLogin's standard certificate lives for five years and signs for every app that uses it. Make another one under **Security** > **Certificates**.",
        "Add its PEM to `idp_certificate` next to the old one, choose it on the **SSO** tab of the app with **Change**, and take the old one out when sign-ins go through.",
      ],
    },
    {
      title: "Signed requests and encryption",
      text: [
        "This connector verifies no signatures of sign-in requests, so `want_request_signed` changes nothing. For single logout tick **Sign SLO Request** and **Sign SLO Response**.",
        "For encryption switch on `assertion_encrypted`, tick **Encrypt assertion** on the **Configuration** tab, choose **AES-256-CBC** as the **SAML encryption method**, and paste the certificate of `sp_metadata_url` as the public key under **SAML Encryption**.",
      ],
    },
    ...samlNotes,
  ],
};

const oidc: Guide = {
  id: "onelogin-oidc",
  title: "OneLogin with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Add the OIDC app",
      text: [
        "Open **Applications** > **Applications**, select **Add App**, search for `OIDC` and choose **OpenId Connect (OIDC)**. Enter a **Display Name** and select **Save**.",
      ],
    },
    {
      title: "Enter our addresses",
      text: [
        "On the **Configuration** tab enter the redirect URI, one address a line. OneLogin can take ten minutes until it knows a new one.",
      ],
      copy: [
        { to: "provider", value: "redirect_uri", label: "Redirect URI's" },
        {
          to: "provider",
          value: "post_logout_redirect_uri",
          label: "Post Logout Redirect URIs",
          note: "Only if signing out is to end the OneLogin session too.",
        },
      ],
    },
    {
      title: "Copy OneLogin's credentials",
      text: [
        "On the **SSO** tab set **Application Type** to **Web** and **Token Endpoint** > **Authentication Method** to **POST**, and save. Then copy the three values.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "Issuer URL" },
        { to: "gatehouse", field: "client_id", label: "Client ID" },
        { to: "gatehouse", field: "client_secret", label: "Client Secret > Show client secret" },
      ],
    },
    {
      title: "Give roles access",
      text: ["Tick the roles that may use the OIDC app on its **Access** tab, and save."],
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
      mistake: "**Authentication Method** is **Basic**, and the connection sends the secret in the form.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Choose **POST**, or set `token_auth_type` of the connection to `BASIC_AUTH`.",
    },
    {
      mistake: "The issuer was typed without its path.",
      shows: { code: "server_error" },
      fix: "Copy **Issuer URL** whole. It ends in `/oidc/2`.",
    },
    {
      mistake: "The redirect URI is new, or has a typing error.",
      shows: { provider: "OneLogin shows redirect_uri did not match any client's registered redirect_uris." },
      fix: "Compare it with `redirect_uri`, then wait ten minutes.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Groups",
      text: [
        "OneLogin puts groups into an ID token only for the scope `groups`, which a connection does not ask for. Use SAML, or SCIM, where the app needs groups.",
      ],
    },
    {
      title: "A new client secret",
      text: [
        "**Regenerate client secret** on the **SSO** tab ends the old secret at once. Have the connection open beside it.",
      ],
    },
  ],
};

export const onelogin: ProviderGuides = {
  slug: "onelogin",
  provider: "ONELOGIN",
  title: "OneLogin",
  about: [
    "You need an account owner, a super user, or an administrator who may manage apps, in the administration of your OneLogin address (`https://<subdomain>.onelogin.com/admin2`).",
    "Take the connector named here: the older SAML test connectors lack some of the fields.",
  ],
  guides: [saml, oidc],
};
