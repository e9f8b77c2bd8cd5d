/** What is announced about domains. */
import { event } from "../events/events.ts";
import type { Domain } from "./domains.store.ts";

export type DomainData = ReturnType<typeof domainData>;

export const domainCreated = event<DomainData>("organization.domain_created");
export const domainDeleted = event<DomainData>("organization.domain_deleted");
/** The TXT record was found. */
export const domainVerified = event<DomainData>("organization.domain_dns_verification_success");
/** It did not appear in time, or another organization has proven the domain meanwhile. */
export const domainVerificationFailed = event<DomainData>("organization.domain_dns_verification_failed");

/** A domain as events show it, which is not how the API does. */
export function domainData(domain: Domain) {
  return {
    id: domain.id,
    domain: domain.domain,
    domain_type: domain.type,
    organization_id: domain.organization_id,
    environment_id: domain.environment_id,
    verification_status: domain.verification_status,
    verification_method: domain.verification_method,
    txt_record_key: domain.txt_record_key,
    txt_record_secret: domain.txt_record_secret,
    updated_at: domain.updated_at,
  };
}
