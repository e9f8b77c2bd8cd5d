/** The address of the client, as far as it can be believed behind proxies. */
import type { IncomingHttpHeaders } from "node:http";
import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Makes the reader of client addresses.
 * @param trustedProxies CIDRs or single addresses; `X-Forwarded-For` counts only when one of them sent it
 * @returns a function of the socket's address and the request's headers; the rightmost address that no trusted
 * proxy has, since everything left of it was written by somebody we do not trust
 * @throws Error naming the entry that is neither a CIDR nor an address
 */
export function clientIpReader(
  trustedProxies: readonly string[],
): (socketAddress: string | undefined, headers: IncomingHttpHeaders) => string {
  const ranges = trustedProxies.map(parseRange);
  return (socketAddress, headers) => {
    const direct = normalized(socketAddress ?? "") ?? "";
    const forwarded = headers["x-forwarded-for"];
    if (ranges.length === 0 || forwarded === undefined || !isTrusted(direct, ranges)) return direct;
    return rightmostUntrusted(direct, String(forwarded), ranges);
  };
}

function rightmostUntrusted(direct: string, forwarded: string, ranges: readonly Range[]): string {
  let client = direct;
  for (const hop of forwarded.split(",").reverse()) {
    const address = normalized(hop.trim());
    // What cannot be read was not written by our proxy: the chain ends here.
    if (address === undefined) return client;
    client = address;
    if (!isTrusted(address, ranges)) return client;
  }
  return client;
}

function parseRange(text: string): Range {
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    throw new Error(
      `GATEHOUSE_TRUSTED_PROXIES holds "${text}": it must be an address or a CIDR such as 10.0.0.0/8`,
    );
  }
}

/** The one spelling of an address: IPv4 in IPv6 (`::ffff:10.0.0.1`) counts as IPv4. */
function normalized(text: string): string | undefined {
  // What every request passes: Node takes dotted decimals only in the one spelling, and ten times faster.
  if (isIPv4(text)) return text;
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : undefined;
}

function isTrusted(address: string, ranges: readonly Range[]): boolean {
  if (address === "") return false;
  const parsed = ipaddr.parse(address);
  return ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits));
}
