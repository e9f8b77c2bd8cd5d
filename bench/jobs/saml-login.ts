/**
 * Complete SAML logins that the app starts, 16 at once, every one with a new browser.
 */
import { join } from "node:path";
import { type SamlTarget, samlLogin } from "../flows/saml-login.ts";
import type { Bench } from "../lib/bench.ts";
import { createSamlTarget } from "../lib/gatehouse.ts";
import { createIdentityProvider, type IdentityProvider } from "../lib/identity-provider.ts";
import { measure, type Side } from "../lib/load.ts";
import { type PeerReady, startPeer } from "../lib/processes.ts";
import { rateLine } from "../lib/report.ts";

const DOMAIN = "saml-login.example.com";
const samlJackson = join(import.meta.dirname, "..", "peers", "saml-jackson.ts");

/** Runs the job and answers its line. */
export async function runSamlLogin(bench: Bench): Promise<object> {
  const gatehouse = await bench.gatehouse();
  const identityProvider = createIdentityProvider(DOMAIN);
  const database = await bench.postgres.createDatabase("bench_saml_jackson");
  const settings = { DATABASE_URL: database, IDP_METADATA: identityProvider.metadata };
  await using peer = await startPeer(samlJackson, settings);
  const sides = [side("saml-jackson", peer.ready.port, peerTarget(peer.ready), identityProvider)];
  if (gatehouse) {
    const target = await createSamlTarget(gatehouse, identityProvider);
    sides.push(side("gatehouse", gatehouse.port, target, identityProvider));
  }
  const [peerRate, ours] = await measure({ workers: 16 }, sides);
  return rateLine("saml-login", "logins/s", ours, {
    peer: peerRate && { name: "@boxyhq/saml-jackson 26.2.0, PostgreSQL", measured: peerRate, target: 4 },
  });
}

function peerTarget(ready: PeerReady): SamlTarget {
  return {
    host: `localhost:${ready.port}`,
    authorizePath: "/oauth/authorize",
    tokenPath: "/oauth/token",
    clientId: String(ready.clientId),
    clientSecret: String(ready.clientSecret),
    redirectUri: String(ready.redirectUri),
    scope: "openid",
    selector: {},
  };
}

function side(name: string, port: number, target: SamlTarget, identityProvider: IdentityProvider): Side {
  const once = async (connection: Parameters<Side["once"]>[0], worker: number) => {
    await samlLogin(connection, target, identityProvider, `user-${worker}@${DOMAIN}`);
  };
  return { name, port, once };
}
