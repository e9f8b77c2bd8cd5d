/** The Shibboleth Identity Provider, versions 4 and 5: metadata of the service provider and an attribute filter. */
import { openSamlConnection, samlMistakes, samlNotes, testAndEnable, withoutMetadata } from "../common.ts";
import type { Guide, ProviderGuides } from "../guide.ts";

const metadataProvider = `<MetadataProvider id="Gatehouse" xsi:type="FileBackedHTTPMetadataProvider"
    metadataURL="{sp_metadata_url}"
    backingFile="%{idp.home}/metadata/gatehouse.xml" />`;

const attributeFilter = `<AttributeFilterPolicy id="gatehouse">
    <PolicyRequirementRule xsi:type="Requester" value="{sp_entity_id}" />
    <AttributeRule attributeID="mail" permitAny="true" />
    <AttributeRule attributeID="givenName" permitAny="true" />
    <AttributeRule attributeID="sn" permitAny="true" />
    <AttributeRule attributeID="isMemberOf" permitAny="true" />
</AttributeFilterPolicy>`;

const saml: Guide = {
  id: "shibboleth-saml",
  title: "Shibboleth with SAML",
  protocol: "SAML",
  steps: [
    openSamlConnection,
    {
      title: "Load our metadata",
      text: [
        "Add a metadata provider to `conf/metadata-providers.xml`, inside the outermost one. Without access to our address save the document on the server and use `FilesystemMetadataProvider` with `metadataFile`.",
      ],
      copy: [{ to: "provider", value: "sp_metadata_url", label: "metadataURL" }],
      code: { language: "xml", text: metadataProvider },
    },
    {
      title: "Release the attributes",
      text: [
        "Add a policy to `conf/attribute-filter.xml`. The attributes must exist in your attribute resolver under these ids; leave out the line of `isMemberOf` if the app needs no groups.",
        "The transcoding rules that come with the IdP give `mail`, `givenName` and `sn` the names of the table below, so no mapping is needed in Gatehouse.",
      ],
      copy: [{ to: "provider", value: "sp_entity_id", label: "value of the Requester rule" }],
      code: { language: "xml", text: attributeFilter },
    },
    {
      title: "Reload, without a restart",
      text: [
        "Run `bin/reload-service.sh -id shibboleth.MetadataResolverService` and `bin/reload-service.sh -id shibboleth.AttributeFilterService`.",
        "`bin/aacli.sh -n <user> -r <sp_entity_id> --saml2` prints the assertion that a user would get, before anybody signs in.",
      ],
    },
    {
      title: "Copy the metadata of the IdP",
      text: [
        "The IdP serves it at `https://<host>/idp/shibboleth`, which is often its entity id too. That file is written once at installation: check that its certificates and addresses are still right. In a federation give Gatehouse the document of your IdP alone, not the aggregate.",
      ],
      copy: [
        { to: "gatehouse", field: "idp_metadata_url", label: "https://<host>/idp/shibboleth" },
        {
          to: "gatehouse",
          field: "xml",
          label: "metadata/idp-metadata.xml",
          note: "In place of the address.",
        },
        {
          to: "gatehouse",
          field: "idp_entity_id",
          label: "idp.entityID in conf/idp.properties",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_sso_url",
          label: "https://<host>/idp/profile/SAML2/Redirect/SSO",
          note: withoutMetadata,
        },
        {
          to: "gatehouse",
          field: "idp_certificate",
          label: "credentials/idp-signing.crt",
          note: withoutMetadata,
        },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "urn:oid:0.9.2342.19200300.100.1.3", source: "mail" },
    { ours: "givenName", name: "urn:oid:2.5.4.42", source: "givenName" },
    { ours: "familyName", name: "urn:oid:2.5.4.4", source: "sn" },
    {
      ours: "groups",
      name: "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
      source: "isMemberOf",
      note: "If the IdP has no transcoding rule for it, add one under this name.",
    },
  ],
  mistakes: [
    {
      mistake: "No filter policy matches our entity id, so no attribute is released.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Compare the value of the rule with `sp_entity_id`, reload the filter, and try `bin/aacli.sh`. The name id is transient, so it cannot stand in for the address.",
    },
    {
      mistake: "The IdP does not have our metadata.",
      shows: { provider: "The IdP shows Web Login Service - Unsupported Request." },
      fix: "Look for our entity id in `logs/idp-process.log` and reload the metadata resolver.",
    },
    {
      mistake:
        "The IdP encrypts, since it found an encryption certificate, and the connection has no key for it.",
      shows: { code: "invalid_saml_response", reason: "decryption_key_missing" },
      fix: "Switch `assertion_encrypted` on. Shibboleth encrypts whenever it can.",
    },
    {
      mistake:
        "Encryption is required (`idp.encryption.optional=false`), and our metadata has no certificate for it.",
      shows: { provider: "The IdP shows Web Login Service - Message Security Error." },
      fix: "Switch `assertion_encrypted` on and let the IdP load our metadata again, or set the property to `true`.",
    },
    {
      mistake: "The IdP signs responses only, and does not follow what our metadata asks for.",
      shows: { code: "signature_validation_failed", reason: "signature_missing" },
      fix: "Set `idp.saml.honorWantAssertionsSigned=true`, or `saml_signing_option` to `SAML_ONLY_RESPONSE_SIGNING`.",
    },
    {
      mistake: "The aggregate of a federation was imported.",
      shows: { code: "CONNECTION_METADATA_INVALID", reason: "several_idps" },
      fix: "Import the entity of your IdP alone; federations offer it by its entity id.",
    },
    ...samlMistakes,
  ],
  notes: [
    {
      title: "Changing the signing key",
      text: [
        "Publish the next certificate in `metadata/idp-metadata.xml` as a second signing key first, and let Gatehouse read it, or add it to `idp_certificate`. Then change `idp.signing.key` and `idp.signing.cert`, restart, and remove the former certificate from the metadata some days later.",
      ],
    },
    {
      title: "Our certificates",
      text: [
        "The IdP verifies signed requests and encrypts with the certificates of our metadata. While one of ours is being renewed the metadata holds both, so a metadata provider that reads it from time to time needs no attention.",
      ],
    },
    {
      title: "Ending the IdP's session",
      text: [
        "Single logout needs `idp.session.trackSPSessions` and `idp.session.secondaryServiceIndex`, both on. Then give `idp_slo_url` the address that ends in `/profile/SAML2/Redirect/SLO`.",
      ],
    },
    ...samlNotes,
  ],
};

export const shibboleth: ProviderGuides = {
  slug: "shibboleth",
  provider: "CUSTOM",
  title: "Shibboleth",
  about: [
    "You need to edit files of the Shibboleth IdP and to run its scripts. Paths are those of versions 4 and 5, relative to the folder of the installation (`/opt/shibboleth-idp`).",
    "Gatehouse has no provider of this name: connections are of the provider `CUSTOM`.",
  ],
  guides: [saml],
};
