/** The values of declared attributes: from the text of an identity provider to the datatype of the attribute. */
import type { Datatype } from "./standard.ts";

const booleans = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const readers: Record<Datatype, (text: string) => unknown> = {
  STRING: (text) => text,
  NUMBER: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
  BOOL: (text) => booleans.get(text.trim().toLowerCase()),
  ARRAY: (text) => (Array.isArray(parsed(text)) ? parsed(text) : [text]),
  OBJECT: (text) => {
    const value = parsed(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  },
};

/**
 * @param text as the identity provider sent it; several values are a JSON array
 * @returns undefined when the text cannot be of that type
 */
export function typedValue(text: string, datatype: Datatype): unknown {
  return readers[datatype](text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
