/** The authorization endpoint's checks, in the order in which they run (RFC 6749 section 4.1.1, OIDC Core 3.1.2). */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { answerApp, errorValues, type Step } from "../auth/answer.ts";
import { type Browser, begin, type SignInRequest } from "../auth/flow.ts";
import * as clients from "../clients/clients.ts";
import { allowsRedirect } from "../clients/redirect-uris.ts";
import { knownConnection } from "../connections/sign-in.ts";
import * as environments from "../environments/environments.ts";
import * as keys from "../keys/keys.ts";
import { oauthErrors as errors } from "./errors.ts";
import { type Parameters, readParameters, readScopes, required } from "./parameters.ts";

/** The app's own address for answers, once it is known to be the app's. */
interface App {
  client: clients.Client;
  redirectUri: string;
}

/**
 * Answers an authorization request. Until the client and its redirect URI are known to belong together,
 * errors are thrown, for a page; afterwards they go to the app.
 * @throws invalid_client, invalid_redirect_uri, invalid_request
 */
export async function authorize(ctx: Ctx, query: URLSearchParams, browser: Browser): Promise<Step> {
  const app = await checkApp(ctx, query);
  const states = query.getAll("state");
  // A state that is refused is not sent back either.
  const state = states.length === 1 && (states[0]?.length ?? 0) <= longest.state ? (states[0] ?? null) : null;
  const responseMode = answersByForm(query, app.redirectUri) ? "form_post" : "query";
  try {
    const parameters = readParameters(query);
    return await begin(
      ctx,
      {
        ...readRequest(parameters, app),
        hintedUser: await readHintedUser(ctx, parameters),
        redirectUri: app.redirectUri,
        state,
        responseMode,
      },
      browser,
    );
  } catch (error) {
    if (!(error instanceof AppError)) ctx.log.error({ err: error }, "authorize failed");
    const { publicUrl } = await environments.current(ctx);
    return answerApp({ redirectUri: app.redirectUri, responseMode, state }, publicUrl, errorValues(error));
  }
}

/** Characters that an app may have carried back to it. */
const longest = { state: 4096, nonce: 1024 };

/** A form posts to web addresses only: an app with a scheme of its own reads its answer from the URL. */
function answersByForm(query: URLSearchParams, redirectUri: string): boolean {
  return query.get("response_mode") === "form_post" && /^https?:/i.test(redirectUri);
}

async function checkApp(ctx: Ctx, query: URLSearchParams): Promise<App> {
  for (const name of ["client_id", "redirect_uri"]) {
    if (query.getAll(name).length > 1)
      throw errors.invalid_request(`The parameter ${name} was sent more than once`);
  }
  const client = await clients.lookUp(ctx, query.get("client_id") ?? "");
  if (!client) throw errors.invalid_client();
  const redirectUri = query.get("redirect_uri") ?? "";
  if (!(await allowsRedirect(ctx, client, redirectUri, await organizationOf(ctx, query))))
    throw errors.invalid_redirect_uri();
  return { client, redirectUri };
}

/**
 * The organization that the sign-in is bound to, which fills in templates; undefined when it is bound to none. Else
 * whoever writes an organization's metadata could have people of others answered at an address of theirs.
 */
async function organizationOf(ctx: Ctx, query: URLSearchParams): Promise<string | undefined> {
  const [named, ...more] = query.getAll("organization_id");
  if (!named || more.length > 0) return undefined;
  const { mode } = await environments.current(ctx);
  // Without users of ours, nobody who comes through a connection of all organizations belongs to one of them.
  const open = mode === "FULL_STACK_AUTH" ? named : null;
  if (query.getAll("provider").some((provider) => provider !== "")) return open ?? undefined;
  const ids = query.getAll("connection_id").filter((id) => id !== "");
  const connections = await Promise.all(ids.map((id) => knownConnection(ctx, id)));
  const bound = connections.every((connection) => (connection?.organization_id ?? open) === named);
  return bound ? named : undefined;
}

type Read = Omit<SignInRequest, "redirectUri" | "state" | "responseMode" | "hintedUser">;

