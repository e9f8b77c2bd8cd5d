/** The network that one subscriber controls: what limits and locks count, instead of a single address. */
import ipaddr from "ipaddr.js";

/** A home or a server gets at least a /64 (RFC 6177 section 2), so its owner has 2^64 addresses to turn through. */
const groupsOfSubscriber = 4;

/**
 * @param address as `transport/client-ip.ts` gives it
 * @returns the first 64 bits of an IPv6 address, as `2001:db8:0:1::/64`; anything else as it is
 */
export function networkOf(address: string): string {
  if (!address.includes(":") || !ipaddr.IPv6.isValid(address)) return address;
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, groupsOfSubscriber);
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}
