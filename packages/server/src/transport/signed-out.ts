/** The end of a sign-out at a door: onwards to an app or identity provider, or our page that says so. */
import { type BrowserChange, browserCookies, type CookieSite } from "./browser.ts";
import { type HttpReply, type HttpRequest, redirect } from "./http.ts";
import { html, page, submitPage } from "./page.ts";

type Where =
  | { to: "url"; url: string }
  | { to: "form"; action: string; fields: Record<string, string> }
  | { to: "page"; note?: string };

/**
 * Answers a sign-out.
 * @param site the environment, which decides what the cookies are called
 * @param step where the browser goes; `note` says what is left to know beside that the user is signed out here
 */
export function answerSignOut(
  request: HttpRequest,
  site: CookieSite,
  step: Where & BrowserChange,
): HttpReply {
  const cookies = browserCookies(step, site);
  const headers = cookies.length > 0 ? { headers: { "set-cookie": cookies } } : {};
  if (step.to === "url") return redirect(step.url, request.method === "POST" ? 303 : 302, cookies);
  if (step.to === "form") {
    return submitPage({
      title: "Signing you out",
      message: "Your browser goes on by itself. If it does not, press the button.",
      action: step.action,
      fields: step.fields,
      // Identity providers that sign out of many apps at once load each in a frame of theirs.
      framedByTarget: true,
      ...headers,
    });
  }
  const left = step.note
    ? html`<p>Your identity provider has not confirmed that you are signed out there, too: sign out there by hand if you share this computer.</p><p class="what">${step.note}</p>`
    : html``;
  return page({
    title: "Signed out",
    body: html`<h1>You are signed out</h1><p>You can close this window, or go back to the app to sign in again.</p>${left}`,
    ...headers,
  });
}
