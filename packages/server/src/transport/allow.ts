/** Tells a path that exists with other verbs (405) from one that does not exist (404). */

export interface KnownRoute {
  verb: string;
  /** In Fastify's syntax. */
  route: string;
}

/**
 * Makes the look-up of verbs. It runs only where no route matched, so a list of patterns is fast enough.
 * @returns a function of a path as it was sent, which gives the verbs that it answers to; empty when it is unknown
 */
export function allowedVerbs(routes: readonly KnownRoute[]): (path: string) => string[] {
  const patterns = routes.map(({ verb, route }) => ({ verb, pattern: patternOf(route) }));
  return (path) => {
    const verbs = patterns.filter(({ pattern }) => pattern.test(path)).map(({ verb }) => verb);
    if (verbs.includes("GET")) verbs.push("HEAD");
    return [...new Set(verbs)].sort();
  };
}

/** A doubled colon, a variable with or without its bound, the rest of a path, and what a RegExp would read as its own. */
const TOKEN = /::|:\w+(\(\^\[\^:\]\+\))?|\*|[.+?^${}()|[\]\\]/g;

function patternOf(route: string): RegExp {
  const source = route.replace(TOKEN, (token: string, bound: string | undefined) => {
    if (token === "::") return ":";
    if (token === "*") return ".*";
    // The router decodes a variable before it looks at its bound.
    if (token.startsWith(":")) return bound === undefined ? "[^/]+" : "(?:(?!%3[aA])[^/:])+";
    return `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}
