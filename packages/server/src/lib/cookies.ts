/** Cookies: the header that a browser sends, the header that we set, and the prefix that protects a name. */

export interface CookieOptions {
  /** Absent: until the browser closes. 0 removes the cookie. */
  maxAgeSeconds?: number;
  httpOnly: boolean;
  secure: boolean;
  sameSite: "Strict" | "Lax" | "None";
  path: string;
  /** Absent: only the host that set it. */
  domain?: string;
}

// RFC 6265, section 4.1.1: a token, and octets without blanks, quotes, commas, semicolons and backslashes.
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/;
const DOMAIN = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;

/**
 * Reads a `Cookie` header (RFC 6265, section 5.4). Pairs that are malformed are left out; of two with one name the
 * first counts, which is the one with the longer path.
 * @returns an object without prototype, so that no name reaches an inherited member
 */
export function readCookies(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null);
  if (header === undefined) return cookies;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    const value = pair.slice(equals + 1).trim();
    if (NAME.test(name) && VALUE.test(value) && !(name in cookies)) cookies[name] = value;
  }
  return cookies;
}

/**
 * Writes a `Set-Cookie` header.
 * @throws TypeError when a part cannot stand in a header, or a browser would refuse the cookie in silence
 */
export function cookie(name: string, value: string, options: CookieOptions): string {
  const problem = problemOf(name, value, options);
  if (problem !== undefined) throw new TypeError(`The cookie "${name}" cannot be set: ${problem}`);
  const parts = [`${name}=${value}`, `Path=${options.path}`];
  if (options.domain !== undefined) parts.push(`Domain=${options.domain}`);
  if (options.maxAgeSeconds !== undefined) parts.push(`Max-Age=${options.maxAgeSeconds}`);
  parts.push(`SameSite=${options.sameSite}`);
  if (options.httpOnly) parts.push("HttpOnly");
  if (options.secure) parts.push("Secure");
  return parts.join("; ");
}

/**
 * The name with the prefix that browsers enforce (RFC 6265bis, section 4.1.3): `__Host-` over HTTPS, so that no
 * sibling domain can plant the cookie; `__Secure-` when a cookie domain is set; none over http.
 */
export function cookieName(base: string, site: { https: boolean; domain?: string }): string {
  if (!site.https) return base;
  return site.domain === undefined ? `__Host-${base}` : `__Secure-${base}`;
}

function problemOf(name: string, value: string, options: CookieOptions): string | undefined {
  const { maxAgeSeconds: age, secure, path, domain } = options;
  if (!NAME.test(name)) return "the name is no token";
  if (!VALUE.test(value)) return "the value holds a character that must be encoded first";
  if (!PATH.test(path)) return "the path must start with / and hold no semicolon";
  if (domain !== undefined && !DOMAIN.test(domain)) return "the domain is no host name";
  if (age !== undefined && !(Number.isSafeInteger(age) && age >= 0)) return "Max-Age must be a whole number";
  if (options.sameSite === "None" && !secure) return "SameSite=None needs Secure";
  if (name.startsWith("__Secure-") && !secure) return "the prefix __Secure- needs Secure";
  const hostOnly = secure && path === "/" && domain === undefined;
  if (name.startsWith("__Host-") && !hostOnly) return "the prefix __Host- needs Secure, Path=/ and no Domain";
  return undefined;
}
