/** DNS records of a domain name, from the name servers of the system or from those that are named. */
import { Resolver } from "node:dns/promises";

export interface DnsOptions {
  /** `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`; none = those of the system. */
  servers: readonly string[];
  /** How long one server has to answer, in milliseconds; each is asked twice. */
  timeoutMs: number;
}

const tries = 2;
/** The name has no such record, or there is no such name. */
const absent = new Set(["ENODATA", "ENOTFOUND"]);

/**
 * The TXT records of a name. A record of several strings is one text (RFC 7208 section 3.3 reads them so).
 * @returns empty when the name has none
 * @throws Error when no server gave an answer; `code` says why, such as ETIMEOUT
 */
export async function resolveTxt(name: string, options: DnsOptions): Promise<string[]> {
  const records = await ask(options, (resolver) => resolver.resolveTxt(name));
  return records.map((strings) => strings.join(""));
}

/**
 * The names that a name stands for by CNAME.
 * @returns empty when the name has no such record
 * @throws Error when no server gave an answer; `code` says why, such as ETIMEOUT
 */
export async function resolveCname(name: string, options: DnsOptions): Promise<string[]> {
  return ask(options, (resolver) => resolver.resolveCname(name));
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

async function ask<Answer>(
  { servers, timeoutMs }: DnsOptions,
  question: (resolver: Resolver) => Promise<Answer[]>,
): Promise<Answer[]> {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers.length > 0) resolver.setServers(servers);
  try {
    return await question(resolver);
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
