/**
 * Which addresses a customer's URL may lead to: those of the public internet, and what the operator allows by
 * GATEHOUSE_OUTBOUND_ALLOW. Pure; `safe-fetch.ts` asks it at the moment of each connection.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where a URL points: host name in lower case or address without brackets, port as a number. */
export interface Target {
  protocol: string;
  hostname: string;
  port: number;
}

export interface OutboundPolicy {
  /**
   * Judges one resolved address of the target.
   * @returns undefined when it may be connected to, else why not
   */
  judge(target: Target, address: string): "address_refused" | "scheme_refused" | undefined;
  /** False when the scheme can be refused before any name is resolved. */
  mayUseScheme(target: Target): boolean;
}

interface AllowedHost {
  hostname: string;
  port: number | undefined;
}

interface AllowedNetwork {
  network: [Address, number];
  port: number | undefined;
}

/**
 * @param options.allow entries `host`, `host:port`, `address`, `address:port`, `[v6]:port` or CIDR. A host may then
 * resolve to anything and speak http; an address or network may be reached under any name and speak http
 * @param options.allowHttp http to public addresses too
 * @throws TypeError naming the entry that cannot be read
 */
export function createOutboundPolicy(options: {
  allow: readonly string[];
  allowHttp: boolean;
}): OutboundPolicy {
  const entries = options.allow.map(parseAllowEntry);
  const hosts = entries.filter((entry) => "hostname" in entry);
  const networks = entries.filter((entry) => "network" in entry);
  const allowsHost = (target: Target): boolean =>
    hosts.some((entry) => entry.hostname === bareName(target.hostname) && hasPort(entry, target));
  return {
    judge(target, text) {
      const address = parseAddress(text);
      if (address === undefined) return "address_refused";
      if (allowsHost(target)) return undefined;
      if (networks.some((entry) => hasPort(entry, target) && contains(entry.network, address)))
        return undefined;
      if (!isPublic(address)) return "address_refused";
      return target.protocol === "https:" || options.allowHttp ? undefined : "scheme_refused";
    },
    mayUseScheme(target) {
      if (target.protocol === "https:") return true;
      return target.protocol === "http:" && (options.allowHttp || networks.length > 0 || allowsHost(target));
    },
  };
}

/** Tells whether an address in its usual text form is one of the public internet; false for what is no address. */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isPublic(address);
}

// RFC 6052: an address of the IPv4 internet as seen from a network that speaks IPv6 only.
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
// RFC 3587: global unicast. All else (loopback, mapped, site-local, IPv4-compatible, NAT64 of RFC 8215) is refused.
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
// RFC 9637: documentation; not in the library's table.
const DOCUMENTATION = ipaddr.IPv6.parseCIDR("3fff::/20");

/** "unicast" is what the library calls an address in none of its tables of special ranges (RFC 6890 and later). */
function isPublic(address: Address): boolean {
  if (isV4(address)) return address.range() === "unicast";
  if (address.match(NAT64)) return isPublic(new ipaddr.IPv4(address.toByteArray().slice(12)));
  return address.match(GLOBAL_UNICAST) && !address.match(DOCUMENTATION) && address.range() === "unicast";
}

function isV4(address: Address): address is ipaddr.IPv4 {
  return address.kind() === "ipv4";
}

/** Mapped addresses (`::ffff:10.0.0.1`) become IPv4; a zone (`fe80::1%eth0`) changes nothing about the address. */
function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/%.*$/, "");
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare);
}

function contains(network: [Address, number], address: Address): boolean {
  return network[0].kind() === address.kind() && address.match(network);
}

function hasPort(entry: { port: number | undefined }, target: Target): boolean {
  return entry.port === undefined || entry.port === target.port;
}

function bareName(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, "");
}

function parseAllowEntry(entry: string): AllowedHost | AllowedNetwork {
  if (ipaddr.isValidCIDR(entry)) return { network: ipaddr.parseCIDR(entry), port: undefined };
  const alone = parseAddress(entry);
  if (alone !== undefined) return { network: wholeAddress(alone), port: undefined };
  const [, host = "", digits] = /^(\[[^\]]+\]|[^:/?#@]+)(?::([0-9]{1,5}))?$/.exec(entry) ?? [];
  const hostname = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, "") ?? "";
  const port = digits === undefined ? undefined : Number(digits);
  if (hostname === "" || (port !== undefined && (port < 1 || port > 65535))) {
    throw new TypeError(`GATEHOUSE_OUTBOUND_ALLOW has "${entry}": it must be host, host:port or CIDR`);
  }
  const address = parseAddress(hostname);
  return address ? { network: wholeAddress(address), port } : { hostname: bareName(hostname), port };
}

function wholeAddress(address: Address): [Address, number] {
  return [address, isV4(address) ? 32 : 128];
}
