/** Microsoft Entra ID, formerly Azure Active Directory: an enterprise application, or an app registration. */
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

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

const saml: Guide = {
  id: "entra-id-saml",
  title: "Entra ID with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Create the enterprise application",
      text: [
        "In the Microsoft Entra admin center open **Enterprise applications** and select **New application**, then **Create your own application**.",
        "Name it, choose **Integrate any other application you don't find in the gallery (Non-gallery)** and select **Create**.",
      ],
    },
    {
      title: "Enter the addresses of Gatehouse",
      text: [
        "In the new application open **Single sign-on** and choose **SAML**. Edit **Basic SAML Configuration**.",
        "Mark our entity id as the default if Entra shows another one next to it, and leave **Sign on URL** and **Relay State** empty.",
      ],
      copy: [
        { to: "provider", value: "sp_entity_id", label: "Identifier (Entity ID)" },
        { to: "provider", value: "sp_assertion_url", label: "Reply URL (Assertion Consumer Service URL)" },
        {
          to: "provider",
          value: "sp_slo_url",
          label: "Logout Url (Optional)",
          note: "Only for single logout.",
        },
      ],
    },
    {
      title: "Check the claims",
      text: [
        "**Attributes & Claims** has the address and both names from the start, under the long names of the table below. Gatehouse knows these names, so nothing has to be changed.",
        "For groups select **Add a group claim** and choose **Groups assigned to the application**, with the source attribute **Group ID**, or the display name of cloud-only groups.",
      ],
    },
    {
      title: "Copy the metadata address",
      text: [
        "Under **SAML Certificates** copy **App Federation Metadata Url**. The application's own address matters: the one of the whole tenant names another certificate.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "App Federation Metadata Url" },
        {
          to: "gatehouse",
          field: "idp_entity_id",
          label: "Microsoft Entra Identifier",
          note: withoutMetadata,
        },
        { to: "gatehouse", field: "idp_sso_url", label: "Login URL", note: withoutMetadata },
        { to: "gatehouse", field: "idp_certificate", label: "Certificate (Base64)", note: withoutMetadata },
        { to: "gatehouse", field: "idp_slo_url", label: "Logout URL", note: "Only for single logout." },
      ],
    },
    {
      title: "Assign users and groups",
      text: [
        "Under **Users and groups** select **Add user/group**. As long as **Assignment required?** in **Properties** is **Yes**, nobody else gets in. Groups inside groups do not count.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: `${CLAIMS}/emailaddress`, source: "user.mail" },
    { ours: "givenName", name: `${CLAIMS}/givenname`, source: "user.givenname" },
    { ours: "familyName", name: `${CLAIMS}/surname`, source: "user.surname" },
    {
      ours: "groups",
      name: "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
      source: "Group claim",
      note: "Object ids, unless you choose another source attribute.",
    },
  ],
  mistakes: [
    {
      mistake: "The reply address was typed and differs from ours.",
      shows: { provider: "Entra shows AADSTS50011, with the reply URL that it was asked for." },
      fix: "Copy `sp_assertion_url` into **Reply URL (Assertion Consumer Service URL)**.",
    },
    {
      mistake: "The identifier is not the one of this connection.",
      shows: { provider: "Entra shows AADSTS700016, application not found in the directory." },
      fix: "Copy `sp_entity_id` into **Identifier (Entity ID)**.",
    },
    {
      mistake: "Nobody assigned the user to the enterprise application.",
      shows: { provider: "Entra shows AADSTS50105." },
      fix: "Add the user, or a group that has the user as a direct member, under **Users and groups**.",
    },
    {
      mistake: "**Signing Option** is **Sign SAML response** alone.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Choose **Sign SAML assertion** or **Sign SAML response and assertion**, or change `saml_signing_option` of the connection.",
    },
    {
      mistake:
        "The user has no mail property, so the user principal name stands in, often of another domain.",
      shows: { code: "invalid_user_domain" },
      fix: "Fill in the user's **Email**, or change the source of the claim `emailaddress` to `user.userprincipalname` where those are real addresses.",
    },
    {
      mistake: "The metadata address of the tenant was used instead of the application's.",
      shows: { code: "signature_validation_failed", reason: "signature_mismatch" },
      fix: "Use **App Federation Metadata Url**, which ends in `appid=` and the application's id.",
    },
    ...samlMistakes.filter(({ shows }) => !("code" in shows && shows.reason === "signature_mismatch")),
  ],
  notes: [
    {
      title: "Renewing the certificate",
      text: [
        "Entra's certificate of an application lives for three years, and the addresses under **Notification Email Addresses** are told before it ends.",
        "Make the next one under **SAML Certificates** > **Edit** > **New Certificate** and **Save**; it stays inactive. Add it to `idp_certificate` of the connection, then choose **Make certificate active**. While a connection has both, sign-ins go on without a gap.",
      ],
    },
    {
      title: "Signed requests",
      text: [
        "Switch on `want_request_signed`, then edit **Verification certificates (optional)**, upload the signing certificate of `sp_metadata_url` and tick **Require verification certificates**.",
      ],
    },
    {
      title: "Encrypted assertions",
      text: [
        "Switch on `assertion_encrypted`, open **Token encryption** of the application, import the encryption certificate of `sp_metadata_url` and choose **Activate token encryption certificate** for it.",
      ],
    },
    {
      title: "Many groups",
      text: [
        "Entra leaves the list out of the assertion for users in more than 150 groups and sends a link instead, which Gatehouse does not follow. **Groups assigned to the application** keeps the list short.",
      ],
    },
    ...samlNotes,
  ],
};

