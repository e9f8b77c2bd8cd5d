/** What a connection of each kind must know before anybody can sign in through it. */
import type { Ctx } from "../../context.ts";
import * as certificates from "./certificates.ts";
import type { Connection } from "./connections.store.ts";
import type { OAuthSettings, PasswordlessSettings, WebauthnSettings } from "./environment-settings.ts";
import type { OidcSettings, SamlSettings } from "./settings.ts";

type Needed = Record<string, string | undefined>;

/** The settings, by their names in the contract, that signing in needs and that are not there. */
export async function missingSettings(ctx: Ctx, connection: Connection): Promise<string[]> {
  const needed = connection.type === "SAML" ? await neededBySaml(ctx, connection) : neededByOther(connection);
  return Object.entries(needed)
    .filter(([, value]) => !value)
    .map(([name]) => name);
}

async function neededBySaml(ctx: Ctx, connection: Connection): Promise<Needed> {
  const saml = connection.settings as SamlSettings;
  const trusted = await certificates.list(ctx, connection.id);
  return {
    idp_entity_id: saml.idpEntityId,
    idp_sso_url: saml.idpSsoUrl,
    idp_certificate: trusted[0]?.id,
  };
}

function neededByOther(connection: Connection): Needed {
  const secret = connection.client_secret_sealed ? "set" : undefined;
  switch (connection.type) {
    case "OAUTH":
      return { client_id: (connection.settings as OAuthSettings).clientId, client_secret: secret };
    case "PASSWORDLESS":
      return { type: (connection.settings as PasswordlessSettings).type };
    case "WEBAUTHN":
      return { rp: (connection.settings as WebauthnSettings).rp && "set" };
    default:
      return neededByOidc(connection.settings as OidcSettings, secret);
  }
}

function neededByOidc(oidc: OidcSettings, secret: string | undefined): Needed {
  const endpoints = oidc.authorizeUri && oidc.tokenUri && oidc.jwksUri;
  return {
    issuer: oidc.issuer,
    client_id: oidc.clientId,
    // Without a secret the provider knows us by PKCE alone, as a public client.
    client_secret: secret ?? (oidc.pkceEnabled ? "public client" : undefined),
    discovery_endpoint: oidc.discoveryEndpoint ?? endpoints ?? oidc.issuer,
  };
}
