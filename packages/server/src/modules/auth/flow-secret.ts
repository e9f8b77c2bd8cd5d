/**
 * The secret of the flow cookie, which binds sign-ins to the browser that began them; tabs of one browser share it.
 * A MAC tells that we made it, so that a made-up value is not taken over. It does not help against one that somebody
 * got from us and planted in another's browser: that is what the `__Host-` prefix does, over HTTPS.
 */
import type { Ctx } from "../../context.ts";
import { equalSecret, newSecret } from "../../lib/secrets.ts";
import type { Browser } from "./flow.ts";

export function newFlowSecret(ctx: Ctx): string {
  const random = newSecret();
  return `${random}.${markOf(ctx, random)}`;
}

/** The browser's present secret, if it is one of ours. */
export function ownFlowSecret(ctx: Ctx, { flowSecret }: Browser): string | undefined {
  const [random = "", mark = ""] = flowSecret?.split(".") ?? [];
  return equalSecret(mark, markOf(ctx, random)) ? flowSecret : undefined;
}

function markOf(ctx: Ctx, random: string): string {
  return ctx.app.keys.mac(random, `flow cookie of ${ctx.environmentId}`).toString("base64url");
}
