/** Listens to a channel of the database (`NOTIFY`), which is how processes tell each other of a change. */
import pg from "pg";
import { lastingConnection } from "./lasting-connection.ts";

/** What `listen` may be told. */
export type ListenOptions = {
  /**
   * Called after each new connection but the first: what was announced meanwhile is lost, so a cache that
   * relies on the channel must be dropped.
   */
  onReconnect?: () => void;
  /** Told once for each loss of the connection. */
  onLost?: (error: Error) => void;
};

/**
 * Opens one connection of its own that listens to a channel and comes back when it breaks.
 * @param url a `postgres://` URL that reaches the server itself, not a pooler in transaction mode
 * @param channel the channel's name, as `pg_notify` gets it
 * @param handler gets each payload ("" when none was sent); it must not throw
 * @returns closes the connection; no handler runs after it resolves
 * @throws when the first connection fails
 */
export async function listen(
  url: string,
  channel: string,
  handler: (payload: string) => void,
  options: ListenOptions = {},
): Promise<() => Promise<void>> {
  const connection = await lastingConnection(url, {
    name: "gatehouse listen",
    ...(options.onLost && { onLost: options.onLost }),
    async onConnect(client, again) {
      client.on("notification", (message) => handler(message.payload ?? ""));
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      if (again) options.onReconnect?.();
    },
  });
  return () => connection.close();
}
