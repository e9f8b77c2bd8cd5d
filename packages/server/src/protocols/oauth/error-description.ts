/** The text of an OAuth error. */

/** Only what RFC 6749 sections 4.1.2.1 and 5.2 allow: printable ASCII without quotation mark and backslash. */
export function errorDescription(message: string): string {
  return message.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?");
}
