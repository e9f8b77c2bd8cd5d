/** Writes HTML by tagged template: text is escaped, and only markup that was made here goes in as it is. */

export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined;

/**
 * A template whose parts are escaped unless they are `Markup` themselves. It puts every value that came from outside
 * (claims, error descriptions, ids) on the page as text.
 * @param parts text or numbers; markup, or a list of it; `undefined` prints nothing
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return { markup: String.raw({ raw: strings }, ...parts.map(print)) };
}

function print(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "markup" in part ? part.markup : part.map((item) => item.markup).join("");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
