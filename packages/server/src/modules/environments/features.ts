/** The switches of an environment: its mode, and what its organizations may use at all. */
import type { Ctx } from "../../context.ts";
import { changeSettings, storedSettings } from "./change-settings.ts";
import { current, setMode } from "./environments.ts";
import { environmentErrors as errors } from "./errors.ts";
import { reach } from "./reach.ts";
import { type FeatureName, featureNames, settingsOf } from "./settings.ts";

export interface Feature {
  name: string;
  enabled: boolean;
}

const known: readonly string[] = ["fsa", ...featureNames];

/** @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER */
export async function list(ctx: Ctx, id: string): Promise<Feature[]> {
  const at = await reach(ctx, id);
  const { features } = settingsOf(await storedSettings(at));
  return [{ name: "fsa", enabled: (await current(at)).mode === "FULL_STACK_AUTH" }, ...asList(features)];
}

/** The flags of the environment that was called, which anybody may read. */
export async function publicFlags(ctx: Ctx): Promise<Feature[]> {
  const { mode, features } = await current(ctx);
  return [{ name: "fsa", enabled: mode === "FULL_STACK_AUTH" }, ...asList(features)];
}

/**
 * Switches those that are named; the others stay.
 * @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CALLER, ENVIRONMENT_FEATURE_UNKNOWN
 */
export async function set(ctx: Ctx, id: string, wanted: readonly Feature[]): Promise<void> {
  const at = await reach(ctx, id);
  const unknown = wanted.find(({ name }) => !known.includes(name));
  if (unknown) throw errors.ENVIRONMENT_FEATURE_UNKNOWN(unknown.name.slice(0, 60), known.join(", "));
  const mode = wanted.findLast(({ name }) => name === "fsa");
  if (mode) await setMode(at, "", mode.enabled ? "FULL_STACK_AUTH" : "MODULAR_AUTH");
  const others = wanted.filter(({ name }) => name !== "fsa");
  if (others.length === 0) return;
  await changeSettings(at, "features", (_ctx, { stored }) => ({
    ...stored.features,
    ...Object.fromEntries(others.map(({ name, enabled }) => [name, enabled])),
  }));
}

function asList(features: Readonly<Record<FeatureName, boolean>>): Feature[] {
  return Object.entries(features).map(([name, enabled]) => ({ name, enabled }));
}
