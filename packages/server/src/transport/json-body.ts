/** JSON that came as the body of a route: its text, and the value that a door reads once it knows the caller. */
import { refusals, wrongType } from "./refusals.ts";

/** Programs that write JSON by hand often send no type, or text/json; a form or XML is a mistake worth telling. */
const jsonTypes = /^(application|text)\/([\w.-]+\+)?json\s*(;|$)/i;

/**
 * The text of a JSON body.
 * @param type the Content-Type header; a body without one is read as JSON
 * @throws AppError 415 for another type, 400 for bytes that are no UTF-8 (RFC 8259 section 8.1)
 */
export function textOfJson(body: Buffer, type: string | undefined): string {
  if (body.length === 0) return "";
  if (type !== undefined && !jsonTypes.test(type)) throw wrongType("application/json or application/*+json");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw refusals.badRequest("The body is not valid UTF-8");
  }
}

/**
 * Reads the text of a JSON body. What it may hold, and how deep, is for the protocol to say.
 * @throws AppError INVALID_ARGUMENT when it is no JSON
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusals.badRequest(`The body is not valid JSON: ${(error as Error).message}`);
  }
}
