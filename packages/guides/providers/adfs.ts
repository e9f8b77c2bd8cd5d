/** Active Directory Federation Services on Windows Server 2016 and later: a relying party trust. */
import { openSamlConnection, samlMistakes, samlNotes, testAndEnable, withoutMetadata } from "../common.ts";
import type { Guide, ProviderGuides } from "../guide.ts";

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

const saml: Guide = {
  id: "adfs-saml",
  title: "AD FS with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Add the relying party trust",
      text: [
        "On the AD FS server open **AD FS Management**, right-click **Relying Party Trusts** and select **Add Relying Party Trust**. Choose **Claims aware** and **Start**.",
        "Choose **Import data about the relying party published online or on a local network** and paste the address of our metadata. If the server cannot reach it, save the metadata in a file and choose **Import data about the relying party from a file**.",
        "Enter a **Display name**, choose an access control policy such as **Permit everyone** or **Permit specific group**, and finish.",
      ],
      copy: [
        {
          to: "provider",
          value: "sp_metadata_url",
          label: "Federation metadata address (host name or URL)",
        },
        {
          to: "provider",
          value: "sp_entity_id",
          label: "Relying party trust identifier",
          note: "Filled in by the metadata.",
        },
        {
          to: "provider",
          value: "sp_assertion_url",
          label: "Relying party SAML 2.0 SSO service URL",
          note: "Filled in by the metadata.",
        },
      ],
    },
    {
      title: "Send the attributes",
      text: [
        "Right-click the new trust, select **Edit Claim Issuance Policy** and **Add Rule**. Take the template **Send LDAP Attributes as Claims**, the store **Active Directory**, and the lines of the table below.",
        "Active Directory keeps addresses in the attribute **E-Mail-Addresses** (`mail`), which is empty for accounts without a mailbox.",
      ],
    },
    {
      title: "Send the address as the name id",
      text: [
        "Add a second rule behind the first: template **Transform an Incoming Claim**, incoming claim type **E-Mail Address**, outgoing claim type **Name ID**, outgoing name ID format **Email**, **Pass through all claim values**.",
      ],
    },
    {
      title: "Require SHA-256",
      text: [
        "Open **Properties** of the trust and check on the **Advanced** tab that **Secure hash algorithm** is **SHA-256**.",
      ],
    },
    {
      title: "Copy the metadata of AD FS",
      text: [
        "Its address is `https://<federation service name>/FederationMetadata/2007-06/FederationMetadata.xml`. Gatehouse must be able to reach it, for example through the Web Application Proxy; if not, open it in a browser and import the file.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "Address of FederationMetadata.xml" },
        { to: "gatehouse", field: "xml", label: "FederationMetadata.xml", note: "In place of the address." },
        {
          to: "gatehouse",
          field: "idp_entity_id",
          label: "Federation Service identifier, under Edit Federation Service Properties",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_sso_url",
          label: "https://<federation service name>/adfs/ls/",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "Certificates > Token-signing > View Certificate > Copy to File, Base-64",
          note: withoutMetadata,
        },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: `${CLAIMS}/emailaddress`, source: "E-Mail-Addresses → E-Mail Address" },
    { ours: "givenName", name: `${CLAIMS}/givenname`, source: "Given-Name → Given Name" },
    { ours: "familyName", name: `${CLAIMS}/surname`, source: "Surname → Surname" },
    {
      ours: "groups",
      name: "http://schemas.xmlsoap.org/claims/Group",
      source: "Token-Groups - Unqualified Names → Group",
      note: "Names every group of the user, nested ones too; the list can be long.",
    },
  ],
  mistakes: [
    {
      mistake:
        "AD FS makes no name id of the format **Email**, which a connection asks for: a claim rule is missing, or the account has no `mail` in Active Directory.",
      shows: { code: "invalid_status", reason: "status_not_success" },
      fix: "Add both rules under **Edit Claim Issuance Policy** and fill in `mail`, or send **User-Principal-Name** as **E-Mail Address** where principal names are real addresses. The event log says `MSIS7070`.",
    },
    {
      mistake: "**Secure hash algorithm** is SHA-1, as trusts of older servers have it.",
      shows: { code: "signature_validation_failed", reason: "weak_algorithm" },
      fix: "Choose **SHA-256** on the **Advanced** tab of the trust.",
    },
    {
      mistake: "AD FS encrypts because our metadata once held an encryption certificate.",
      shows: { code: "invalid_saml_response", reason: "decryption_key_missing" },
      fix: "Switch `assertion_encrypted` on, or remove the certificate on the **Encryption** tab of the trust.",
    },
    {
      mistake: "The identifier of the trust, or its address for responses, is not ours.",
      shows: {
        provider: "AD FS shows an error with an activity id; its event 364 says MSIS7007 or MSIS3200.",
      },
      fix: "Add `sp_entity_id` on the **Identifiers** tab and compare **Endpoints** with `sp_assertion_url`. Look for the activity id in **Event Viewer** > **AD FS** > **Admin**.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Renewal happens by itself",
      text: [
        "AD FS makes a new token-signing certificate each year, 20 days before the old one ends, shows both in its metadata, and signs with the new one 5 days later.",
        "With the metadata address Gatehouse has read the new certificate by then. With an imported file or manual values add the secondary token-signing certificate to `idp_certificate` within these 5 days; the PowerShell commands below show whether the renewal is on, and both certificates with their dates.",
        "`Get-AdfsProperties | Select-Object AutoCertificateRollover` and `Get-AdfsCertificate -CertificateType Token-Signing`",
      ],
    },
    {
      title: "Signed requests, encryption and our certificate",
      text: [
        "AD FS takes our certificates from the metadata. They are self-signed, so it must not look for a revocation list: run `Set-AdfsRelyingPartyTrust -TargetName <display name> -SigningCertificateRevocationCheck None -EncryptionCertificateRevocationCheck None`.",
        "To refuse unsigned requests switch on `want_request_signed`, update the trust from our metadata, and set `-SignedSamlRequestsRequired $true` for it.",
      ],
    },
    {
      title: "Logging out of AD FS",
      text: [
        "AD FS takes part in single logout only with signed messages and with the name id of the sign-in. Our address arrives with the metadata as an endpoint of type **SAML Logout**; `idp_slo_url` is the same `/adfs/ls/` address as for signing in.",
      ],
    },
    ...samlNotes,
  ],
};

export const adfs: ProviderGuides = {
  slug: "adfs",
  provider: "ADFS",
  title: "AD FS",
  about: [
    "You need an administrator of the federation servers (Active Directory Federation Services). Companies that moved their sign-in to the cloud use Entra ID instead: look which page your users see.",
    "The labels are those of Windows Server 2016 to 2025; before, **Edit Claim Issuance Policy** was **Edit Claim Rules**.",
  ],
  guides: [saml],
};
