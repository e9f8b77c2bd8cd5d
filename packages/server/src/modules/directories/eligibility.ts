/**
 * Whom a directory may speak for: people whose address is in a domain that its own organization has verified. Any
 * identity provider can send any address, so all others stay out, whatever the provider says of them.
 */
import type { Ctx } from "../../context.ts";
import { normalizeEmail } from "../../protocols/saml/normalize-email.ts";
import * as domains from "../domains/domains.ts";
import type { Directory } from "./directories.ts";

/** Why no membership follows a person. */
export type LeftOut = "no_address" | "foreign_domain";

export interface Eligibility {
  domains: readonly string[];
  /** The address in the one form in which it is compared, or why it does not count. */
  judge(address: string): { email: string } | { leftOut: LeftOut };
}

/** The rule for the people of one directory, as the organization's domains are now. */
export async function eligibilityOf(ctx: Ctx, { organizationId }: Directory): Promise<Eligibility> {
  const own = await domains.verifiedOf(ctx, organizationId);
  return {
    domains: [...own],
    judge(address) {
      const email = normalizeEmail(address);
      if (email === undefined) return { leftOut: "no_address" };
      return own.has(email.slice(email.lastIndexOf("@") + 1)) ? { email } : { leftOut: "foreign_domain" };
    },
  };
}
