/**
 * Silent sign-in of a browser that has a session: authorize, code with PKCE, tokens; 16 at once, everything that is
 * stored is stored in PostgreSQL.
 */
import { join } from "node:path";
import { type CodeTarget, codeFlow, signInByHint } from "../flows/code-flow.ts";
import { samlLogin } from "../flows/saml-login.ts";
import type { Bench } from "../lib/bench.ts";
import { CookieJar } from "../lib/cookie-jar.ts";
import { createSamlTarget, type Gatehouse } from "../lib/gatehouse.ts";
import { Connection } from "../lib/http-client.ts";
import { createIdentityProvider } from "../lib/identity-provider.ts";
import { measure, type Side } from "../lib/load.ts";
import { type PeerReady, startPeer } from "../lib/processes.ts";
import { rateLine } from "../lib/report.ts";

const WORKERS = 16;
const DOMAIN = "code-flow.example.com";
const oidcProvider = join(import.meta.dirname, "..", "peers", "oidc-provider.ts");

type SignIn = (connection: Connection, email: string) => Promise<CookieJar>;

/** Runs the job and answers its line. */
export async function runCodeFlow(bench: Bench): Promise<object> {
  const gatehouse = await bench.gatehouse();
  const database = await bench.postgres.createDatabase("bench_oidc_provider");
  await using peer = await startPeer(oidcProvider, { DATABASE_URL: database });
  const sides = [await peerSide(peer.ready)];
  if (gatehouse) sides.push(await ourSide(gatehouse));
  const [peerRate, ours] = await measure({ workers: WORKERS }, sides);
  return rateLine("code-flow", "flows/s", ours, {
    peer: peerRate && { name: "oidc-provider 9.13.3, PostgreSQL", measured: peerRate, target: 2.5 },
  });
}

async function peerSide(ready: PeerReady): Promise<Side> {
  const target: CodeTarget = {
    host: `localhost:${ready.port}`,
    authorizePath: "/auth",
    tokenPath: "/token",
    clientId: String(ready.clientId),
    clientSecret: String(ready.clientSecret),
    redirectUri: String(ready.redirectUri),
    scope: "openid profile email offline_access",
  };
  return side("oidc-provider", ready.port, target, (connection, email) =>
    signInByHint(connection, target, email),
  );
}

async function ourSide(gatehouse: Gatehouse): Promise<Side> {
  const identityProvider = createIdentityProvider(DOMAIN);
  const target = await createSamlTarget(gatehouse, identityProvider);
  return side("gatehouse", gatehouse.port, target, (connection, email) =>
    samlLogin(connection, target, identityProvider, email),
  );
}

async function side(name: string, port: number, target: CodeTarget, signIn: SignIn): Promise<Side> {
  const browsers: CookieJar[] = [];
  const connection = await Connection.open(port);
  for (let worker = 0; worker < WORKERS; worker++) {
    browsers.push(await signIn(connection, `silent-${worker}@${DOMAIN}`));
  }
  connection.close();
  const once = (worked: Connection, worker: number) =>
    codeFlow(worked, target, browsers[worker] ?? new CookieJar());
  return { name, port, once };
}
