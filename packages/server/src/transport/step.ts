/** One step of a sign-in at a door: the browser's secrets in, a redirect or a page that posts itself out. */
import { type Browser, type BrowserChange, browserCookies, type CookieSite, readBrowser } from "./browser.ts";
import { type HttpReply, type HttpRequest, redirect } from "./http.ts";
import { submitPage } from "./page.ts";

type Where = { to: "url"; url: string } | { to: "form"; action: string; fields: Record<string, string> };

/**
 * Takes a step in the browser behind a request, and answers it.
 * @param site the environment, which decides what the cookies are called
 */
export async function answerStep(
  request: HttpRequest,
  site: CookieSite,
  take: (browser: Browser) => Promise<Where & BrowserChange>,
): Promise<HttpReply> {
  const step = await take(readBrowser(request, site));
  const cookies = browserCookies(step, site);
  if (step.to === "url") return redirect(step.url, 302, cookies);
  return submitPage({
    title: "Signing you in",
    message: "Your browser goes on by itself. If it does not, press the button.",
    action: step.action,
    fields: step.fields,
    ...(cookies.length > 0 && { headers: { "set-cookie": cookies } }),
  });
}
