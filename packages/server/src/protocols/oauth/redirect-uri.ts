/**
 * Redirect URIs: which ones may be registered, and whether a requested one is registered. Matching is exact
 * (RFC 9700 section 2.1); the only widenings are a development wildcard, loopback ports, and parts that the
 * organization of a sign-in fills in.
 */
import { exampleOf, expand, isTemplate, type ValueOf } from "./redirect-template.ts";

export interface RedirectRules {
  /** Development environments allow http, localhost and one wildcard label; production does not. */
  development: boolean;
  /** Native apps receive the code on a loopback port that the system picks (RFC 8252 section 7.3). */
  native: boolean;
}

const longest = 256;

/**
 * What is wrong with a URI that an app wants to register, in words for its developer, or undefined.
 * @param uri at most 256 characters, absolute, without query and fragment
 */
export function registrationProblem(uri: string, rules: RedirectRules): string | undefined {
  if (uri.length > longest) return `is longer than ${longest} characters`;
  if (!isTemplate(uri)) return plainProblem(uri, rules);
  if (uri.includes("*")) return "has a wildcard beside a placeholder: use one of the two";
  const example = exampleOf(uri);
  return "problem" in example ? example.problem : plainProblem(example.uri, rules);
}

/**
 * The same for an address that is visited without a request that names it: by a browser that we send there, or by us.
 * It must be one web address, so it has no wildcard and no scheme of the app's own.
 * @param options.template whether an organization may fill in parts of it
 */
export function addressProblem(
  uri: string,
  rules: RedirectRules,
  options: { template: boolean },
): string | undefined {
  if (isTemplate(uri) && !options.template) return "has a placeholder: no organization is in scope here";
  if (uri.includes("*")) return "has a wildcard: it must be one address";
  const problem = registrationProblem(uri, rules);
  return problem ?? (/^https?:/i.test(uri) ? undefined : "is no http or https address");
}

function plainProblem(uri: string, rules: RedirectRules): string | undefined {
  const wildcard = uri.includes("*");
  const url = URL.parse(wildcard ? uri.replace("*", "wildcard") : uri);
  if (!url) return "is not an absolute URL";
  if (uri.includes("?")) return "has a query string: register the URL without it";
  if (uri.includes("#")) return "has a fragment: redirect URIs must not (RFC 6749 section 3.1.2)";
  if (url.username !== "" || url.password !== "") return "has a user name or password in it";
  if (/^(javascript|data|vbscript|file|blob|about):$/.test(url.protocol))
    return `has the scheme ${url.protocol}`;
  if (wildcard) return wildcardProblem(uri, rules);
  if (!rules.development) return productionProblem(url, rules);
  return undefined;
}

function wildcardProblem(uri: string, rules: RedirectRules): string | undefined {
  if (!rules.development) return "has a wildcard: production needs exact URLs";
  const host = /^[a-z]+:\/\/([^/:]*)/i.exec(uri)?.[1] ?? "";
  const [first, ...rest] = host.split(".");
  const once = uri.indexOf("*") === uri.lastIndexOf("*");
  if (once && first?.includes("*") && rest.length >= 2) return undefined;
  return "has a wildcard in a wrong place: one * is allowed, in the left-most label of a host with two more labels";
}

function productionProblem(url: URL, rules: RedirectRules): string | undefined {
  if (rules.native && isLoopback(url)) return undefined;
  if (url.protocol === "http:") return "is http: production needs https or a custom scheme";
  if (url.hostname === "localhost" || isLoopback(url))
    return "is on localhost: production needs a public host";
  return undefined;
}

/** Whether `requested` is one of the registered URIs, by the rules of the environment and the client; no template counts. */
export function isRegistered(
  requested: string,
  registered: readonly string[],
  rules: RedirectRules,
): boolean {
  const url = URL.parse(requested);
  if (!url || requested.includes("#") || url.username !== "" || url.password !== "") return false;
  // A template is no address, not even for who asks for it letter by letter.
  if (!isTemplate(requested) && registered.includes(requested)) return true;
  if (rules.development && isLocalDevelopment(url)) return true;
  return registered.some(
    (entry) =>
      (rules.development && entry.includes("*") && !isTemplate(entry) && matchesWildcard(requested, entry)) ||
      (rules.native && matchesLoopback(url, entry)),
  );
}

/** What the templates among registered URIs mean in an organization, as far as they mean an address that may be used. */
export function expandAll(registered: readonly string[], rules: RedirectRules, valueFor: ValueOf): string[] {
  return registered
    .filter(isTemplate)
    .map((template) => expand(template, valueFor))
    .filter((uri) => uri !== undefined)
    .filter((uri) => plainProblem(uri, rules) === undefined);
}

/** A developer's own machine: `http://localhost:*` and `http://127.0.0.1:*`. */
function isLocalDevelopment(url: URL): boolean {
  return url.protocol === "http:" && (url.hostname === "localhost" || url.hostname === "127.0.0.1");
}

function matchesWildcard(requested: string, entry: string): boolean {
  const [before = "", after = ""] = entry.split("*");
  const middle = requested.slice(before.length, requested.length - after.length);
  return requested.startsWith(before) && requested.endsWith(after) && /^[a-z0-9-]+$/i.test(middle);
}

function matchesLoopback(url: URL, entry: string): boolean {
  const registered = URL.parse(entry);
  if (!registered || !isLoopback(url) || !isLoopback(registered)) return false;
  return (
    url.protocol === registered.protocol &&
    url.hostname === registered.hostname &&
    url.pathname === registered.pathname &&
    url.search === registered.search
  );
}

function isLoopback(url: URL): boolean {
  return url.protocol === "http:" && (url.hostname === "127.0.0.1" || url.hostname === "[::1]");
}
