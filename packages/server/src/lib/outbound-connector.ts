/**
 * Opens sockets for `safe-fetch.ts` and judges each address at that moment: a name that resolves anew between a check
 * and its use (DNS rebinding) finds no such gap here.
 */
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { addressRefused, type OutboundError, schemeRefused } from "./outbound-error.ts";
import type { OutboundPolicy, Target } from "./outbound-policy.ts";

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** A connector that resolves and judges by itself: no other resolution happens before the socket opens. */
export function guardedConnector(policy: OutboundPolicy, resolve: Resolve): buildConnector.connector {
  return (options, callback) => {
    const url = urlOf(options);
    const target = targetOf(url);
    const judge = (address: string): OutboundError | undefined => refusal(policy, url, target, address);
    // `net.connect` asks no lookup function about a literal address.
    const refused = isIP(target.hostname) === 0 ? undefined : judge(target.hostname);
    if (refused !== undefined) return callback(refused, null);
    buildConnector({ allowH2: false, lookup: guardedLookup(resolve, judge) })(options, callback);
  };
}

/** Built from the name that the socket will use, not from a header. */
function urlOf({ protocol, hostname, port }: buildConnector.Options): URL {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return new URL(port ? `${protocol}//${host}:${port}` : `${protocol}//${host}`);
}

function refusal(
  policy: OutboundPolicy,
  url: URL,
  target: Target,
  address: string,
): OutboundError | undefined {
  const verdict = policy.judge(target, address);
  if (verdict === undefined) return undefined;
  return verdict === "scheme_refused"
    ? schemeRefused(url.host, url.protocol)
    : addressRefused(url.host, `${target.hostname} resolved to ${address}`);
}

/** Hands on the addresses that pass; the first refusal stands when none does. */
function guardedLookup(
  resolve: Resolve,
  judge: (address: string) => OutboundError | undefined,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const refusals = found.map(({ address }) => judge(address));
        const passed = found.filter((_, at) => refusals[at] === undefined);
        const first = passed[0];
        if (first === undefined) callback(refusals[0] ?? notFound(hostname), "", 0);
        else if (options.all) callback(null, passed);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" });
}

/** What the policy judges of a URL. */
export function targetOf(url: URL): Target {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return { protocol: url.protocol, hostname: url.hostname.replace(/^\[|\]$/g, ""), port };
}
