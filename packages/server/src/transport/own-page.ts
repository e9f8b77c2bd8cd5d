/** Tells requests of our own pages from those that a stranger's page makes a browser send along with our cookies. */

/**
 * Whether a request that carries a cookie may count as its owner's will. SameSite=Lax alone lets pages of sibling
 * domains through. Programs that are no browsers say nothing of where they come from, and have nobody to mislead.
 * @param headers `sec-fetch-site` (W3C Fetch Metadata) decides; browsers that leave it out, on plain http, send `origin`
 */
export function isOwnPage(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  const site = headers["sec-fetch-site"];
  // "none" is the user's own doing: a bookmark, the address bar.
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (headers.origin === undefined) return true;
  const host = String(headers.host ?? headers[":authority"] ?? "").toLowerCase();
  return URL.parse(String(headers.origin))?.host === host;
}
