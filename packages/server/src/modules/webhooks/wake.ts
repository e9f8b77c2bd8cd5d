/**
 * How a change tells the deliveries of its own process that there is something to send, once it has committed. Nothing
 * relies on it: what nobody was told of, because a process ended or another one is idle, is found by the next look.
 */
import type { App } from "../../context.ts";

type Wake = (endpointIds: readonly string[]) => void;

const sleepers = new WeakMap<App, Set<Wake>>();

/** @returns how to be told no more */
export function onWake(app: App, wake: Wake): () => void {
  const told = sleepers.get(app) ?? new Set();
  sleepers.set(app, told.add(wake));
  return () => void told.delete(wake);
}

/** Deliveries of these endpoints are due. */
export function wake(app: App, endpointIds: readonly string[]): void {
  for (const one of sleepers.get(app) ?? []) one(endpointIds);
}
