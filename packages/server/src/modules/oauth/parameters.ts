/** Parameters of the OAuth endpoints: each once, empty ones as if absent (RFC 6749 sections 3.1 and 3.2). */
import { oauthErrors as errors } from "./errors.ts";

export type Parameters = ReadonlyMap<string, string>;

/**
 * Reads parameters. One that is sent twice is refused, since two readers could choose differently.
 * @throws invalid_request
 */
export function readParameters(...sources: URLSearchParams[]): Parameters {
  const read = new Map<string, string>();
  for (const [name, value] of sources.flatMap((source) => [...source])) {
    if (read.has(name))
      throw errors.invalid_request(`The parameter ${name.slice(0, 60)} was sent more than once`);
    read.set(name, value);
  }
  for (const [name, value] of read) if (value === "") read.delete(name);
  return read;
}

/** The scopes that are asked for, each once; undefined when none is. */
export function readScopes(parameters: Parameters): string[] | undefined {
  const scopes = (parameters.get("scope") ?? "").split(/\s+/).filter((scope) => scope !== "");
  return scopes.length > 0 ? [...new Set(scopes)] : undefined;
}

/** @throws invalid_request naming the parameter */
export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw errors.invalid_request(`The parameter ${name} is missing`);
  return value;
}
