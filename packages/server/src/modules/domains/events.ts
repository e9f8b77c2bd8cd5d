/** What is announced about domains. */
import { event } from "../events/events.ts";
import type { Domain } from "./domains.store.ts";

export const domainCreated = event<Domain>("organization.domain_created");
export const domainDeleted = event<Domain>("organization.domain_deleted");
