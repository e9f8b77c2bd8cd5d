/** What the embedded database says while it starts and stops. */

/** Where its messages go; a pino logger fits. */
export type EmbeddedLog = { info(message: string): void; warn(message: string): void };
