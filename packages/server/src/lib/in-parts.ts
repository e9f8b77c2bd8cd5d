/**
 * Texts in their order, in parts of bounded length.
 * @param most characters of a part; a text that is longer by itself is a part of its own
 */
export function inParts(texts: readonly string[], most: number): string[][] {
  const parts: string[][] = [];
  let left = 0;
  for (const text of texts) {
    if (parts.length === 0 || text.length > left) {
      parts.push([]);
      left = most;
    }
    parts.at(-1)?.push(text);
    left -= text.length;
  }
  return parts;
}
