/** The domains that organizations have verified, as processes remember them: directories ask for them at each change. */
import { memoryOf } from "../../remembered.ts";
import { listVerified } from "./domains.store.ts";

/** The names of an organization's verified domains, in ASCII and lower case. */
export const ownDomains = memoryOf("organization-domains", async (at, organizationId) => {
  return new Set(await listVerified(at, organizationId));
});
