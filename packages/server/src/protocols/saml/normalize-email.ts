/** Brings an e-mail address into the one form that is stored and compared, or refuses it. */
import { domainToASCII } from "node:url";

// RFC 5322 dot-atom; a quoted local part is legal but never seen, and easily read in two ways.
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/**
 * Normalises first (trim, NFKC, lower case, domain to A-labels), then validates the result; lengths of RFC 5321
 * 4.5.3.1. Checking before normalising is what let a full-width "@" through elsewhere.
 *
 * @param input - the address as received
 * @returns the address, or undefined when it is refused: a look-alike of "@", a local part outside ASCII, no domain
 */
export function normalizeEmail(input: string): string | undefined {
  const normalized = input.trim().normalize("NFKC").toLowerCase();
  const [local = "", rawDomain = "", ...more] = normalized.split("@");
  // NFKC turns U+FF20 and U+FE6B into "@": the count must not change by it.
  if (more.length > 0 || input.split("@").length !== 2) return undefined;
  if (/[^\p{L}\p{N}\p{M}.-]/u.test(rawDomain)) return undefined;
  const domain = domainToASCII(rawDomain).toLowerCase();
  if (!LOCAL_PART.test(local) || !DOMAIN.test(domain)) return undefined;
  return local.length <= 64 && local.length + domain.length < 254 ? `${local}@${domain}` : undefined;
}
