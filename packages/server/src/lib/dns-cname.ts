/** CNAME records of a domain name, from the name servers of the system or from those that are named. */
import { Resolver } from "node:dns/promises";

export interface CnameOptions {
  /** `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`; none = those of the system. */
  servers: readonly string[];
  /** How long one server has to answer, in milliseconds; each is asked twice. */
  timeoutMs: number;
}

const tries = 2;
/** The name has no CNAME record, or there is no such name. */
const absent = new Set(["ENODATA", "ENOTFOUND"]);

/**
 * @returns the names that it stands for; empty when it has no such record
 * @throws Error when no server gave an answer; `code` says why, such as ETIMEOUT
 */
export async function resolveCname(name: string, options: CnameOptions): Promise<string[]> {
  const resolver = new Resolver({ timeout: options.timeoutMs, tries });
  if (options.servers.length > 0) resolver.setServers(options.servers);
  try {
    return await resolver.resolveCname(name);
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
