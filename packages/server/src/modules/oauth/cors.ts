/** CORS for browser apps: any origin that a client has registered, without credentials (decisions, Fetch standard). */
import type { Ctx } from "../../context.ts";
import * as clients from "../clients/clients.ts";

interface FromBrowser {
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The headers that let a page of a registered origin read the answer; none for other requests. */
export async function corsHeaders(ctx: Ctx, request: FromBrowser): Promise<Record<string, string>> {
  const origin = request.headers.origin;
  if (typeof origin !== "string") return {};
  const allowed = await clients.allowsOrigin(ctx, origin);
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