function readRequest(parameters: Parameters, { client }: App): Read {
  checkForms(parameters);
  if (!client.grant_types.includes("authorization_code"))
    throw errors.unauthorized_client("authorization_code");
  const value = (name: string) => parameters.get(name) ?? "";
  return {
    clientId: client.id,
    scope: readScope(parameters),
    nonce: parameters.get("nonce") ?? null,
    codeChallenge: readChallenge(parameters, client),
    prompt: readPrompt(parameters),
    maxAge: readMaxAge(parameters),
    provider: value("provider"),
    connectionId: value("connection_id"),
    organizationId: value("organization_id"),
    domain: (value("domain") || value("domain_hint")).toLowerCase(),
    loginHint: value("login_hint").trim().slice(0, 320),
  };
}

function checkForms(parameters: Parameters): void {
  if (parameters.has("request")) throw errors.request_not_supported();
  if (parameters.has("request_uri")) throw errors.request_uri_not_supported();
  const responseType = required(parameters, "response_type");
  if (responseType !== "code") throw errors.unsupported_response_type(responseType.slice(0, 60));
  const responseMode = parameters.get("response_mode") ?? "query";
  if (responseMode !== "query" && responseMode !== "form_post") {
    throw errors.invalid_request(`response_mode is "${responseMode.slice(0, 60)}": use query or form_post`);
  }
  for (const [name, length] of Object.entries(longest)) {
    if ((parameters.get(name)?.length ?? 0) > length)
      throw errors.invalid_request(`${name} is longer than ${length}`);
  }
}

function readScope(parameters: Parameters): string {
  const scopes = readScopes(parameters);
  if (scopes === undefined) throw errors.invalid_request("The parameter scope is missing");
  if (!scopes.includes("openid")) throw errors.invalid_scope("scope must contain openid");
  // Unknown scopes are ignored, as OIDC Core 3.1.2.1 advises; what was granted stands in the token answer.
  return scopes.filter((scope) => offeredScopes.includes(scope)).join(" ");
}

export const offeredScopes = ["openid", "profile", "email", "offline_access"];

/** PKCE (RFC 7636): S256 only, and always for clients that have no secret. */
function readChallenge(parameters: Parameters, client: clients.Client): string | null {
  const challenge = parameters.get("code_challenge");
  if (challenge === undefined) {
    const mandatory = client.enforce_pkce || clients.isPublic(client);
    if (mandatory)
      throw errors.invalid_request("code_challenge is missing: this client must use PKCE with S256");
    return null;
  }
  const method = parameters.get("code_challenge_method") ?? "plain";
  if (method !== "S256")
    throw errors.invalid_request(`code_challenge_method is "${method.slice(0, 60)}": use S256`);
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw errors.invalid_request("code_challenge is not the base64url SHA-256 of a verifier (43 characters)");
  }
  return challenge;
}

/** Whom the app believes to be signed in (id_token_hint, OIDC Core 3.1.2.1); the token may have expired. */
async function readHintedUser(ctx: Ctx, parameters: Parameters): Promise<string | undefined> {
  const hint = parameters.get("id_token_hint");
  if (hint === undefined) return undefined;
  const { publicUrl } = await environments.current(ctx);
  return (await keys.verify(ctx, hint, { issuer: publicUrl, allowExpired: true }))?.sub;
}

const prompts = ["none", "login", "create", "select_account", "consent"];

function readPrompt(parameters: Parameters): ReadonlySet<string> {
  const prompt = new Set((parameters.get("prompt") ?? "").split(" ").filter((value) => value !== ""));
  for (const value of prompt) {
    if (!prompts.includes(value)) throw errors.invalid_request(`prompt "${value.slice(0, 60)}" is unknown`);
  }
  if (prompt.has("none") && prompt.size > 1) throw errors.invalid_request("prompt=none stands alone");
  return prompt;
}

function readMaxAge(parameters: Parameters): number | undefined {
  const text = parameters.get("max_age");
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) throw errors.invalid_request("max_age must be a number of seconds");
  return Number(text);
}
