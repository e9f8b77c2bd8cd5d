/**
 * The cookies of one browser of one flow. Domain, Path and SameSite are left out: a jar belongs to one server, and a
 * flow that must send no cookies (a POST from another site) sends none by itself.
 */
import type { Answer } from "./http-client.ts";

/** Holds cookies by name. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** Keeps what the answer sets and drops what it clears. */
  take(answer: Answer): void {
    for (const [, name, value, attributes] of answer.head.matchAll(
      /^set-cookie: *([^=\r\n]+)=([^;\r\n]*)(.*)$/gim,
    )) {
      if (name === undefined || value === undefined) continue;
      if (value === "" || isPast(attributes ?? "")) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  /** The value of the Cookie header. */
  toString(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** A second browser with the same cookies. */
  copy(): CookieJar {
    const jar = new CookieJar();
    for (const [name, value] of this.#cookies) jar.#cookies.set(name, value);
    return jar;
  }
}

function isPast(attributes: string): boolean {
  if (/;\s*max-age=0/i.test(attributes)) return true;
  const expires = /;\s*expires=([^;]+)/i.exec(attributes)?.[1];
  return expires !== undefined && Date.parse(expires) < Date.now();
}
