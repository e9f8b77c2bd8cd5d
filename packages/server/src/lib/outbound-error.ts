/** What can go wrong with a request to a customer's address, told so that the customer's administrator can act. */

export type OutboundReason =
  | "address_refused"
  | "timeout"
  | "too_large"
  | "too_many_redirects"
  | "unreachable"
  | "scheme_refused"
  | "url_refused"
  | "tls";

/**
 * The message may be shown to customers: it names the host that they gave and never the address behind it, which
 * would map the network that the server stands in.
 */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly reason: OutboundReason;
  /** Host and port as the URL has them. */
  readonly host: string;
  /** For the log only: resolved addresses, system error codes. */
  readonly detail: string;

  constructor(reason: OutboundReason, host: string, message: string, detail = "", cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.host = host;
    this.detail = detail;
  }
}

/** The host stands in a network that we do not enter unless the operator says so. */
export function addressRefused(host: string, detail: string): OutboundError {
  const message = `${host} is in a private or reserved network, which requests to customers' addresses may not reach. If it is meant to be reached, the operator adds "${host}" to GATEHOUSE_OUTBOUND_ALLOW.`;
  return new OutboundError("address_refused", host, message, detail);
}

/** The URL is not https. */
export function schemeRefused(host: string, protocol: string): OutboundError {
  const exception =
    protocol === "http:"
      ? ` Plain http needs "${host}" in GATEHOUSE_OUTBOUND_ALLOW, set by the operator.`
      : "";
  const url = host === "" ? "The URL" : `The URL of ${host}`;
  const scheme = host === "" ? protocol : `${protocol}//:`;
  const message = `${url} starts with ${scheme} it must start with https://.${exception}`;
  return new OutboundError("scheme_refused", host, message);
}

/**
 * Names what a failed `fetch` of undici means.
 * @param error what it threw; an `OutboundError` among its causes is returned as it is
 */
export function outboundErrorFrom(error: unknown, host: string): OutboundError {
  const causes = causesOf(error);
  const own = causes.find((cause) => cause instanceof OutboundError);
  if (own !== undefined) return own;
  const codes = causes.map(codeOf).filter((code) => code !== "");
  const detail = causes
    .map((cause) => `${codeOf(cause)} ${(cause as Error).message ?? cause}`.trim())
    .join("; ");
  const timedOut = codes.find((code) => TIMEOUT.test(code));
  if (timedOut) {
    return new OutboundError(
      "timeout",
      host,
      `${host} did not accept the connection in time.`,
      detail,
      error,
    );
  }
  const tls = codes.find((code) => TLS.test(code));
  if (tls) {
    const message = `No secure connection to ${host} could be made (${tls}): check its certificate, the chain it sends and its TLS version.`;
    return new OutboundError("tls", host, message, detail, error);
  }
  return new OutboundError("unreachable", host, unreachableMessage(host, codes), detail, error);
}

const TIMEOUT = /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/;
const TLS =
  /^(EPROTO|ERR_(TLS|SSL)_.*|CERT_.*|.*_CERT(_.*)?|.*_CERTIFICATE|.*_SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)$/;

function unreachableMessage(host: string, codes: string[]): string {
  if (codes.includes("ENOTFOUND")) return `The name ${host} is not known in the DNS.`;
  if (codes.includes("ECONNREFUSED")) return `${host} refused the connection.`;
  return `${host} could not be reached, or its answer broke off.`;
}

/** The error, its causes and, where several addresses were tried, the error of each. */
function causesOf(error: unknown): unknown[] {
  const found: unknown[] = [];
  const open = [error];
  while (open.length > 0 && found.length < 20) {
    const next = open.shift();
    if (!(next instanceof Error) || found.includes(next)) continue;
    found.push(next);
    if (next instanceof AggregateError) open.push(...next.errors);
    open.push(next.cause);
  }
  return found;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}
