/** Weak entity tags of resources and the two headers that compare them (RFC 7644 section 3.14). */

/**
 * Writes a weak tag.
 *
 * @param version - what changes with each change of the resource; no quotes in it
 */
export function formatEtag(version: string | number): string {
  return `W/"${version}"`;
}

/**
 * Whether a request with If-Match may go on.
 *
 * @param header - the value of If-Match; undefined when absent
 * @param etag - the resource's tag now
 * @returns false: answer 412
 */
export function passesIfMatch(header: string | undefined, etag: string): boolean {
  return header === undefined || lists(header, etag);
}

/**
 * Whether a GET with If-None-Match is answered with 304.
 *
 * @param header - the value of If-None-Match; undefined when absent
 * @param etag - the resource's tag now
 */
export function isNotModified(header: string | undefined, etag: string): boolean {
  return header !== undefined && lists(header, etag);
}

/**
 * Tags are compared weakly, also for If-Match: SCIM's are weak, so the strong comparison of RFC 9110 would never hold.
 * A tag without quotes is taken for one with.
 */
function lists(header: string, etag: string): boolean {
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"|[^\s,]+/g) ?? [];
  return tags.some((tag) => opaque(tag) === opaque(etag));
}

function opaque(tag: string): string {
  return tag.replace(/^W\//i, "").replace(/^"(.*)"$/, "$1");
}
