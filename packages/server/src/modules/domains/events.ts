/** What is announced about domains. */
import { event } from "../events/events.ts";
import type { Domain } from "./domains.store.ts";

export const domainCreated = event<Domain>("organization.domain_created");
export const domainDeleted = event<Domain>("organization.domain_deleted");
/** The TXT record was found. */
export const domainVerified = event<Domain>("organization.domain_dns_verification_success");
/** It did not appear in time, or another organization has proven the domain meanwhile. */
export const domainVerificationFailed = event<Domain>("organization.domain_dns_verification_failed");
