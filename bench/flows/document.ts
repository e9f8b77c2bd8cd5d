/**
 * The reading of one public document.
 */
import { type Connection, requestText } from "../lib/http-client.ts";

/** Prepares the request once; each call of the result sends it and expects exactly `body`. */
export function readDocument(
  host: string,
  path: string,
  body: string,
): (connection: Connection) => Promise<void> {
  const request = requestText("GET", host, path);
  return async (connection) => {
    const answer = await connection.send(request);
    if (answer.status !== 200 || answer.body !== body) {
      throw new Error(`${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  };
}
