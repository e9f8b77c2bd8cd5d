/** What is announced about environments. */
import { event } from "../events/events.ts";

interface EnvironmentPayload {
  id: string;
  name: string;
  public_url: string;
}

/** Emitted in the new environment, not in the caller's. */
export const environmentCreated = event<EnvironmentPayload>("gatehouse.environment.created", "internal");
/** Its name, address or mode. */
export const environmentUpdated = event<EnvironmentPayload>("gatehouse.environment.updated", "internal");
/** Which group of settings changed; the values are read where they stand. */
export const environmentSettingsUpdated = event<{ id: string; settings: string }>(
  "gatehouse.environment.settings_updated",
  "internal",
);
