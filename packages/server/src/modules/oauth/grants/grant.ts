/** What the token endpoint answers, and how a grant makes it: the same tokens whatever earned them. */
import type { Ctx } from "../../../context.ts";
import type { Client } from "../../clients/clients.ts";
import type { CustomClaim } from "../../clients/settings.ts";
import * as environments from "../../environments/environments.ts";
import * as keys from "../../keys/keys.ts";
import { type Granted, grantedBy } from "../../roles/remembered.ts";
import { accessTokenClaims, idTokenClaims, type Subject, type TokenFacts } from "../claims.ts";
import type { Parameters } from "../parameters.ts";

/** RFC 6749 section 5.1 and OIDC Core 3.1.3.3. */
export interface TokenAnswer {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
  scope: string;
  id_token?: string;
  refresh_token?: string;
}

/** One grant type: its name, and what it does once the client is known and may use it. */
export interface Grant {
  type: string;
  exchange(ctx: Ctx, client: Client, parameters: Parameters): Promise<TokenAnswer>;
}

/** What a grant has found out before tokens are signed. */
export interface Earned {
  subject: Subject;
  scope: string;
  authenticatedAt: Date;
  nonce?: string | null;
  code?: string;
  refreshToken?: string;
}

/** Signs the tokens of a user. Runs after everything is committed: signing takes longer than any query. */
export async function userTokens(ctx: Ctx, client: Client, earned: Earned): Promise<TokenAnswer> {
  const environment = await environments.current(ctx);
  const { lifetimes } = environment;
  const facts: TokenFacts = {
    environment,
    clientId: client.id,
    customClaims: client.custom_claims as unknown as CustomClaim[],
    subject: earned.subject,
    scope: earned.scope,
    now: Math.floor(ctx.now().getTime() / 1000),
    accessTokenLifetime:
      earned.subject.mode === "modular"
        ? lifetimes.modularAccessToken
        : (client.access_token_expiry ?? lifetimes.accessToken),
  };
  const accessToken = await keys.sign(ctx, accessTokenClaims(facts, await grantedTo(ctx, earned.subject)));
  const idToken = await keys.sign(ctx, idTokenClaims(facts, { ...earned, accessToken }));
  return {
    access_token: accessToken,
    id_token: idToken,
    token_type: "Bearer",
    expires_in: Math.floor(facts.now + facts.accessTokenLifetime - ctx.now().getTime() / 1000),
    scope: earned.scope,
    ...(earned.refreshToken !== undefined && { refresh_token: earned.refreshToken }),
  };
}

async function grantedTo(ctx: Ctx, subject: Subject): Promise<Granted | undefined> {
  return subject.mode === "full_stack" ? grantedBy(ctx, subject.member.role_ids) : undefined;
}
