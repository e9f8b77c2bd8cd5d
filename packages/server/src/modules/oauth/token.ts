/**
 * The token endpoint (RFC 6749 section 3.2), in numbered order: parameters, client, grant type, may this client
 * use it, exchange. A grant fills in the last step and cannot forget another.
 */
import type { Ctx } from "../../context.ts";
import * as clients from "../clients/clients.ts";
import { authenticateLimited } from "./client-limits.ts";
import { oauthErrors as errors } from "./errors.ts";
import { authorizationCode } from "./grants/authorization-code.ts";
import { clientCredentials } from "./grants/client-credentials.ts";
import type { Grant, TokenAnswer } from "./grants/grant.ts";
import { refreshToken } from "./grants/refresh-token.ts";
import { type Parameters, required } from "./parameters.ts";

const grants: readonly Grant[] = [authorizationCode, refreshToken, clientCredentials];

/** @throws invalid_request, invalid_client, unsupported_grant_type, unauthorized_client, invalid_grant, invalid_scope */
export async function exchange(
  ctx: Ctx,
  parameters: Parameters,
  authorization: string | undefined,
): Promise<TokenAnswer> {
  const type = required(parameters, "grant_type");
  const client = await authenticateClient(ctx, parameters, authorization);
  const grant = grants.find((candidate) => candidate.type === type);
  if (!grant) throw errors.unsupported_grant_type(type.slice(0, 60));
  if (!client.grant_types.includes(type) || (clients.isPublic(client) && grant === clientCredentials)) {
    throw errors.unauthorized_client(type);
  }
  return grant.exchange(ctx, client, parameters);
}

/**
 * The client of a request, by the form or by HTTP Basic (RFC 6749 section 2.3.1). A Bearer header is none of
 * ours: some SDKs send a stale one along with credentials in the form.
 * @throws invalid_client; invalid_request when both ways are used at once; RATE_LIMITED
 */
export async function authenticateClient(
  ctx: Ctx,
  parameters: Parameters,
  authorization: string | undefined,
): Promise<clients.Client> {
  const basic = readBasic(authorization);
  if (!basic)
    return authenticateLimited(ctx, parameters.get("client_id") ?? "", parameters.get("client_secret"));
  if (parameters.has("client_secret")) {
    throw errors.invalid_request("The client authenticated twice: use the form or the Authorization header");
  }
  const named = parameters.get("client_id");
  if (named !== undefined && named !== basic.id) throw errors.invalid_client();
  return authenticateLimited(ctx, basic.id, basic.secret);
}

function readBasic(authorization: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw errors.invalid_client();
  try {
    return { id: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) };
  } catch {
    throw errors.invalid_client();
  }
}

/** Credentials in the header are form-encoded first (RFC 6749 appendix B). */
function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
