/** Who is signed in: sessions in memory under a random cookie. A real app keeps them in its database or Redis. */
import type { User } from "@scalekit-sdk/node";
import type { Request, Response } from "express";
import { createCookie, randomToken } from "./cookies.ts";

export type Claims = Record<string, unknown>;

export interface Session {
  user: User;
  /** Kept as it came: signing out hands it back as `id_token_hint`. */
  idToken: string;
  idClaims: Claims;
  accessToken: string;
  accessClaims: Claims;
  /** Absent when the environment grants no `offline_access`. */
  refreshToken: string | undefined;
  refreshedAt?: Date;
  /** The refresh that is under way, so that two clicks share one. */
  refreshing?: Promise<void>;
}

export interface Sessions {
  open(response: Response, session: Session): void;
  find(request: Request): Session | undefined;
  close(request: Request, response: Response): void;
}

const LIFETIME_MS = 8 * 60 * 60 * 1000;

/**
 * An empty store.
 * @param isSecure whether browsers reach the app by https
 */
export function createSessions(isSecure: boolean): Sessions {
  const cookie = createCookie("demo_session", isSecure);
  const stored = new Map<string, { session: Session; expiresAt: number }>();
  return {
    open(response, session) {
      for (const [id, { expiresAt }] of stored) if (expiresAt <= Date.now()) stored.delete(id);
      // A new id at each sign-in: one that an attacker planted before it opens nothing afterwards.
      const id = randomToken();
      stored.set(id, { session, expiresAt: Date.now() + LIFETIME_MS });
      cookie.write(response, id, LIFETIME_MS);
    },
    find(request) {
      const entry = stored.get(cookie.read(request) ?? "");
      return entry && entry.expiresAt > Date.now() ? entry.session : undefined;
    },
    close(request, response) {
      stored.delete(cookie.read(request) ?? "");
      cookie.clear(response);
    },
  };
}
