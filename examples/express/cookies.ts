/** The two cookies of the app: a sign-in that is under way, and the session it ends in. */
import { randomBytes } from "node:crypto";
import type { CookieOptions, Request, Response } from "express";

export interface Cookie {
  read(request: Request): string | undefined;
  /** @param lifetimeMs how long the browser keeps it */
  write(response: Response, value: string, lifetimeMs: number): void;
  clear(response: Response): void;
}

/**
 * A cookie that scripts cannot read and that other sites' requests do not carry, but for following a link or a
 * redirect to us: `SameSite=Strict` would lose the cookie on the way back from the identity provider.
 * @param name unique on the host, since cookies of `localhost` are shared by all its ports
 * @param isSecure whether browsers reach the app by https; then the `__Host-` prefix keeps sibling hosts from setting it
 */
export function createCookie(name: string, isSecure: boolean): Cookie {
  const fullName = isSecure ? `__Host-${name}` : name;
  const options: CookieOptions = { httpOnly: true, sameSite: "lax", path: "/", secure: isSecure };
  return {
    read: (request) => readCookie(request.headers.cookie ?? "", fullName),
    write: (response, value, lifetimeMs) => {
      response.cookie(fullName, value, { ...options, maxAge: lifetimeMs });
    },
    clear: (response) => {
      response.clearCookie(fullName, options);
    },
  };
}

/** 256 random bits in characters that need no escaping in a URL or a cookie. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

function readCookie(header: string, name: string): string | undefined {
  const pair = header.split("; ").find((part) => part.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}
