/** The addresses of environments: what a new one is called, and which host names may be one. */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";

const longestLabel = 40;

/** The DNS label that a display name makes: `Staging (EU)` is `staging-eu`; "" when nothing of it fits. */
export function labelOf(displayName: string): string {
  const plain = displayName.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, longestLabel)
    .replace(/^-+|-+$/g, "");
}

/** `label` under the host of an address; undefined when that is an IP address, below which there are no names. */
export function addressBelow(origin: string, label: string): string | undefined {
  const url = new URL(origin);
  if (isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0) return undefined;
  return `${url.protocol}//${label}.${url.host}`;
}

/**
 * The origin with another host name, as an administrator wrote it, with or without a port.
 * @param like whose scheme, and port where none was written, the new address has
 * @returns undefined when the text is no host name
 */
export function addressAt(like: string, text: string): string | undefined {
  const [, name = "", port] = /^([^:/?#@\\]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = asciiHost(name);
  if (host === undefined) return undefined;
  const { protocol, port: samePort } = new URL(like);
  const url = URL.parse(`${protocol}//${host}`);
  if (!url || Number(port ?? "0") > 65_535) return undefined;
  url.port = port ?? samePort;
  return url.origin;
}

/** A host name of at least two labels that can be pointed at an environment; undefined for anything else. */
export function customDomainOf(text: string): string | undefined {
  const host = asciiHost(text.trim());
  return host?.includes(".") && isIP(host) === 0 ? host : undefined;
}

/** RFC 1123 section 2.1, in lower case, IDN as `xn--` labels (RFC 5891). */
const hostName = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const longestHost = 253;

function asciiHost(text: string): string | undefined {
  if (/[/\\?#@:%\s]/.test(text)) return undefined;
  const host = domainToASCII(text.toLowerCase().replace(/\.$/, ""));
  return hostName.test(host) && host.length <= longestHost ? host : undefined;
}
