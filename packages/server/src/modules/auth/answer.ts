/** Steps of a browser in a sign-in, and the answer to the app at its redirect URI. */
import { AppError } from "../../errors.ts";
import { errorDescription } from "../../protocols/oauth/error-description.ts";
import type { Departure } from "../connections/sign-in.ts";

/** Where the browser goes next, and which of its cookies change. */
export type Step = Departure & { flowSecret?: string; sessionSecret?: string };

/** How the app wants its answer. */
export interface AnswerTo {
  redirectUri: string;
  /** OAuth 2.0 Form Post Response Mode, or the query (RFC 6749 section 4.1.2). */
  responseMode: "query" | "form_post";
  state: string | null;
}

/**
 * Answers the app. The issuer goes along, so that an app with several authorization servers cannot be made to
 * take one's answer for another's (RFC 9207).
 */
export function answerApp(to: AnswerTo, issuer: string, values: Record<string, string>): Step {
  const fields = { ...values, ...(to.state !== null && { state: to.state }), iss: issuer };
  if (to.responseMode === "form_post") return { to: "form", action: to.redirectUri, fields };
  const url = new URL(to.redirectUri);
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return { to: "url", url: url.href };
}

/**
 * What of an error the app may read: its code when it is one of the protocol's, else server_error; with the page
 * that explains it as `error_uri` (RFC 6749 section 4.1.2.1).
 */
export function errorValues(error: unknown): Record<string, string> {
  const help = error instanceof AppError ? error.help : undefined;
  const known = error instanceof AppError && error.status !== "INTERNAL";
  const code = known && /^[a-z_]+$/.test(error.code) ? error.code : "server_error";
  const message = known ? error.message : "Something failed on the side of the server";
  return {
    error: code,
    error_description: errorDescription(help ? `${message} (reference ${help.reference})` : message),
    ...(help && { error_uri: help.url }),
  };
}
