/** Ping Identity: applications of PingOne with SAML or OIDC, and an SP connection of PingFederate. */
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

const pingOneSaml: Guide = {
  id: "pingone-saml",
  title: "PingOne with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Add the application",
      text: [
        "In the PingOne admin console choose the environment and open **Applications** > **Applications**. Select the **+** beside the heading.",
        "Enter an **Application Name**, choose **SAML Application** and select **Configure**.",
      ],
    },
    {
      title: "Enter our entity id and address",
      text: ["Choose **Manually Enter**, paste the two values and select **Save**."],
      copy: [
        { to: "provider", value: "sp_assertion_url", label: "ACS URLs" },
        { to: "provider", value: "sp_entity_id", label: "Entity ID" },
      ],
    },
    {
      title: "Complete the configuration",
      text: [
        "On the **Configuration** tab select the pencil. Choose **Sign Assertion** or **Sign Assertion & Response**, leave the algorithm on **RSA_SHA256**, and set **Assertion Validity Duration** to `300` seconds.",
        "Set **Subject NameID Format** to the one that ends in `emailAddress`, and save.",
      ],
    },
    {
      title: "Map the PingOne attributes",
      text: [
        "On the **Attribute Mappings** tab change `saml_subject` from **User ID** to **Email Address**, select **Add** for each line of the table, and save.",
      ],
    },
    {
      title: "Grant access and switch on",
      text: [
        "On the **Access** tab choose the groups whose members may sign in; with none chosen everybody in the environment may. Then switch the application on with the toggle at its top.",
      ],
    },
    {
      title: "Copy the metadata of PingOne",
      text: [
        "The **Overview** and **Configuration** tabs list the connection details. **Download Metadata** gives them as a file.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "IDP Metadata URL" },
        { to: "gatehouse", field: "idp_entity_id", label: "Issuer ID", note: withoutMetadata },
        { to: "gatehouse", field: "idp_sso_url", label: "Single Signon Service", note: withoutMetadata },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "Download Signing Certificate, as X509 PEM (.crt)",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_slo_url",
          label: "Single Logout Service",
          note: "Only for single logout.",
        },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Email Address" },
    { ours: "givenName", name: "firstName", source: "Given Name" },
    { ours: "familyName", name: "lastName", source: "Family Name" },
    { ours: "groups", name: "groups", source: "Group Names" },
  ],
  mistakes: [
    {
      mistake: "The toggle of the application is off, as it is for every new one.",
      shows: { provider: "PingOne says that the application is disabled." },
      fix: "Switch the application on.",
    },
    {
      mistake: "Only `saml_subject` is mapped, and it holds the user's id.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Add the mapping `email` with **Email Address**.",
    },
    {
      mistake: "**Sign Response** was chosen alone.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Choose **Sign Assertion & Response**, which fits every setting of Gatehouse.",
    },
    {
      mistake: "**Entity ID** is not the one that Gatehouse asks with.",
      shows: { provider: "PingOne says that it knows no such application." },
      fix: "Copy `sp_entity_id` of this connection there. PingOne takes each entity id once an environment.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewing PingOne's certificate",
      text: [
        "The signing key of an environment lives for one year unless you make a longer one, and PingOne warns its administrators. Under **Settings** > **Certificates and Key Pairs** create the next key pair.",
        "Export its certificate and add it to `idp_certificate`, then choose the new key as **Signing Key** of the application. With the metadata address Gatehouse follows at its next refresh.",
      ],
    },
    {
      title: "Requests, encryption, logout",
      text: [
        "For signed requests switch on `want_request_signed`, tick **Enforce Signed AuthnRequest** and import the certificate of `sp_metadata_url` under **Verification Certificate**.",
        "For encryption tick **Enable Encryption**, choose **AES_256**, import the same certificate, and switch on `assertion_encrypted`.",
        "For single logout enter `sp_slo_url` as **SLO Endpoint** and **SLO Response Endpoint**, with **SLO Binding** set to **HTTP Redirect**.",
      ],
    },
    ...samlNotes,
  ],
};

const pingOneOidc: Guide = {
  id: "pingone-oidc",
  title: "PingOne with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Add the web application",
      text: [
        "Open **Applications** > **Applications** in the environment, select **+**, enter a name, choose **OIDC Web App** and select **Save**.",
      ],
    },
    {
      title: "Configure it",
      text: [
        "On the **Configuration** tab select the pencil. Keep **Response Type** **Code** and **Grant Type** **Authorization Code**, set **Token Endpoint Authentication Method** to **Client Secret Post**, and paste our addresses.",
      ],
      copy: [
        { to: "provider", value: "redirect_uri", label: "Redirect URIs" },
        {
          to: "provider",
          value: "post_logout_redirect_uri",
          label: "Signoff URLs",
          note: "Only if signing out is to end the PingOne session too.",
        },
      ],
    },
    {
      title: "Allow scopes and map claims",
      text: [
        "On the **Resources** tab allow the scopes `email` and `profile` beside `openid`.",
        "On the **Attribute Mappings** tab add the claims of the table. `sub` may stay **User ID**.",
      ],
    },
    {
      title: "Copy the values of PingOne",
      text: [
        "The **Configuration** tab shows **URLs**, **Client ID** and **Client Secret**. The issuer differs between regions, and ends in `/as`.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "Issuer ID, under URLs" },
        { to: "gatehouse", field: "client_id", label: "Client ID" },
        { to: "gatehouse", field: "client_secret", label: "Client Secret" },
      ],
    },
    {
      title: "Switch the web application on",
      text: ["Choose groups on the **Access** tab if not everybody may sign in, and switch the toggle on."],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Email Address" },
    { ours: "givenName", name: "given_name", source: "Given Name" },
    { ours: "familyName", name: "family_name", source: "Family Name" },
    { ours: "groups", name: "groups", source: "Group Names" },
  ],
  mistakes: [
    {
      mistake: "**Token Endpoint Authentication Method** was left on **Client Secret Basic**.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Choose **Client Secret Post**, or set `token_auth_type` to `BASIC_AUTH`.",
    },
    {
      mistake: "The scope `email` is not allowed, and no claim is mapped to the address.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Allow the scope on the **Resources** tab and map `email`.",
    },
    {
      mistake: "The address of the admin console, or of another region, was taken for the issuer.",
      shows: { code: "server_error" },
      fix: "Copy **Issuer ID** from the application itself.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "A new secret",
      text: [
        "PingOne can keep the previous client secret alive for up to 30 days when you make a new one; choose a day or two, and copy the new secret in that time.",
      ],
    },
  ],
};

