/**
 * Tells the processes on one database what each of them counted against the rate limits, once a second by `NOTIFY`.
 * While the database does not answer, each goes on with what it counted itself: its own limits hold.
 */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Logger } from "pino";
import type { Counted } from "../lib/rate-limiter.ts";
import type { Db } from "./db.ts";
import { listen } from "./notify.ts";

const channel = "gatehouse_counts";
const intervalMs = 1000;
/** PostgreSQL refuses a payload of 8,000 bytes; a key has 100 at most. */
const keysPerMessage = 50;

/** What counts, see `lib/rate-limiter.ts`. */
export interface Counter {
  tell(): Counted | undefined;
  hear(counted: Counted): void;
}

export interface SharedCountsOptions {
  /** A `postgres://` URL that reaches the server itself, not a pooler in transaction mode. */
  url: string;
  db: Db;
  log: Logger;
  intervalMs?: number;
}

/** Begins to tell and to listen. @returns how to stop; nothing is heard after it resolves */
export async function shareCounts(
  counter: Counter,
  options: SharedCountsOptions,
): Promise<() => Promise<void>> {
  const { url, db, log } = options;
  const own = randomUUID();
  const hear = (payload: string) => {
    const message = decode(payload);
    if (message !== undefined && message.sender !== own) counter.hear(message.counted);
  };
  const stopListening = await listen(url, channel, hear, {
    onLost: (err) => log.warn({ err }, "the database connection that announces counts broke"),
  });
  let sending: Promise<void> | undefined;
  const timer = setInterval(() => {
    // The database is slow: what is counted meanwhile goes along with the next message.
    sending ??= tell(counter, own, db)
      .catch((err) => log.warn({ err }, "the other processes could not be told what was counted here"))
      .finally(() => {
        sending = undefined;
      });
  }, options.intervalMs ?? intervalMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await sending;
    await stopListening();
  };
}

async function tell(counter: Counter, sender: string, db: Db): Promise<void> {
  const counted = counter.tell();
  if (counted === undefined) return;
  const messages = encode(sender, counted);
  await sql`select pg_notify(${channel}, message) from unnest(${messages}::text[]) as message`.execute(db);
}

/** The messages that hold all that was counted. */
export function encode(sender: string, { window, added }: Counted): string[] {
  const entries = [...added];
  const messages: string[] = [];
  for (let start = 0; start < entries.length; start += keysPerMessage) {
    messages.push(JSON.stringify([sender, window, entries.slice(start, start + keysPerMessage)]));
  }
  return messages;
}

/** Reads what `encode` wrote; undefined for a message of another form, as a newer version may send one. */
export function decode(payload: string): { sender: string; counted: Counted } | undefined {
  try {
    const [sender, window, entries] = JSON.parse(payload);
    return { sender: String(sender), counted: { window: Number(window), added: new Map(entries) } };
  } catch {
    return undefined;
  }
}