const oidc: Guide = {
  id: "entra-id-oidc",
  title: "Entra ID with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Register the application",
      text: [
        "In the Microsoft Entra admin center open **App registrations** and select **New registration**.",
        "Name it, choose **Accounts in this organizational directory only**, set the platform under **Redirect URI** to **Web**, and select **Register**.",
      ],
      copy: [
        { to: "provider", value: "redirect_uri", label: "Redirect URI, platform Web" },
        {
          to: "provider",
          value: "post_logout_redirect_uri",
          label: "Redirect URIs, under Authentication",
          note: "Only if signing out is to end the Microsoft session too; Entra takes it as one more redirect URI.",
        },
      ],
    },
    {
      title: "Make a client secret",
      text: [
        "Open **Certificates & secrets**, select **New client secret**, choose when it expires and select **Add**. Copy the **Value** at once: it is shown only now. The **Secret ID** beside it is of no use here.",
      ],
      copy: [{ to: "gatehouse", field: "client_secret", label: "Value of the client secret" }],
    },
    {
      title: "Copy the ids",
      text: [
        "**Overview** shows both ids. The issuer is `https://login.microsoftonline.com/<tenant>/v2.0`, with your **Directory (tenant) ID** in place of `<tenant>`.",
      ],
      copy: [
        { to: "gatehouse", field: "client_id", label: "Application (client) ID" },
        { to: "gatehouse", field: "issuer", label: "Directory (tenant) ID, inside the address above" },
      ],
    },
    {
      title: "Add the claims",
      text: [
        "Open **Token configuration**, select **Add optional claim**, token type **ID**, and tick `email`, `given_name` and `family_name`. Accept the Microsoft Graph permissions that Entra proposes.",
        "For groups select **Add groups claim** and choose **Groups assigned to the application**.",
      ],
    },
    {
      title: "Restrict who may sign in",
      text: [
        "A registration lets everybody of the directory in. To narrow it, open the application of the same name under **Enterprise applications**, set **Assignment required?** in **Properties** to **Yes**, and assign people.",
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Optional claim email" },
    { ours: "givenName", name: "given_name", source: "Optional claim given_name" },
    { ours: "familyName", name: "family_name", source: "Optional claim family_name" },
    { ours: "groups", name: "groups", source: "Groups claim", note: "Object ids of the groups." },
  ],
  mistakes: [
    {
      mistake: "**Secret ID** was copied in place of **Value**, or the secret has expired.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Make a new client secret and copy its **Value** to the connection.",
    },
    {
      mistake: "The issuer has `common` or `organizations` where the tenant belongs.",
      shows: { code: "invalid_id_token" },
      fix: "Put your **Directory (tenant) ID** into the address. The issuer of a token always names its tenant.",
    },
    {
      mistake: "The redirect URI was registered for the platform **Single-page application**.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Remove it there and add it under **Authentication** for the platform **Web**.",
    },
    {
      mistake: "The claim `email` was not added, or the user's mail property is empty.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Add the optional claim to the ID token and fill in **Email** of the user.",
    },
    {
      mistake: "The registered redirect URI differs from ours.",
      shows: { provider: "Entra shows AADSTS50011 before the user can sign in." },
      fix: "Copy `redirect_uri` of the connection into the registration.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Renewing the secret",
      text: [
        "A client secret of Entra lives for two years at most, and Entra does not remind you. Note the date. Secrets may overlap: add the next one, copy it to the connection, test, then delete the old one.",
      ],
    },
    {
      title: "Sign-out from Microsoft",
      text: [
        "Entra notifies applications of a sign-out in the browser only, and has no back-channel logout. Sessions in Gatehouse therefore end by their own lifetime, or when the user is removed.",
      ],
    },
  ],
};

export const entraId: ProviderGuides = {
  slug: "entra-id",
  provider: "MICROSOFT_AD",
  title: "Microsoft Entra ID",
  about: [
    "You need the role **Cloud Application Administrator** or **Application Administrator**, in the Microsoft Entra admin center (`https://entra.microsoft.com`). The same pages are in the Azure portal under Microsoft Entra ID.",
    "Choose SAML for encryption and for tiles of My Apps; OpenID Connect has no certificate to renew, but a secret.",
    "In newer consoles the lists stand under **Entra ID** > **Enterprise apps** and **Entra ID** > **App registrations**.",
  ],
  guides: [saml, oidc],
};
