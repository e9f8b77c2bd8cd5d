/** What can go wrong with environments. */
import { defineErrors } from "../../errors.ts";

export const environmentErrors = defineErrors({
  ENVIRONMENT_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `There is no environment ${id} that this caller may use`,
  ],
  ENVIRONMENT_CALLER: [
    "PERMISSION_DENIED",
    "This concerns the whole environment: call as the application or from the dashboard",
  ],
  ENVIRONMENT_CREATION_CLOSED: [
    "PERMISSION_DENIED",
    "Only the application of the first environment, or a member of the dashboard, may create environments",
  ],
  ENVIRONMENT_SECRET_TAKEN: [
    "FAILED_PRECONDITION",
    "The first credentials of this environment were handed out already: make further ones with a secret of its own, or in the dashboard",
  ],
  ENVIRONMENT_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) => `This install has ${most} environments, and no more are made`,
  ],
  ENVIRONMENT_DOMAIN_TAKEN: [
    "ALREADY_EXISTS",
    (host: string) => `The address ${host} already exists: another environment of this install answers there`,
  ],
  ENVIRONMENT_HOST_NAMELESS: [
    "FAILED_PRECONDITION",
    (host: string) =>
      `Environments get names below the host of the first one, and ${host} is an address: set GATEHOUSE_URL to a host name`,
  ],
  ENVIRONMENT_DOMAIN_FIXED: [
    "FAILED_PRECONDITION",
    "The address of the first environment is GATEHOUSE_URL: change it there and start again, or give the environment a custom domain",
  ],
  ENVIRONMENT_FEATURE_UNKNOWN: [
    "INVALID_ARGUMENT",
    (name: string, known: string) => `There is no feature "${name}": value must be in list [${known}]`,
  ],
  ENVIRONMENT_CONTEXT_TOO_LARGE: [
    "INVALID_ARGUMENT",
    (bytes: number, most: number) => `The context has ${bytes} bytes as JSON: at most ${most} are kept`,
  ],
  ENVIRONMENT_CUSTOMIZATION_TOO_LARGE: [
    "INVALID_ARGUMENT",
    (bytes: number, most: number) => `The customization has ${bytes} bytes as JSON: at most ${most} are kept`,
  ],
  CUSTOM_DOMAIN_MISSING: [
    "FAILED_PRECONDITION",
    "The environment has no custom domain: create one, then add its DNS records",
  ],
  CUSTOM_DOMAIN_RECORDS: [
    "FAILED_PRECONDITION",
    (domain: string, wanted: string, seen: string) =>
      `${domain} must be a CNAME of ${wanted}; the DNS says: ${seen}`,
  ],
  SAML_CERTIFICATE_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) =>
      `The environment has ${most} valid SAML certificates, and no more are made: set certificate_id of the connections to the newest of them`,
  ],
});
