/** Which addresses the operator lets requests to customers' URLs reach in spite of the rules of the guarded fetch. */
import type { Config } from "./config.ts";

/** In development our own address is reachable, since the simulated identity providers live there. */
export function reachable(config: Config): string[] {
  if (config.mode === "production") return config.outboundAllow;
  return [...config.outboundAllow, new URL(config.publicUrl).host];
}
