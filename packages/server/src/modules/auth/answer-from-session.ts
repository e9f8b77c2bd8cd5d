/** The short way of a sign-in: a browser that has a live session gets its code at once, unless the app wants more. */
import { type Ctx, inTransaction } from "../../context.ts";
import * as environments from "../environments/environments.ts";
import * as sessions from "../sessions/sessions.ts";
import { answerApp, type Step } from "./answer.ts";
import * as codes from "./codes.ts";
import type { Browser, SignInRequest } from "./flow.ts";
import type { Target } from "./target.ts";

/** A code from the live session, where it satisfies all that the app asked for; else undefined. */
export async function answerFromSession(
  ctx: Ctx,
  request: SignInRequest,
  target: Target,
  browser: Browser,
): Promise<Step | undefined> {
  if (browser.sessionSecret === undefined || request.prompt.has("login") || request.prompt.has("create"))
    return undefined;
  const session = await sessions.find(ctx, browser.sessionSecret, {
    clientId: request.clientId,
    ...(target.organizationId !== undefined && { organizationId: target.organizationId }),
  });
  if (!session || !satisfies(ctx, session, request, target)) return undefined;
  const organizationId = target.organizationId ?? session.organization_id;
  const answer = async (ctx: Ctx): Promise<Step> => {
    const code = await codes.issue(ctx, {
      ...request,
      organizationId,
      connectionId: session.connection_id ?? "",
      authenticatedAt: session.entered_at ?? session.authenticated_at,
      sessionId: session.id,
    });
    const { publicUrl } = await environments.current(ctx);
    return answerApp(request, publicUrl, { code });
  };
  if (sessions.isUpToDate(session, organizationId, ctx.now())) return answer(ctx);
  return inTransaction(ctx, async (ctx) => {
    const touched = await sessions.touch(ctx, session.id, organizationId);
    if (!touched) return undefined;
    await sessions.joinClient(ctx, touched, request.clientId);
    return answer(ctx);
  });
}

function satisfies(ctx: Ctx, session: sessions.LiveSession, request: SignInRequest, target: Target): boolean {
  // Null: the session never entered the organization that is asked for.
  if (session.entered_at === null || session.membership_status !== "ACTIVE") return false;
  // A sign-in at one organization's identity provider says nothing of when another's was asked.
  const age = (ctx.now().getTime() - session.entered_at.getTime()) / 1000;
  if (request.maxAge !== undefined && age > request.maxAge) return false;
  if (target.exact && session.connection_id !== target.connection?.id) return false;
  if (request.hintedUser !== undefined && request.hintedUser !== session.user_id) return false;
  return request.loginHint === "" || request.loginHint.toLowerCase() === session.email;
}
