/** What can go wrong with domains. */
import { defineErrors } from "../../errors.ts";

export const domainErrors = defineErrors({
  DOMAIN_NOT_FOUND: ["NOT_FOUND", (id: string) => `There is no domain ${id} in this organization`],
  DOMAIN_EXISTS: [
    "INVALID_ARGUMENT",
    (domain: string) => `The domain ${domain} already exists: a domain belongs to one organization`,
  ],
  DOMAIN_INVALID: [
    "INVALID_ARGUMENT",
    (domain: string) =>
      `"${domain}" is not a domain name: give the part behind the @ of an address, like acme.com`,
  ],
  DOMAIN_PUBLIC: [
    "INVALID_ARGUMENT",
    (domain: string) => `${domain} is open to everybody: give a domain that the organization owns`,
  ],
});
