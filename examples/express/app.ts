/**
 * The demo app: what an Express app adds to have enterprise sign-in by the official SDK. Read this file and
 * `sign-in.ts` to copy from; the ones beside them hold cookies, sessions and the look.
 */
import type { ScalekitClient } from "@scalekit-sdk/node";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { accountPage } from "./account-page.ts";
import { createCookie } from "./cookies.ts";
import { failuresPage } from "./failures-page.ts";
import { type Shortcuts, signedOutPage, welcomePage } from "./pages.ts";
import { problemPage, sessionOverPage } from "./problem-pages.ts";
import { createSessions, type Session } from "./sessions.ts";
import { callback, login, type SignIn } from "./sign-in.ts";

export interface AppOptions {
  scalekit: ScalekitClient;
  /** The environment that signs people in, without a trailing slash: the issuer of every token accepted here. */
  environmentUrl: string;
  /** This app's client: the audience of every token accepted here. */
  clientId: string;
  /** Where browsers reach this app, without a trailing slash. */
  baseUrl: string;
  /** Ids that the first page offers as ready-made buttons. */
  shortcuts: Shortcuts;
}

/**
 * Builds the app; `server.ts` listens on it, a test mounts it. The client needs two URLs registered: `/callback` as
 * redirect URI and `/signed-out` as post-logout URI; `/login` may be its initiate-login URL.
 */
export function createApp(options: AppOptions): express.Express {
  const isSecure = options.baseUrl.startsWith("https:");
  const context: SignIn = {
    ...options,
    redirectUri: `${options.baseUrl}/callback`,
    accepted: { issuer: options.environmentUrl, audience: [options.clientId] },
    sessions: createSessions(isSecure),
    pending: createCookie("demo_sign_in", isSecure),
  };
  const app = express();
  app.disable("x-powered-by");
  app.use(securityHeaders);
  app.get("/style.css", (_request, response) =>
    response.sendFile("style.css", { root: import.meta.dirname }),
  );
  app.get("/favicon.ico", (_request, response) => response.sendStatus(204));
  app.get("/", home(context, options.shortcuts));
  app.get("/failures", (_request, response) => response.send(failuresPage(options.shortcuts).markup));
  app.get("/login", login(context));
  app.get("/callback", callback(context));
  app.post("/refresh", refuseForeignPosts(options.baseUrl), refresh(context));
  app.post("/logout", refuseForeignPosts(options.baseUrl), logout(context, options.baseUrl));
  app.get("/signed-out", (_request, response) => response.send(signedOutPage().markup));
  app.use((_request, response) => response.status(404).send(problemPage({ title: "No such page" }).markup));
  app.use(unexpected);
  return app;
}

function home({ scalekit, sessions, accepted }: SignIn, shortcuts: Shortcuts): RequestHandler {
  return async (request, response) => {
    const session = sessions.find(request);
    if (!session) {
      response.send(welcomePage({ environmentUrl: accepted.issuer, shortcuts }).markup);
      return;
    }
    // What an API asks before it serves a request that carries this token.
    const isAccessTokenValid = await scalekit.validateAccessToken(session.accessToken, accepted);
    response.send(accountPage({ session, isAccessTokenValid, now: new Date() }).markup);
  };
}

function refresh(context: SignIn): RequestHandler {
  return async (request, response) => {
    const session = context.sessions.find(request);
    if (session?.refreshToken) {
      // Each refresh token works once, and a second use ends the session: two clicks must share one refresh.
      session.refreshing ??= renew(context, session, session.refreshToken).finally(() => {
        delete session.refreshing;
      });
      const failure = await session.refreshing.catch((error: unknown) => error);
      if (isSessionOver(failure)) {
        context.sessions.close(request, response);
        response.status(401).send(sessionOverPage().markup);
        return;
      }
      if (failure) throw failure;
    }
    response.redirect(303, "/");
  };
}

async function renew({ scalekit, accepted }: SignIn, session: Session, refreshToken: string): Promise<void> {
  const renewed = await scalekit.refreshAccessToken(refreshToken);
  // Kept before anything else can fail: the old one is spent.
  session.refreshToken = renewed.refreshToken;
  session.accessToken = renewed.accessToken;
  session.accessClaims = await scalekit.validateToken(renewed.accessToken, accepted);
  session.refreshedAt = new Date();
}

// The SDK reports the answer's status in the message only. Others (429, 5xx, no answer) say nothing about the session.
function isSessionOver(failure: unknown): boolean {
  return failure instanceof Error && /status code 40[01]$/.test(failure.message);
}

function logout({ scalekit, sessions }: SignIn, baseUrl: string): RequestHandler {
  return (request, response) => {
    const idTokenHint = sessions.find(request)?.idToken;
    sessions.close(request, response);
    // The browser itself goes there, since the shared session that is to end is a cookie of that host.
    const postLogoutRedirectUri = `${baseUrl}/signed-out`;
    response.redirect(
      303,
      scalekit.getLogoutUrl({ ...(idTokenHint && { idTokenHint }), postLogoutRedirectUri }),
    );
  };
}

// No form-action: browsers apply it to every redirect after a form, and ours end at the customer's identity provider.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "content-security-policy": contentSecurityPolicy,
    "x-content-type-options": "nosniff",
    // Codes and states in our addresses stay here; `no-referrer` would blank the Origin header that posts are judged by.
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
  });
  next();
};

// SameSite=Lax keeps the session cookie from posts of other sites; this also refuses other ports of localhost, which
// count as the same site.
function refuseForeignPosts(baseUrl: string): RequestHandler {
  const origin = new URL(baseUrl).origin;
  return (request, response, next) => {
    if (request.get("origin") === origin) return next();
    const text = `Only pages of ${origin} may do this. Open the app at that address and try again.`;
    response.status(403).send(problemPage({ title: "Request refused", text }).markup);
  };
}

const unexpected: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  // The message only: the error of a request may hold what the request held.
  process.stderr.write(`demo app: ${error instanceof Error ? error.message : "unknown error"}\n`);
  const text =
    "The sign-in service could not be reached or gave an answer that was not understood. Try again.";
  response.status(502).send(problemPage({ title: "That did not work", text }).markup);
};