const pingFederateSaml: Guide = {
  id: "pingfederate-saml",
  title: "PingFederate with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Create the SP connection",
      text: [
        "In the PingFederate administrative console open **Applications** > **Integration** > **SP Connections** and select **Create Connection**.",
        "Choose **Do not use a template**, **Browser SSO Profiles** with **SAML 2.0**, and on **Import Metadata** the **URL** or the file behind it. This fills in entity id, addresses and certificates.",
      ],
      copy: [
        { to: "provider", value: "sp_metadata_url", label: "Import Metadata > URL" },
        {
          to: "provider",
          value: "sp_entity_id",
          label: "Partner's Entity ID (Connection ID)",
          note: "Filled in by the metadata.",
        },
      ],
    },
    {
      title: "Build the assertion",
      text: [
        "Under **Browser SSO** tick **SP-Initiated SSO**, and **IdP-Initiated SSO** if tiles are wanted.",
        "Under **Assertion Creation** keep `SAML_SUBJECT` as an e-mail address, extend the **Attribute Contract** by the attributes of the table, map your authentication source, and fill every attribute under **Attribute Contract Fulfillment**.",
      ],
    },
    {
      title: "Set protocol and signature",
      text: [
        "Under **Protocol Settings** check that **Assertion Consumer Service URL** has our address with **POST**, allow **POST** and **Redirect** under **Allowable SAML Bindings**, and tick **Always Sign Assertion** under **Signature Policy**.",
        "Under **Credentials** choose the signing certificate and **RSA SHA256**, and tick **Include the certificate in the signature**. Activate the connection on **Activation & Summary** and save.",
      ],
      copy: [
        {
          to: "provider",
          value: "sp_assertion_url",
          label: "Assertion Consumer Service URL",
          note: "Filled in by the metadata.",
        },
        { to: "provider", value: "sp_slo_url", label: "SLO Service URLs", note: "Only for single logout." },
      ],
    },
    {
      title: "Hand PingFederate's metadata over",
      text: [
        "PingFederate serves metadata for one partner at `/pf/federation_metadata.ping?PartnerSpId=` followed by `sp_entity_id`, percent-encoded, on its runtime port. If Gatehouse cannot reach that, export a file under **System** > **Protocol Metadata** > **Metadata Export** and import it.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "Address of the federation metadata" },
        { to: "gatehouse", field: "xml", label: "Exported metadata file", note: "In place of the address." },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "mail of the data store" },
    { ours: "givenName", name: "firstName", source: "givenName" },
    { ours: "familyName", name: "lastName", source: "sn" },
    { ours: "groups", name: "groups", source: "memberOf, shortened to names by an expression" },
  ],
  mistakes: [
    {
      mistake: "**Always Sign Assertion** is not ticked, so that the response alone is signed.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Tick it under **Signature Policy**, or ask for a signed response in `saml_signing_option`.",
    },
    {
      mistake: "PingFederate encrypts the assertion, and `assertion_encrypted` of the connection is off.",
      shows: { code: "invalid_saml_response", reason: "decryption_key_missing" },
      fix: "Choose **None** under **Encryption Policy**, or switch `assertion_encrypted` on and import our metadata again.",
    },
    {
      mistake: "The SP connection was saved, but its status is inactive.",
      shows: { provider: "PingFederate shows an error page with a reference number." },
      fix: "Switch it on in the list of **SP Connections**, and search the server log for the number.",
    },
    {
      mistake: "The base URL of PingFederate was changed, and with it the issuer.",
      shows: { code: "invalid_saml_response", reason: "issuer_mismatch" },
      fix: "Compare **SAML 2.0 Entity ID** under **System** > **Server** > **Protocol Settings** > **Federation Info** with `idp_entity_id`.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewing PingFederate's certificate",
      text: [
        "Choose a second signing certificate under **Credentials** as well: PingFederate publishes both in its metadata, and changes over when certificate rotation is on, or when you make the second the first.",
        "With manual values add the second certificate to `idp_certificate` before the change.",
      ],
    },
    {
      title: "Single logout and signed requests",
      text: [
        "Tick **Require AuthN requests to be signed** under **Signature Policy** once `want_request_signed` is on. For single logout tick the SLO profiles under **SAML Profiles** and allow **Redirect** or **POST**.",
      ],
    },
    ...samlNotes,
  ],
};

export const ping: ProviderGuides = {
  slug: "ping",
  provider: "PING_IDENTITY",
  title: "Ping Identity",
  about: [
    "PingOne is the cloud service (`https://console.pingone.com`, or the address of your region); PingFederate is the server that a company runs itself. They have different consoles, so choose by what you have.",
    "You need an administrator of the PingOne environment, or an administrator of PingFederate. For OpenID Connect with PingFederate follow the guide for any provider.",
    "Labels are those of the unified PingOne console and of PingFederate 11 and 12; other versions differ in details.",
  ],
  guides: [pingOneSaml, pingOneOidc, pingFederateSaml],
};
