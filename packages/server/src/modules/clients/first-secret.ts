/** The first credentials of an environment that was just made: nobody could make any in it, having none. */
import { type Ctx, inTransaction } from "../../context.ts";
import { takeFirstSecret } from "../environments/install.ts";
import * as clients from "./clients.ts";
import * as secrets from "./secrets.ts";

export interface FirstCredentials {
  clientId: string;
  /** Shown this one time. */
  clientSecret: string;
}

/** @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_SECRET_TAKEN */
export async function createFirstSecret(ctx: Ctx, environmentId: string): Promise<FirstCredentials> {
  return inTransaction(ctx, async (ctx) => {
    const at = await takeFirstSecret(ctx, environmentId);
    const { id: clientId } = await clients.getDefault(at);
    return { clientId, clientSecret: await secrets.create(at, clientId) };
  });
}
