/** A browser without a screen for tests of the protocol: cookies, redirects by hand, and forms that post themselves. */

export interface Visit {
  status: number;
  headers: Headers;
  body: string;
  /** Where a redirect leads, absolute; "" when there is none. */
  location: string;
}

/** Cookies are kept by name for one site, as a browser keeps them between two requests. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();
  readonly #site: string;

  constructor(site: string) {
    this.#site = site;
  }

  /** One request; redirects are not followed. Cookies go to the site only, and on cross-site posts none go (Lax). */
  async visit(
    url: string,
    init: { form?: Record<string, string>; crossSite?: boolean } = {},
  ): Promise<Visit> {
    const ours = new URL(url).origin === this.#site;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const sends = ours && cookie !== "" && !(init.crossSite === true && init.form !== undefined);
    const answer = await fetch(url, {
      redirect: "manual",
      headers: {
        accept: "text/html",
        ...(sends && { cookie }),
        ...(init.crossSite && { "sec-fetch-site": "cross-site" }),
      },
      ...(init.form && { method: "POST", body: new URLSearchParams(init.form) }),
    });
    if (ours) this.#keep(answer.headers.getSetCookie());
    const location = answer.headers.get("location");
    return {
      status: answer.status,
      headers: answer.headers,
      body: await answer.text(),
      location: location === null ? "" : new URL(location, url).href,
    };
  }

  /** Follows redirects while they stay on the site; returns the visit that leaves it or ends. */
  async follow(
    url: string,
    init: { form?: Record<string, string>; crossSite?: boolean } = {},
  ): Promise<Visit> {
    let visit = await this.visit(url, init);
    for (let hops = 0; hops < 10 && visit.location.startsWith(`${this.#site}/`); hops++) {
      visit = await this.visit(visit.location);
    }
    return visit;
  }

  #keep(setCookies: string[]): void {
    for (const line of setCookies) {
      const [pair = ""] = line.split(";");
      const name = pair.slice(0, pair.indexOf("="));
      const value = pair.slice(pair.indexOf("=") + 1);
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

/** The hidden fields of the one form of a page that posts itself, and where it posts them. */
export function readForm(page: string): { action: string; fields: Record<string, string> } {
  const action = /<form[^>]*action="([^"]*)"/.exec(page)?.[1] ?? "";
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  const fields = inputs.map(([, name = "", value = ""]) => [unescapeHtml(name), unescapeHtml(value)]);
  return { action: unescapeHtml(action), fields: Object.fromEntries(fields) };
}

function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
