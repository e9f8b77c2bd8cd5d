/** What an answer looks like in a terminal: JSON, or a table of the rows in it. */

export function asJson(answer: unknown): string {
  return JSON.stringify(answer, null, 2).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Text of strangers must not move the cursor, or worse. */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, "");
}

type Row = Record<string, unknown>;

/** A table of the list in an answer, or of the one thing in it; JSON where there is neither. */
export function asTable(answer: unknown): string {
  const rows = rowsOf(answer);
  if (rows === undefined) return asJson(answer);
  if (rows.length === 0) return "none";
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    rows.some((row) => isCell(row[name])),
  );
  const lines = [columns, ...rows.map((row) => columns.map((name) => cell(row[name])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? "").length)));
  const table = lines.map((line) => line.map((text, index) => text.padEnd(widths[index] ?? 0)).join("  "));
  return [...table.map((line) => line.trimEnd()), ...more(answer)].join("\n");
}

function rowsOf(answer: unknown): Row[] | undefined {
  if (!isObject(answer)) return undefined;
  const values = Object.values(answer);
  const list = values.find((value) => Array.isArray(value));
  if (list) return (list as unknown[]).filter(isObject);
  const things = values.filter(isObject);
  return things.length === 1 ? things : values.length > 0 ? [answer] : undefined;
}

/** What follows, where the list goes on. */
function more(answer: unknown): string[] {
  const token = isObject(answer) ? answer.next_page_token : undefined;
  return typeof token === "string" && token !== "" ? ["", `More: --page-token ${token}`] : [];
}

function isCell(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== "" &&
    value !== null &&
    !(isObject(value) && Object.keys(value).length === 0)
  );
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const line = printable(text.replace(/\s+/g, " "));
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
