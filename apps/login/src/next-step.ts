/** Decides where the browser goes after an address was looked up. */

export interface PendingSignIn {
  /** The id of the sign-in that waits (`req_…`); empty when the page was opened without one. */
  authRequest: string;
  email: string;
}

/**
 * The address that starts the sign-in, with what it has to know.
 * @param uri `auth_initiation_uri` of the method that was found; may be relative to the page's origin
 * @returns undefined for a URI that a browser must not follow: other schemes would run script in our origin
 * (`javascript:`) or send the address in the clear to another host
 */
export function nextStep(uri: string, origin: string, pending: PendingSignIn): URL | undefined {
  if (uri === "" || !URL.canParse(uri, origin)) return undefined;
  const url = new URL(uri, origin);
  if (url.origin !== origin && url.protocol !== "https:") return undefined;
  if (pending.authRequest !== "") url.searchParams.set("auth_request", pending.authRequest);
  url.searchParams.set("login_hint", pending.email);
  return url;
}
