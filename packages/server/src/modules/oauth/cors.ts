/** CORS for browser apps: any origin that a client has registered, without credentials (Fetch standard). */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { allowsOrigin } from "../clients/redirect-uris.ts";

interface FromBrowser {
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface ToBrowser {
  headers?: Record<string, string | string[]>;
}

/**
 * Runs an endpoint so that a page of a registered origin can read its answer, an error's too: an app that cannot
 * read `invalid_grant` takes the end of its session for a network fault.
 */
export async function readable<Reply extends ToBrowser>(
  ctx: Ctx,
  request: FromBrowser,
  answer: () => Promise<Reply>,
): Promise<Reply> {
  const cors = await corsHeaders(ctx, request);
  try {
    const reply = await answer();
    return { ...reply, headers: { ...reply.headers, ...cors } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, status, message, cause, violations, headers } = error;
    throw new AppError(code, status, message, {
      ...(cause !== undefined && { cause }),
      violations: [...violations],
      headers: { ...headers, ...cors },
    });
  }
}

/** The headers for pages of a registered origin. `Vary` always: what is cached for one reader is no answer for another. */
async function corsHeaders(ctx: Ctx, request: FromBrowser): Promise<Record<string, string>> {
  const origin = request.headers.origin;
  const allowed = typeof origin === "string" && (await allowsOrigin(ctx, origin));
  return allowed ? { "access-control-allow-origin": origin, vary: "Origin" } : { vary: "Origin" };
}

/** The route that answers a browser's question whether it may send a request to `path`. */
export function preflight(path: string) {
  return {
    method: "OPTIONS" as const,
    path,
    errors: "oauth" as const,
    async handle(ctx: Ctx, request: FromBrowser) {
      const headers = await corsHeaders(ctx, request);
      const permission = {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "600",
      };
      return {
        status: 204,
        headers: { ...headers, ...("access-control-allow-origin" in headers && permission) },
      };
    },
  };
}
