/**
 * Redirect URIs with parts that each organization fills in: `https://{{org_slug}}.acme.app/callback`. A placeholder
 * stands for one DNS label, the whole host or one path segment, and nothing smaller: what an organization says of
 * itself can then neither end the host early nor climb out of the path.
 */

/** What a placeholder stands for in an organization; undefined when it says nothing of the kind. */
export type ValueOf = (name: string) => string | undefined;

/** Where a placeholder stands. */
type Place = "host" | "label" | "segment";

interface Placeholder {
  name: string;
  /** The text after `??`, for organizations that have no value. */
  fallback: string | undefined;
}

/** A placeholder with whitespace around its parts, and perhaps a default: `{{slug ?? 'app.acme.app'}}`. */
const placeholders = /\{\{\s*([A-Za-z0-9_-]{1,64})\s*(?:\?\?\s*(?:'([^'{}]*)'|"([^"{}]*)")\s*)?\}\}/g;
/** Stands in for a placeholder while the URI is cut: the private use area, which no URI holds. */
const mark = "\u{e000}";
const dnsLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function isTemplate(uri: string): boolean {
  return uri.includes("{{");
}

/**
 * The template with an example value everywhere, to be judged as a redirect URI by the usual rules.
 * @returns what is wrong with the placeholders themselves, in words for the app's developer, or the example
 */
export function exampleOf(template: string): { problem: string } | { uri: string } {
  const unfillable: Placeholder[] = [];
  const uri = fill(template, (placeholder, place) => {
    const { fallback } = placeholder;
    if (fallback !== undefined && !fits(fallback, place)) unfillable.push(placeholder);
    return place === "host" ? "example.test" : "example";
  });
  const [first] = unfillable;
  if (first) return { problem: `has the default "${first.fallback}", which does not fit in its place` };
  return uri === undefined
    ? { problem: "has a placeholder that is no {{name}} filling a whole DNS label, host or path segment" }
    : { uri };
}

/**
 * The URI that a template means in one organization.
 * @returns undefined when a value is missing or does not fit in its place
 */
export function expand(template: string, valueFor: ValueOf): string | undefined {
  return fill(template, ({ name, fallback }, place) => {
    const value = valueFor(name) || fallback;
    if (value === undefined || !fits(value, place)) return undefined;
    return place === "segment" ? encodeURIComponent(value) : value;
  });
}

/** Puts a value into every place; undefined when the template is malformed or a value is missing. */
function fill(
  template: string,
  valueAt: (placeholder: Placeholder, place: Place) => string | undefined,
): string | undefined {
  if (template.includes(mark)) return undefined;
  const found: Placeholder[] = [];
  const marked = template.replace(placeholders, (_whole, name: string, single?: string, double?: string) => {
    found.push({ name, fallback: single ?? double });
    return mark;
  });
  const [, scheme, host, port = "", path] =
    /^([a-z][a-z0-9+.-]*:\/\/)([^/:?#@]*)(:\d+)?(\/.*)?$/i.exec(marked) ?? [];
  if (scheme === undefined || host === undefined || /[{}]/.test(marked)) return undefined;
  const values = found.values();
  const put = (part: string, place: Place): string | undefined => {
    if (!part.includes(mark)) return part;
    const { value: placeholder } = values.next();
    return part === mark && placeholder ? valueAt(placeholder, place) : undefined;
  };
  const names = host === mark ? [put(host, "host")] : host.split(".").map((label) => put(label, "label"));
  const segments = (path ?? "").split("/").map((segment) => put(segment, "segment"));
  if ([...names, ...segments].includes(undefined)) return undefined;
  return `${scheme}${names.join(".")}${port}${segments.join("/")}`;
}

function fits(value: string, place: Place): boolean {
  if (place === "segment") return value !== "" && value !== "." && value !== ".." && value.isWellFormed();
  const labels = value.split(".");
  return (
    value.length <= 253 &&
    (place === "host" || labels.length === 1) &&
    labels.every((label) => dnsLabel.test(label))
  );
}
