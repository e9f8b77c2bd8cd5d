/** How long a session lasts that begins in an organization now; a running one keeps what it began with. */
import type { Ctx } from "../../context.ts";
import * as environments from "../environments/environments.ts";

/** Seconds. */
export interface Timeouts {
  absolute: number;
  /** Undefined: the session does not end for idleness. */
  idle: number | undefined;
}

export async function timeoutsOf(ctx: Ctx, _organizationId: string): Promise<Timeouts> {
  const { sessionAbsolute, sessionIdle } = (await environments.current(ctx)).lifetimes;
  return { absolute: sessionAbsolute, idle: sessionIdle };
}
