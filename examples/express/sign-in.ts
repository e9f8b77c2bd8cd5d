/**
 * Signing in: `/login` sends the browser away with a state and a PKCE challenge, `/callback` checks what comes back,
 * exchanges the code and opens the session.
 */
import { createHash } from "node:crypto";
import type { AuthorizationUrlOptions, ScalekitClient } from "@scalekit-sdk/node";
import type { Request, RequestHandler, Response } from "express";
import { type Cookie, randomToken } from "./cookies.ts";
import { problemPage, refusalPage, strayCallbackPage } from "./problem-pages.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface SignIn {
  scalekit: ScalekitClient;
  redirectUri: string;
  /** Whose tokens count, and for whom they must be meant. The SDK checks neither unless told. */
  accepted: { issuer: string; audience: string[] };
  sessions: Sessions;
  /** Holds `<state>.<PKCE verifier>` while the browser is away. */
  pending: Cookie;
}

// The time that the server, too, gives to a sign-in.
const PENDING_MS = 10 * 60 * 1000;

/**
 * Sends the browser to sign in, by the selector that the query names (`email`, `organization_id`, `connection_id`) or
 * else to the hosted page; `fresh` asks for a sign-in even of somebody who is signed in. Also the client's initiate-login URL, where invitations and sign-ins that began at the
 * identity provider arrive (`invitation_token`, `idp_initiated_login`).
 */
export function login(context: SignIn): RequestHandler {
  return async (request, response) => {
    if (await endsElsewhere(context, request, response)) return;
    const email = parameter(request, "email");
    const organizationId = parameter(request, "organization_id");
    const connectionId = parameter(request, "connection_id");
    begin(
      context,
      response,
      {
        ...(email && { domainHint: email.slice(email.lastIndexOf("@") + 1).toLowerCase() }),
        ...(email?.includes("@") && { loginHint: email }),
        ...(organizationId && { organizationId }),
        ...(connectionId && { connectionId }),
        ...(parameter(request, "fresh") && { prompt: "login" }),
      },
      parameter(request, "invitation_token"),
    );
  };
}

/** Ends a sign-in: refuses what this browser did not begin, exchanges the code, opens the session. */
export function callback(context: SignIn): RequestHandler {
  return async (request, response) => {
    const pending = context.pending.read(request);
    context.pending.clear(response);
    const [state, codeVerifier] = pending?.split(".") ?? [];
    const isOurs = state !== undefined && parameter(request, "state") === state;
    if (await endsElsewhere(context, request, response, isOurs)) return;
    const code = parameter(request, "code");
    if (!isOurs || !codeVerifier || !code) {
      response.status(400).send(strayCallbackPage(new URL(context.redirectUri).origin).markup);
      return;
    }
    try {
      context.sessions.open(response, await exchange(context, code, codeVerifier));
      response.redirect(303, "/");
    } catch (error) {
      const answer = tokenEndpointAnswer(error);
      if (!answer) throw error;
      response.status(400).send(refusalPage(answer.error, answer.error_description).markup);
    }
  };
}

function begin(
  context: SignIn,
  response: Response,
  selector: AuthorizationUrlOptions,
  invitation?: string,
): void {
  const state = randomToken();
  const codeVerifier = randomToken();
  context.pending.write(response, `${state}.${codeVerifier}`, PENDING_MS);
  const url = context.scalekit.getAuthorizationUrl(context.redirectUri, {
    ...selector,
    // `offline_access` is what yields a refresh token.
    scopes: ["openid", "profile", "email", "offline_access"],
    state,
    codeChallenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    codeChallengeMethod: "S256",
  });
  // The SDK has no option for invitations.
  response.redirect(303, invitation ? `${url}&invitation_token=${encodeURIComponent(invitation)}` : url);
}

async function exchange(context: SignIn, code: string, codeVerifier: string): Promise<Session> {
  const { scalekit, redirectUri, accepted } = context;
  const signedIn = await scalekit.authenticateWithCode(code, redirectUri, { codeVerifier });
  return {
    user: signedIn.user,
    idToken: signedIn.idToken,
    // authenticateWithCode decodes the ID token without checking it.
    idClaims: await scalekit.validateToken(signedIn.idToken, accepted),
    accessToken: signedIn.accessToken,
    accessClaims: await scalekit.validateToken(signedIn.accessToken, accepted),
    refreshToken: signedIn.refreshToken,
  };
}

// Both addresses may receive a refusal or a sign-in that began at the identity provider. Anybody can write such a
// link, so the words of a refusal are shown only when it answers a sign-in of this browser.
async function endsElsewhere(
  context: SignIn,
  request: Request,
  response: Response,
  isOurs = false,
): Promise<boolean> {
  const error = parameter(request, "error");
  const idpLogin = parameter(request, "idp_initiated_login");
  if (error) {
    const description = isOurs ? parameter(request, "error_description") : undefined;
    const explanation = isOurs ? ownAddress(context, parameter(request, "error_uri")) : undefined;
    response.status(400).send(refusalPage(error, description, explanation).markup);
  } else if (idpLogin) {
    await beginFromIdp(context, response, idpLogin);
  }
  return Boolean(error || idpLogin);
}

// RFC 6749 section 4.1.2.1: a page about the error. Only one of the sign-in service itself becomes a link.
function ownAddress({ accepted }: SignIn, errorUri: string | undefined): string | undefined {
  if (errorUri === undefined || !URL.canParse(errorUri)) return undefined;
  const url = new URL(errorUri);
  return url.origin === new URL(accepted.issuer).origin ? url.href : undefined;
}

// The identity provider's message signs nobody in by itself: it names where a sign-in of ours begins, with a state of
// ours, so that no other site can sign this browser in as somebody else.
async function beginFromIdp(context: SignIn, response: Response, token: string): Promise<void> {
  const { scalekit, accepted } = context;
  const claims = await scalekit
    .getIdpInitiatedLoginClaims(token, { issuer: accepted.issuer })
    .catch(() => undefined);
  if (!claims) {
    const text =
      "Links from an identity provider live five minutes. Start the app there again, or sign in here.";
    response
      .status(400)
      .send(problemPage({ title: "This sign-in link does not work any more", text }).markup);
    return;
  }
  begin(context, response, {
    connectionId: claims.connection_id,
    organizationId: claims.organization_id,
    loginHint: claims.login_hint,
  });
}

// RFC 6749 section 5.2. The SDK lets the HTTP client's own error through.
function tokenEndpointAnswer(error: unknown): { error: string; error_description?: string } | undefined {
  const data = (error as { response?: { data?: { error?: unknown } } }).response?.data;
  return typeof data?.error === "string" ? (data as { error: string }) : undefined;
}

// A parameter given twice comes as a list: refused by taking neither.
function parameter(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
