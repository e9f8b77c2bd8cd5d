/** How often a client may authenticate, and how often somebody may try to with a wrong secret. */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { networkOf } from "../../lib/address-network.ts";
import { requireNotExceeded, requireWithin } from "../../limits.ts";
import * as clients from "../clients/clients.ts";

/** Anybody may send any client id: what cannot be one of ours shares one count. */
const wellFormedId = /^\w{1,40}$/;

/**
 * Authenticates a client (`clients.authenticate`) within the limits. Wrong secrets count against the address that
 * sent them, for the client and for all clients, and never against the client itself: else anybody could lock an app
 * out with its id alone. Nor do requests count against it before its secret is proven, and those of public clients
 * (which prove nothing) count by address only.
 * @throws invalid_client; RATE_LIMITED, which from a used-up address answers the right secret, too
 */
export async function authenticateLimited(
  ctx: Ctx,
  id: string,
  secret: string | undefined,
): Promise<clients.Client> {
  if (ctx.app.limits === undefined) return clients.authenticate(ctx, id, secret);
  const address = networkOf(ctx.request.ip);
  const pair = `${address} ${wellFormedId.test(id) ? id : "malformed"}`;
  requireNotExceeded(ctx.app, "wrongSecretsPerAddress", address);
  requireNotExceeded(ctx.app, "wrongSecretsPerClient", pair);
  const client = await authenticate(ctx, id, secret, () => {
    ctx.app.limits?.count("wrongSecretsPerAddress", address);
    ctx.app.limits?.count("wrongSecretsPerClient", pair);
  });
  if (!clients.isPublic(client)) requireWithin(ctx.app, "tokensPerClient", client.id);
  return client;
}

async function authenticate(
  ctx: Ctx,
  id: string,
  secret: string | undefined,
  onWrong: () => void,
): Promise<clients.Client> {
  try {
    return await clients.authenticate(ctx, id, secret);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_client") onWrong();
    throw error;
  }
}
