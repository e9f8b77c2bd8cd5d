/**
 * A browser without a screen: it keeps cookies, follows redirects, and sends by itself the forms that carry SAML
 * messages, as the script of such a page does. It stops where somebody has to act, and at the app's own addresses.
 */
import { CookieJar } from "./cookie-jar.ts";
import { type Form, formsOf, textOf } from "./html.ts";

/** Where the browser has stopped. */
export type Page = { url: string; status: number; body: string };

type Request = { url: string; method: "GET" | "POST"; fields?: Record<string, string>; from?: string };

const MOST_HOPS = 25;

/** One browser of one person. */
export class Browser {
  /** Each request that it made, as `METHOD address`, with the form that it sent. */
  readonly history: { request: string; fields: Record<string, string> }[] = [];
  /** The starts of addresses at which it stops without asking anybody. */
  readonly stops: string[];
  readonly #jar = new CookieJar();

  constructor(...stops: string[]) {
    this.stops = stops;
  }

  /** Goes to an address that somebody typed, or that the app at `from` leads to. */
  open(url: string, from?: string): Promise<Page> {
    return this.#go({ url, method: "GET", ...(from !== undefined && { from }) });
  }

  /**
   * Fills in the form of a page that has all the fields named, and sends it.
   * @throws when the page has no such form
   */
  submit(page: Page, values: Record<string, string>): Promise<Page> {
    const names = Object.keys(values);
    const form = formsOf(page.body, page.url).find(({ fields }) => names.every((name) => name in fields));
    if (!form) throw new Error(`no form with ${names.join(", ")} at ${describePage(page)}`);
    return this.#send({ ...form, fields: { ...form.fields, ...values } }, page.url);
  }

  /** Posts a form that no page offered, as a page of another site would. */
  post(url: string, fields: Record<string, string>): Promise<Page> {
    return this.#send({ action: url, method: "POST", fields }, "http://elsewhere.invalid/");
  }

  #send({ action, method, fields }: Form, from: string): Promise<Page> {
    if (method === "POST") return this.#go({ url: action, method, fields, from });
    const url = new URL(action);
    for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    return this.#go({ url: url.href, method, from });
  }

  async #go(first: Request): Promise<Page> {
    let request = first;
    let crossed = false;
    for (let hops = 0; hops < MOST_HOPS; hops++) {
      const { url, from } = request;
      if (this.stops.some((stop) => url.startsWith(stop))) return { url, status: 0, body: "" };
      crossed ||= from !== undefined && new URL(from).hostname !== new URL(url).hostname;
      const answer = await this.#ask(request, crossed);
      const body = await answer.text();
      const next = nextOf(request, answer, body);
      if (!next) return { url, status: answer.status, body };
      // A page that sends its form starts afresh: what counts is its own site.
      if (next.method === "POST" && answer.status < 300) crossed = false;
      request = next;
    }
    throw new Error(`more than ${MOST_HOPS} redirects, the last one to ${request.url}`);
  }

  async #ask({ url, method, fields, from }: Request, crossSite: boolean): Promise<Response> {
    const address = new URL(url);
    this.history.push({ request: `${method} ${url}`, fields: fields ?? {} });
    const cookie = this.#jar.headerFor(address, crossSite && method === "POST");
    const answer = await fetch(address, {
      method,
      redirect: "manual",
      headers: {
        accept: "text/html,application/xhtml+xml",
        "sec-fetch-site": from === undefined ? "none" : crossSite ? "cross-site" : "same-origin",
        "sec-fetch-mode": "navigate",
        ...(cookie !== "" && { cookie }),
        ...(method === "POST" && from !== undefined && { origin: new URL(from).origin }),
      },
      ...(method === "POST" && { body: new URLSearchParams(fields) }),
    });
    this.#jar.take(address, answer.headers.getSetCookie());
    return answer;
  }
}

/** Where a page is and what it says, for an error. */
export function describePage({ url, status, body }: Page): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname} (${status}): ${textOf(body)}`;
}

function nextOf(request: Request, answer: Response, body: string): Request | undefined {
  const location = answer.headers.get("location");
  if (location !== null && answer.status >= 300 && answer.status < 400) {
    const url = new URL(location, request.url).href;
    const keeps = answer.status === 307 || answer.status === 308;
    return keeps ? { ...request, url } : { url, method: "GET", from: request.from ?? request.url };
  }
  const form = formsOf(body, request.url).find(
    ({ fields }) => "SAMLRequest" in fields || "SAMLResponse" in fields,
  );
  return form && { url: form.action, method: form.method, fields: form.fields, from: request.url };
}
