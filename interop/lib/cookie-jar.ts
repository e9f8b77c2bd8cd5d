/**
 * The cookies of one browser. They are kept by host, as browsers do, which do not tell ports apart; SameSite is
 * honoured, since a response that is posted from another site must arrive without our Lax cookies.
 */

type Cookie = { value: string; sameSite: string };

/** Holds cookies by host and name; Path and Secure are left out, as all peers are on loopback. */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, Cookie>>();

  /** Keeps what an answer of `url` sets and drops what it clears. */
  take(url: URL, setCookies: string[]): void {
    const cookies = this.#hosts.get(url.hostname) ?? new Map<string, Cookie>();
    this.#hosts.set(url.hostname, cookies);
    for (const line of setCookies) {
      const [pair = "", ...attributes] = line.split(";");
      const name = pair.slice(0, pair.indexOf("=")).trim();
      const value = pair.slice(pair.indexOf("=") + 1).trim();
      if (isPast(attributes)) cookies.delete(name);
      else cookies.set(name, { value, sameSite: attributeOf(attributes, "samesite") ?? "lax" });
    }
  }

  /**
   * The Cookie header of a top-level request.
   * @param crossSitePost a form that another site's page posts, which brings only cookies of SameSite=None
   */
  headerFor(url: URL, crossSitePost: boolean): string {
    return [...(this.#hosts.get(url.hostname) ?? [])]
      .filter(([, { sameSite }]) => !crossSitePost || sameSite === "none")
      .map(([name, { value }]) => `${name}=${value}`)
      .join("; ");
  }
}

function isPast(attributes: string[]): boolean {
  const maxAge = attributeOf(attributes, "max-age");
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = attributeOf(attributes, "expires");
  return expires !== undefined && Date.parse(expires) < Date.now();
}

function attributeOf(attributes: string[], name: string): string | undefined {
  const found = attributes.find((attribute) => attribute.trim().toLowerCase().startsWith(`${name}=`));
  return found
    ?.slice(found.indexOf("=") + 1)
    .trim()
    .toLowerCase();
}
