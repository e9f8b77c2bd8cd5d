/** TXT records of a domain name, from the name servers of the system or from those that are named. */
import { Resolver } from "node:dns/promises";

export interface DnsOptions {
  /** `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`; none = those of the system. */
  servers: readonly string[];
  /** How long one server has to answer, in milliseconds; each is asked twice. */
  timeoutMs: number;
}

const tries = 2;
/** The name has no TXT record, or there is no such name. */
const absent = new Set(["ENODATA", "ENOTFOUND"]);

/**
 * Looks up the TXT records of a name. A record of several strings is one text (RFC 7208 section 3.3 reads them so).
 * @returns empty when the name has none
 * @throws Error when no server gave an answer; `code` says why, such as ETIMEOUT
 */
export async function resolveTxt(name: string, options: DnsOptions): Promise<string[]> {
  const resolver = new Resolver({ timeout: options.timeoutMs, tries });
  if (options.servers.length > 0) resolver.setServers(options.servers);
  try {
    return (await resolver.resolveTxt(name)).map((strings) => strings.join(""));
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

/** Whether this is the address of a name server that can be asked. */
export function isNameServer(address: string): boolean {
  try {
    new Resolver().setServers([address]);
    return true;
  } catch {
    return false;
  }
}
