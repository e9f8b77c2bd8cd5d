/** What goes wrong at OpenID providers, in the codes that apps know. */
import type * as openid from "openid-client";
import { AppError } from "../../errors.ts";
import { OutboundError } from "../../lib/outbound-error.ts";
import { evidenceOf } from "../traces/advice-evidence.ts";
import { connectionErrors as errors } from "./errors.ts";

type Client = typeof openid;

/**
 * Runs a step, and turns what openid-client, jose and the network throw into words for the app's developer and the
 * customer's administrator.
 * @throws server_error, failed_to_exchange_token, invalid_id_token
 */
export async function oidcAttempt<T>(client: Client, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const refused = refusalOf(client, error);
    if (refused === error) throw error;
    throw refused.with({ cause: error, evidence: evidenceOf(error) ?? refused.evidence });
  }
}

function refusalOf(client: Client, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { cause, code, message } = error as { cause?: unknown; code?: string; message: string };
  const outbound = [error, cause].find((part) => part instanceof OutboundError);
  if (outbound) return errors.server_error(outbound.message);
  if (error instanceof client.ResponseBodyError) {
    return errors.failed_to_exchange_token(error.error_description ?? error.error);
  }
  if (error instanceof client.WWWAuthenticateChallengeError) {
    return errors.failed_to_exchange_token(`it answered ${error.status} and asks for other credentials`);
  }
  if (cause instanceof Response)
    return errors.server_error(`${cause.url} answered ${cause.status} (${message})`);
  if (code !== undefined && timeouts.includes(code))
    return errors.server_error("it took longer than 10 seconds");
  if (isUnreadable(error)) return errors.server_error(`its answer cannot be read (${reasonOf(error)})`);
  const compared = comparison(cause);
  const words = compared ? `: it is ${compared.observed}, and must be ${compared.expected}` : "";
  return errors.invalid_id_token(`${reasonOf(error)}${words}`).with({ evidence: compared });
}

const timeouts = ["OAUTH_TIMEOUT", "ERR_JWKS_TIMEOUT"];

/** The answer as a whole, not the token in it: the JSON of the token endpoint or the set of keys. */
function isUnreadable(error: unknown): boolean {
  const { code } = error as { code?: string };
  return (
    code === "ERR_JOSE_GENERIC" || code === "ERR_JWKS_INVALID" || reasonOf(error).includes("body as JSON")
  );
}

/** The library's own errors say in general what their cause says exactly. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

/** What a value was and what it should have been, where the library tells. */
function comparison(cause: unknown): { observed: string; expected: string } | undefined {
  const detail = (cause instanceof Error ? cause.cause : cause) as Comparison | undefined;
  const name = detail?.claim ?? detail?.attribute;
  if (detail?.expected === undefined || name === undefined) return undefined;
  const observed = JSON.stringify((detail.claims ?? detail.body)?.[name])?.slice(0, 200) ?? "missing";
  return { observed, expected: JSON.stringify(detail.expected) };
}

interface Comparison {
  claim?: string;
  attribute?: string;
  claims?: Record<string, unknown>;
  body?: Record<string, unknown>;
  expected?: unknown;
}
