/** Writes XML: every value goes through the one escape, and an absent attribute is left out. */

/**
 * Escapes text for element content and double-quoted attributes alike.
 *
 * @param text - any text
 * @returns the text with markup, quotes and line breaks as references
 */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * One element.
 *
 * @param name - the qualified name, a constant of the caller
 * @param attributes - values are escaped; undefined leaves the attribute out
 * @param children - finished XML; use `escapeXml` for text
 * @returns the XML of the element
 */
export function element(
  name: string,
  attributes: Record<string, string | number | boolean | undefined>,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}
