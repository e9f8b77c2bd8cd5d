/** Tells the person who waits what happens now; the table alone goes to stdout. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
