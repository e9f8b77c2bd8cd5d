/** The peer Keycloak: one server, a realm a case. */
import type { Peer } from "../../lib/cases.ts";
import { oidcCases } from "./oidc-cases.ts";
import { samlCases } from "./saml-cases.ts";
import { samlSessionCases } from "./saml-session-cases.ts";
import { missing, startServer, VERSION } from "./server.ts";

export const keycloak: Peer = {
  name: "keycloak",
  missing,
  start: async (gatehouse) => {
    const { url, stop } = await startServer();
    const cases = [
      ...samlCases(gatehouse, url),
      ...samlSessionCases(gatehouse, url),
      ...oidcCases(gatehouse, url),
    ];
    return { version: `Keycloak ${VERSION}`, cases, stop };
  },
};
