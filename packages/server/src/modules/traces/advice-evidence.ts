/**
 * Reads what exactly was wrong with an OpenID provider's answer from the errors of openid-client, jose and the guarded
 * fetch: the reason that the table of help goes by, what was seen, and what should have been.
 */
import type { Evidence } from "../../errors.ts";
import { OutboundError } from "../../lib/outbound-error.ts";

/** @param error as a step of the protocol threw it. @returns undefined for what says no more than its message */
export function evidenceOf(error: unknown): Evidence | undefined {
  const chain = causesOf(error);
  for (const part of chain) {
    const evidence = ofNetwork(part) ?? ofKeys(part) ?? ofClaims(part);
    if (evidence) return evidence;
  }
  return undefined;
}

const deepest = 4;

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let part = error; part !== undefined && chain.length < deepest; part = (part as Error)?.cause)
    chain.push(part);
  return chain;
}

function ofNetwork(part: unknown): Evidence | undefined {
  if (part instanceof OutboundError) {
    if (part.reason === "timeout") return { reason: "provider_too_slow", observed: part.message };
    const tooMuch = part.reason === "too_large" || part.reason === "too_many_redirects";
    return { reason: tooMuch ? "provider_unreadable" : "provider_unreachable", observed: part.message };
  }
  if (part instanceof Response) {
    // What is no error of HTTP came in a form that is none of the protocol.
    const reason = part.ok ? "provider_unreadable" : "provider_failing";
    return { reason, observed: `${part.url} answered ${part.status}`, expected: "200 with JSON" };
  }
  return undefined;
}

const reasonOfCode: Readonly<Record<string, Evidence>> = {
  OAUTH_TIMEOUT: { reason: "provider_too_slow", expected: "an answer within 10 seconds" },
  ERR_JWKS_TIMEOUT: { reason: "provider_too_slow", expected: "an answer within 10 seconds" },
  ERR_JWKS_INVALID: { reason: "provider_unreadable", expected: "a JSON Web Key Set" },
  ERR_JWKS_NO_MATCHING_KEY: {
    reason: "id_token_key_unknown",
    observed: "a key that is not published",
    expected: "a key of the provider's jwks_uri",
  },
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: {
    reason: "id_token_signature_mismatch",
    observed: "a signature that no published key made",
    expected: "a signature by the key that the token names",
  },
};

function ofKeys(part: unknown): Evidence | undefined {
  const { code } = (part ?? {}) as { code?: unknown };
  return typeof code === "string" && Object.hasOwn(reasonOfCode, code) ? reasonOfCode[code] : undefined;
}

/** What openid-client hangs below an error: the whole of what it judged, and what it wanted. */
interface Detail {
  claim?: string;
  attribute?: string;
  claims?: Record<string, unknown>;
  body?: Record<string, unknown>;
  parameters?: URLSearchParams;
  header?: { alg?: unknown };
  expected?: unknown;
  now?: number;
}

const reasonOfClaim: ReadonlyMap<string, string> = new Map([
  ["aud", "id_token_audience_mismatch"],
  ["azp", "id_token_audience_mismatch"],
  ["iss", "id_token_issuer_mismatch"],
  ["nonce", "id_token_nonce_mismatch"],
]);

function ofClaims(part: unknown): Evidence | undefined {
  const detail = part as Detail | undefined;
  if (detail === null || typeof detail !== "object" || detail instanceof Error) return undefined;
  if (detail.now !== undefined) return ofTimes(detail, detail.now);
  if (detail.header !== undefined) return ofAlgorithm(detail);
  if (detail.parameters instanceof URLSearchParams) {
    const observed = detail.parameters.get("iss") ?? "no issuer";
    return { reason: "answer_issuer_mismatch", observed: cut(observed), expected: cut(detail.expected) };
  }
  if (detail.attribute === "issuer") {
    const observed = cut(detail.body?.issuer);
    return { reason: "provider_issuer_mismatch", observed, expected: cut(detail.expected) };
  }
  const reason = reasonOfClaim.get(detail.claim ?? "");
  return reason
    ? { reason, observed: cut(detail.claims?.[detail.claim ?? ""]), expected: cut(detail.expected) }
    : undefined;
}

function ofTimes({ claim = "", claims }: Detail, now: number): Evidence | undefined {
  const seen = instant(claims?.[claim]);
  if (claim === "exp")
    return { reason: "id_token_expired", observed: `valid until ${seen}`, expected: `after ${instant(now)}` };
  if (claim !== "nbf") return undefined;
  return {
    reason: "id_token_not_yet_valid",
    observed: `valid from ${seen}`,
    expected: `at or before ${instant(now)}`,
  };
}

function ofAlgorithm({ header, expected }: Detail): Evidence | undefined {
  const observed = cut(header?.alg);
  const reason = observed === "none" ? "id_token_unsigned" : "id_token_algorithm_refused";
  return { reason, observed: `alg ${observed}`, expected: cut(expected) };
}

function instant(seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? "no time" : date.toISOString();
}

/** Text from outside, at a length that fits a trace. */
function cut(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text.slice(0, 300);
}
