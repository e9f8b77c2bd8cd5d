/** What a program sees of a page: its forms with their fields, and its text. */

/** A form as it would be sent untouched. */
export type Form = { action: string; method: "GET" | "POST"; fields: Record<string, string> };

const FORM = /<form\b([^>]*)>(.*?)<\/form>/gis;
const INPUT = /<(?:input|button)\b([^>]*)>/gi;

/** The forms of a page; `base` is its address. */
export function formsOf(html: string, base: string): Form[] {
  return [...html.matchAll(FORM)].map(([, head = "", inside = ""]) => {
    const inputs = [...inside.matchAll(INPUT)].map(([, text = ""]) => attributesOf(text));
    const named = inputs.filter(({ name, type }) => name && type !== "submit" && type !== "checkbox");
    const { action = "", method = "get" } = attributesOf(head);
    return {
      action: new URL(action, base).href,
      method: method.toLowerCase() === "post" ? "POST" : "GET",
      fields: Object.fromEntries(named.map(({ name = "", value = "" }) => [name, value])),
    };
  });
}

/** What a page says, at most `length` characters of it. */
export function textOf(html: string, length = 300): string {
  const bare = html.replaceAll(/<(script|style|head)\b.*?<\/\1>/gis, " ").replaceAll(/<[^>]+>/g, " ");
  return unescapeHtml(bare).replaceAll(/\s+/g, " ").trim().slice(0, length);
}

function attributesOf(text: string): Record<string, string> {
  const pairs = text.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g);
  return Object.fromEntries(
    [...pairs].map(([, name = "", double, single, bare]) => [
      name.toLowerCase(),
      unescapeHtml(double ?? single ?? bare ?? ""),
    ]),
  );
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return NAMED[name] ?? whole;
  });
}
