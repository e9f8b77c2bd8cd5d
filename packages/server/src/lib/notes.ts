/** The notes that a page keeps with a row: any JSON object, which means nothing to the server. */

export type Notes = Record<string, unknown>;

const mostBytes = 16 * 1024;

/**
 * Notes as JSON text, to be kept.
 * @param tooLarge makes the error for notes of more than 16 KiB, from their size and the most, in bytes
 */
export function textOfNotes(notes: Notes, tooLarge: (bytes: number, most: number) => Error): string {
  const text = JSON.stringify(notes);
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) throw tooLarge(bytes, mostBytes);
  return text;
}
