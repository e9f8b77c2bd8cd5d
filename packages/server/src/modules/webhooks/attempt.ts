/** One attempt at a delivery: a signed POST through the guarded fetch, and what came back. */
import type { App } from "../../context.ts";
import { OutboundError } from "../../lib/outbound-error.ts";
import { signatureHeaders } from "../../lib/webhook-signature.ts";
import { sentBody } from "./deliveries.ts";
import type { Claimed } from "./sending.store.ts";
import { openSecret } from "./signing-secrets.ts";

export interface Outcome {
  startedAt: Date;
  durationMs: number;
  requestHeaders: Record<string, string>;
  /** Null when no answer came. */
  responseStatus: number | null;
  responseHeaders: Record<string, string> | null;
  /** The first 20,000 bytes. */
  responseBody: string;
  /** Why it failed; "" for a success. */
  error: string;
}

const keptBytes = 20_000;
const keptHeaders = 50;
const keptHeaderLength = 1_024;

/**
 * Sends a delivery once. A status from 200 to 299 is a success; a redirect is not followed, since it could lead anywhere.
 * @param signal aborts it
 * @returns undefined when it was aborted, so that nothing is known
 */
export async function attempt(app: App, claimed: Claimed, signal: AbortSignal): Promise<Outcome | undefined> {
  const startedAt = app.now();
  const body = sentBody(claimed);
  const requestHeaders = headersOf(app, claimed, startedAt, body ?? "");
  const made = { startedAt, requestHeaders };
  const nothing = { responseStatus: null, responseHeaders: null, responseBody: "" };
  try {
    if (body === undefined) throw new Error("the event is no longer kept");
    const timeoutMs = app.config.webhookTimeoutSeconds * 1000;
    const init = {
      method: "POST",
      headers: requestHeaders,
      body,
      timeoutMs,
      signal,
      redirect: "manual",
    } as const;
    const response = await app.fetch(claimed.url, init);
    const answer = await answerOf(response);
    return { ...made, ...answer, durationMs: since(app, startedAt), error: problemOf(response) };
  } catch (error) {
    if (signal.aborted) return undefined;
    return { ...made, ...nothing, durationMs: since(app, startedAt), error: messageOf(app, claimed, error) };
  }
}

function headersOf(app: App, { id, secrets }: Claimed, at: Date, body: string): Record<string, string> {
  const values = secrets.map((secret) =>
    openSecret(app.keys, { id: secret.id, sealed: Buffer.from(secret.sealed, "base64") }),
  );
  return {
    "content-type": "application/json",
    "user-agent": "Gatehouse-Webhooks",
    ...signatureHeaders({ id, at, body }, values),
  };
}

async function answerOf(response: Response) {
  const headers = [...response.headers].slice(0, keptHeaders);
  return {
    responseStatus: response.status,
    responseHeaders: Object.fromEntries(
      headers.map(([name, value]) => [name, storable(value.slice(0, keptHeaderLength))]),
    ),
    responseBody: storable(await beginningOf(response)),
  };
}

/** Reads no more than is kept. What breaks off behind the status changes nothing: the receiver has judged. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  try {
    while (reader && length <= keptBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.byteLength;
    }
    if (length > keptBytes) await reader?.cancel();
  } catch {
    // Too slow or reset: what came until then is shown.
  }
  return Buffer.concat(chunks).subarray(0, keptBytes).toString("utf8");
}

/** PostgreSQL has no place for NUL in a text. */
function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

function problemOf({ ok, status }: Response): string {
  if (ok) return "";
  const isRedirect = status >= 300 && status < 400;
  return isRedirect ? `answered ${status}; redirects are not followed` : `answered ${status}`;
}

function messageOf(app: App, { id, url }: Claimed, error: unknown): string {
  if (error instanceof OutboundError) return error.message;
  app.log.error({ err: error, deliveryId: id }, "an attempt at a webhook delivery failed on our side");
  return `The request to ${URL.parse(url)?.host} could not be made`;
}

function since(app: App, startedAt: Date): number {
  return Math.max(0, app.now().getTime() - startedAt.getTime());
}
