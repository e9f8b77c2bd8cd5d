/** What is announced about the scopes of an environment. */
import { event } from "../events/events.ts";

interface ScopePayload {
  id: string;
  name: string;
  description: string;
  enabled: boolean;
}

export const scopeCreated = event<ScopePayload>("gatehouse.scope.created", "internal");
export const scopeUpdated = event<ScopePayload>("gatehouse.scope.updated", "internal");
export const scopeDeleted = event<ScopePayload>("gatehouse.scope.deleted", "internal");
