/** Where the simulated identity providers of an environment stand. */

export interface SimulatorAddresses {
  saml: { entityId: string; metadataUrl: string; ssoUrl: string };
  oidc: {
    issuer: string;
    discoveryUrl: string;
    authorizeUrl: string;
    tokenUrl: string;
    userInfoUrl: string;
    keysUrl: string;
  };
}

/** @param publicUrl of the environment, without a trailing slash */
export function simulatorAddresses(publicUrl: string): SimulatorAddresses {
  const saml = `${publicUrl}/simulator/saml`;
  const oidc = `${publicUrl}/simulator/oidc`;
  return {
    saml: { entityId: saml, metadataUrl: `${saml}/metadata`, ssoUrl: `${saml}/sso` },
    oidc: {
      issuer: oidc,
      discoveryUrl: `${oidc}/.well-known/openid-configuration`,
      authorizeUrl: `${oidc}/authorize`,
      tokenUrl: `${oidc}/token`,
      userInfoUrl: `${oidc}/userinfo`,
      keysUrl: `${oidc}/keys`,
    },
  };
}
