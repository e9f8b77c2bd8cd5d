/** What is announced about organizations. */
import { event } from "../events/events.ts";
import type { Organization } from "./organizations.store.ts";

export const organizationCreated = event<Organization>("organization.created");
export const organizationUpdated = event<Organization>("organization.updated");
export const organizationDeleted = event<Organization>("organization.deleted");
