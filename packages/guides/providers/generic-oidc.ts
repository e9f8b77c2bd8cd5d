/** Any other OpenID Connect provider: what it must do, and under which names its console may call it. */
import { oidcMistakes, openOidcConnection, testAndEnable } from "../common.ts";
import type { Guide, ProviderGuides } from "../guide.ts";

const oidc: Guide = {
  id: "generic-oidc",
  title: "Any provider with OpenID Connect",
  protocol: "OIDC",
  steps: [
    openOidcConnection,
    {
      title: "Register a confidential client",
      text: [
        "Look for **client**, **application** or **relying party** in the console and choose a **web** or **confidential** one, with the flow **authorization code**. Implicit and hybrid flows are not used.",
        "PKCE may be required: Gatehouse sends it whenever the provider knows it.",
      ],
      copy: [
        { to: "provider", value: "redirect_uri", label: "Redirect URI, Callback URL" },
        {
          to: "provider",
          value: "post_logout_redirect_uri",
          label: "Post-logout redirect URI",
          note: "Only if signing out is to end the provider's session too.",
        },
        {
          to: "provider",
          value: "backchannel_logout_redirect_uri",
          label: "Back-channel logout URI",
          note: "Where the provider has it: a sign-out there then ends sessions here.",
        },
      ],
    },
    {
      title: "Choose how the client proves itself",
      text: [
        "Use a client secret, sent in the form (`client_secret_post`), which is what a connection does. For `client_secret_basic` set `token_auth_type` of the connection to `BASIC_AUTH`.",
        "ID tokens must be signed with RS256, ES256 or another public-key algorithm.",
      ],
    },
    {
      title: "Allow scopes and claims",
      text: [
        "Allow the scopes `openid`, `profile` and `email`. The claims of the table must be in the ID token; the address may come from the UserInfo endpoint instead.",
      ],
    },
    {
      title: "Copy issuer, id and secret",
      text: [
        "The issuer is the address to which `/.well-known/openid-configuration` is added to read the provider's settings. Copy it as the document spells it in `issuer`.",
      ],
      copy: [
        { to: "gatehouse", field: "issuer", label: "Issuer" },
        { to: "gatehouse", field: "client_id", label: "Client ID" },
        { to: "gatehouse", field: "client_secret", label: "Client secret" },
      ],
    },
    testAndEnable,
  ],
  attributes: [
    { ours: "email", name: "email", source: "Scope email" },
    { ours: "givenName", name: "given_name", source: "Scope profile" },
    { ours: "familyName", name: "family_name", source: "Scope profile" },
    { ours: "groups", name: "groups", source: "A claim of the ID token, as a list of texts" },
  ],
  mistakes: [
    {
      mistake: "The issuer of the connection is not the one in the discovery document.",
      shows: { code: "invalid_id_token" },
      fix: "Open the document in a browser and copy the value of `issuer`.",
    },
    {
      mistake: "Secret or authentication method do not fit the registration.",
      shows: { code: "failed_to_exchange_token" },
      fix: "Copy the secret again, without spaces, and compare `token_auth_type` with the provider's setting.",
    },
    {
      mistake: "The ID token has no `email`, and the UserInfo endpoint gives none.",
      shows: { code: "mandatory_attribute_missing" },
      fix: "Allow the scope `email`, or map `email` to another claim in the connection.",
    },
    {
      mistake: "The UserInfo endpoint answers with an error.",
      shows: { code: "user_info_retrieve_failed" },
      fix: "Put the address into the ID token, or see in the provider's log why its own access token is refused there.",
    },
    {
      mistake: "The provider says that the address is not verified.",
      shows: { code: "unauthorized" },
      fix: "Verify the address there, so that `email_verified` is true.",
    },
    {
      mistake: "The user declined, or has no right to use the client.",
      shows: { code: "access_denied" },
      fix: "Assign the user to the client. The error repeats what the provider said.",
    },
    {
      mistake: "The sign-in took longer than ten minutes, or ended in another browser.",
      shows: { code: "invalid_state" },
      fix: "Begin again from the app.",
    },
    ...oidcMistakes,
  ],
  notes: [
    {
      title: "Renewing the client secret",
      text: [
        "Where the provider allows two secrets, add the second, copy it to the connection, test, and delete the first. Else change both sides in the same minute: sign-ins under way fail once and succeed when begun again.",
      ],
    },
    {
      title: "Signing keys of the provider",
      text: [
        "Gatehouse reads the provider's keys by itself, and asks again at once when a token names a key that it does not know.",
      ],
    },
    {
      title: "Back-channel logout",
      text: [
        "The provider posts a signed logout token with `sid` or `sub` to `backchannel_logout_redirect_uri`. Tick **session required**, if there is such a box, so that only the session concerned ends.",
      ],
    },
  ],
};

export const genericOidc: ProviderGuides = {
  slug: "generic-oidc",
  provider: "CUSTOM",
  title: "Any OpenID Connect provider",
  about: [
    "For providers without a page of their own: Keycloak, PingFederate, Zitadel, Authentik, GitLab, Salesforce and others with a discovery document.",
    "The connection is of the provider `CUSTOM`.",
  ],
  guides: [oidc],
};
