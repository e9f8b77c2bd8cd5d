/** What programs and browsers send to a server of ours, by plain requests: API calls, and a whole sign-in. */
import { readForm } from "../packages/server/src/testing/browser.ts";

/** Where an app of these journeys would receive its answers; nobody listens there. */
export const CALLBACK = "http://localhost:5555/callback";

export interface Credentials {
  clientId: string;
  clientSecret: string;
}

/** Exchanges something at the token endpoint. */
export async function postToken(origin: string, client: Credentials, form: Record<string, string>) {
  const body = new URLSearchParams({
    client_id: client.clientId,
    client_secret: client.clientSecret,
    ...form,
  });
  const answer = await fetch(`${origin}/oauth/token`, { method: "POST", body });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

/** Calls the management API; a body makes it a POST. */
export async function callApi(origin: string, client: Credentials, path: string, body?: object) {
  const token = await postToken(origin, client, { grant_type: "client_credentials" });
  const answer = await fetch(`${origin}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token.body.access_token}`, "content-type": "application/json" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the API answers.
  return { status: answer.status, body: (await answer.json()) as any };
}

/** A browser whose requests reach several servers in turn, as behind a load balancer. */
export class BalancedBrowser {
  readonly cookies = new Map<string, string>();
  /** Every value that must stay between the browser and the servers: cookies, form fields, query parameters. */
  readonly carried = new Set<string>();
  /** Every `Set-Cookie` header. */
  readonly setCookies: string[] = [];
  readonly #origins: readonly string[];
  #requests = 0;

  /** @param origins of the servers */
  constructor(...origins: string[]) {
    this.#origins = origins;
  }

  /**
   * Signs Ada in through a simulated identity provider.
   * @param query of /oauth/authorize beside the usual: who signs in where
   * @returns the query of the app's callback
   */
  async signIn(clientId: string, query: Record<string, string>): Promise<URLSearchParams> {
    const request = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: CALLBACK,
      scope: "openid profile email offline_access",
      state: "state-1",
      ...query,
    });
    let at = await this.#follow(`/oauth/authorize?${request}`);
    // The chooser, then (SAML) the form that posts itself.
    for (let form = readForm(at.body); form.action !== ""; form = readForm(at.body)) {
      const chosen: Record<string, string> = form.action.startsWith("/simulator/") ? { person: "ada" } : {};
      at = await this.#follow(form.action, { ...form.fields, ...chosen });
    }
    if (!at.location.startsWith(CALLBACK))
      throw new Error(`ended at ${at.status} ${at.location}\n${at.body}`);
    return new URL(at.location).searchParams;
  }

  async #follow(first: string, form?: Record<string, string>) {
    let at = await this.#send(first, form);
    while (at.location !== "" && !at.location.startsWith(CALLBACK)) at = await this.#send(at.location);
    return at;
  }

  async #send(where: string, form?: Record<string, string>) {
    const origin = this.#origins[this.#requests++ % this.#origins.length] ?? "";
    const { pathname, search, searchParams } = new URL(where, origin);
    const answer = await fetch(origin + pathname + search, {
      redirect: "manual",
      headers: { accept: "text/html", cookie: [...this.cookies].map((pair) => pair.join("=")).join("; ") },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      this.setCookies.push(line);
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    for (const value of [...this.cookies.values(), ...Object.values(form ?? {}), ...searchParams.values()]) {
      this.carried.add(value);
    }
    const location = answer.headers.get("location");
    return {
      status: answer.status,
      body: await answer.text(),
      location: location === null ? "" : new URL(location, origin).href,
    };
  }
}
