/**
 * A program that trusts the local authority by NODE_EXTRA_CA_CERTS, which counts at its start only: the official SDK
 * over gRPC, and a sign-in through both simulated identity providers. Prints one JSON object.
 */
import { ScalekitClient } from "@scalekit-sdk/node";
import { BalancedBrowser, CALLBACK } from "./wire.ts";

const { ORIGIN = "", CLIENT_ID = "", CLIENT_SECRET = "" } = process.env;
const sdk = new ScalekitClient(ORIGIN, CLIENT_ID, CLIENT_SECRET);
const { organizations } = await sdk.organization.listOrganization({ pageSize: 10 });
const signIns = [];
for (const organization of organizations) {
  const { connections } = await sdk.connection.listConnections(organization.id);
  for (const { id } of connections) {
    const browser = new BalancedBrowser(ORIGIN);
    const answer = await browser.signIn(CLIENT_ID, { connection_id: id });
    const { user, idToken } = await sdk.authenticateWithCode(answer.get("code") ?? "", CALLBACK);
    const claims = await sdk.validateToken<{ iss: string }>(idToken, {
      issuer: ORIGIN,
      audience: [CLIENT_ID],
    });
    signIns.push({ email: user.email, issuer: claims.iss, cookies: browser.setCookies });
  }
}
process.stdout.write(
  JSON.stringify({ organizations: organizations.map(({ displayName }) => displayName), signIns }),
);
