/**
 * The authorization-code flow with PKCE S256 (RFC 7636) of a browser that has a live session, and its two steps, which
 * the SAML login uses too.
 */
import { createHash, randomBytes } from "node:crypto";
import { CookieJar } from "../lib/cookie-jar.ts";
import { type Answer, type Connection, header, requestText } from "../lib/http-client.ts";

/** One authorization server and a client that it knows. */
export type CodeTarget = {
  host: string;
  authorizePath: string;
  tokenPath: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  scope: string;
};

const MOST_HOPS = 8;

/**
 * Runs one flow for a browser with a session and ends with tokens.
 * @throws when authorize does not answer with a code at once
 */
export async function codeFlow(connection: Connection, target: CodeTarget, jar: CookieJar): Promise<void> {
  const { verifier, ...challenge } = newPkce();
  const answer = await get(connection, target.host, authorizePath(target, challenge), jar);
  const code = codeOf(header(answer, "location"), target.redirectUri);
  if (code === undefined) throw new Error(`authorize answered ${describe(answer)}, not with a code`);
  await exchangeCode(connection, target, code, { code_verifier: verifier });
}

/**
 * Signs a new browser in at a server that needs no more than a `login_hint`, with as many redirects as it wants.
 * @returns the browser's cookies
 */
export async function signInByHint(
  connection: Connection,
  target: CodeTarget,
  hint: string,
): Promise<CookieJar> {
  const jar = new CookieJar();
  const { verifier, ...challenge } = newPkce();
  const path = authorizePath(target, { ...challenge, login_hint: hint });
  const first = await get(connection, target.host, path, jar);
  const callback = await follow(connection, target.host, first, jar, target.redirectUri);
  const code = codeOf(callback, target.redirectUri);
  if (code === undefined) throw new Error(`the sign-in ended at ${callback}`);
  await exchangeCode(connection, target, code, { code_verifier: verifier });
  return jar;
}

function newPkce() {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  return { verifier, code_challenge: challenge, code_challenge_method: "S256" };
}

/** The path of an authorize request with a new state. */
export function authorizePath(target: CodeTarget, extra: Record<string, string>): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: target.clientId,
    redirect_uri: target.redirectUri,
    scope: target.scope,
    state: randomBytes(16).toString("base64url"),
    ...extra,
  });
  return `${target.authorizePath}?${query}`;
}

/** GET with the browser's cookies. */
export async function get(
  connection: Connection,
  host: string,
  path: string,
  jar: CookieJar,
): Promise<Answer> {
  const answer = await connection.send(requestText("GET", host, path, { cookie: jar.toString() }));
  jar.take(answer);
  return answer;
}

/**
 * Follows redirects within the server until one goes to `stopAt`.
 * @returns the address of that last redirect
 * @throws when an answer is no redirect, or after 8 of them
 */
export async function follow(
  connection: Connection,
  host: string,
  first: Answer,
  jar: CookieJar,
  stopAt: string,
): Promise<string> {
  let answer = first;
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const location = header(answer, "location");
    if (location === undefined) throw new Error(`expected a redirect, got ${describe(answer)}`);
    if (location.startsWith(stopAt)) return location;
    const url = new URL(location, `http://${host}`);
    if (url.host !== host) throw new Error(`redirected to ${location}, expected ${stopAt}`);
    answer = await get(connection, host, url.pathname + url.search, jar);
  }
  throw new Error(`more than ${MOST_HOPS} redirects`);
}

/** The code of a redirect to the app, or undefined when it is none. */
export function codeOf(location: string | undefined, redirectUri: string): string | undefined {
  if (!location?.startsWith(redirectUri)) return undefined;
  return new URL(location).searchParams.get("code") ?? undefined;
}

/** Exchanges a code and expects an ID token. */
export async function exchangeCode(
  connection: Connection,
  target: CodeTarget,
  code: string,
  extra: Record<string, string>,
): Promise<void> {
  const { clientId, clientSecret, redirectUri } = target;
  const client = { client_id: clientId, client_secret: clientSecret, redirect_uri: redirectUri };
  const form = { grant_type: "authorization_code", code, ...client, ...extra };
  const answer = await connection.send(requestText("POST", target.host, target.tokenPath, { form }));
  if (answer.status !== 200 || !/"id_token": ?"eyJ/.test(answer.body)) {
    throw new Error(`the token endpoint answered ${describe(answer)}`);
  }
}

function describe(answer: Answer): string {
  return `${answer.status} ${header(answer, "location") ?? ""} ${answer.body.slice(0, 300)}`;
}
