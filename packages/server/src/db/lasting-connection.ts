/**
 * Keeps one connection to PostgreSQL open for as long as the process wants it: for what lives with a
 * connection (LISTEN, advisory locks) and must be set up again when it breaks.
 */
import pg from "pg";

/** A connection that comes back. */
export type LastingConnection = {
  /** The connection of this moment, or undefined while it is down. */
  current(): pg.Client | undefined;
  /** Closes it for good. */
  close(): Promise<void>;
};

/** What to do as the connection comes and goes. */
export type LastingConnectionOptions = {
  /** Shown in pg_stat_activity. */
  name: string;
  /** Prepares a fresh connection; `again` is false the first time only. A throw counts as not connected. */
  onConnect: (client: pg.Client, again: boolean) => Promise<void>;
  /** Told once for each loss. */
  onLost?: (error: Error) => void;
};

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;
// A listener never sends, so only probes of the operating system show it that its peer has vanished.
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * Connects and prepares; from then on each loss is followed by attempts with growing pauses (50 ms to 5 s).
 * @param url a `postgres://` URL that reaches the server itself, not a pooler in transaction mode
 * @throws when the first attempt fails
 */
export async function lastingConnection(
  url: string,
  options: LastingConnectionOptions,
): Promise<LastingConnection> {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function open(again: boolean): Promise<void> {
    const fresh = newClient(url, options.name);
    let lost: Error | undefined;
    fresh.on("error", (error) => {
      lost ??= error;
    });
    fresh.on("end", () => {
      if (client !== fresh) return;
      client = undefined;
      if (closed) return;
      options.onLost?.(lost ?? new Error("the server closed the connection"));
      retry(FIRST_RETRY_MS);
    });
    try {
      await fresh.connect();
      await options.onConnect(fresh, again);
      if (lost) throw lost;
    } catch (error) {
      await fresh.end().catch(() => undefined);
      throw error;
    }
    if (closed) await fresh.end();
    else client = fresh;
  }

  function retry(pause: number): void {
    timer = setTimeout(() => {
      open(true).catch(() => closed || retry(Math.min(pause * 2, LAST_RETRY_MS)));
    }, pause);
    timer.unref();
  }

  await open(false);
  return {
    current: () => client,
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

function newClient(url: string, name: string): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  });
}
