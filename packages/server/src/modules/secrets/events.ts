/** What is announced about secrets: which one changed, never its value. */
import { event } from "../events/events.ts";

interface SecretPayload {
  id: string;
  type: string;
  suffix: string;
}

export const secretCreated = event<SecretPayload>("gatehouse.secret.created", "internal");
export const secretRotated = event<SecretPayload>("gatehouse.secret.rotated", "internal");
export const secretDeleted = event<SecretPayload>("gatehouse.secret.deleted", "internal");
