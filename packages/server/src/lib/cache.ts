/**
 * What this process remembers of the database: least-recently-used entries, one load at a time for each, dropped when
 * any process says that the row changed. Wiring: the change sends `encodeInvalidation` by `pg_notify` in its own
 * transaction, every process listens and calls `drop`; after a lost connection it calls `dropAll`.
 */

/** What changed: one key of a topic, or the whole topic. */
export interface Invalidation {
  topic: string;
  key: string | undefined;
}

export interface CacheOptions {
  maxEntries: number;
  now(): Date;
}

interface Entry {
  topic: string;
  value: unknown;
  expires: number;
}

interface Load {
  topic: string;
  result: Promise<unknown>;
}

// A message may be lost with its connection: this bounds how long anybody sees the old row.
const DEFAULT_TTL_SECONDS = 60;

// PostgreSQL refuses a NOTIFY payload of 8,000 bytes and more.
const MAX_MESSAGE_BYTES = 7999;

export class Cache {
  readonly #options: CacheOptions;
  /** In order of use, oldest first: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry>();
  readonly #loads = new Map<string, Load>();

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /**
   * The remembered value, else that of `load`. Callers that ask while a load runs share it. A load that fails is not
   * remembered, nor is one during which its key was dropped, since it may have read the row before the change.
   * @param topic a word without spaces, such as `signing-keys`; all values of one topic and key have one type
   * @param options.ttlSeconds how long the value may be used; default 60
   */
  get<T>(topic: string, key: string, load: () => Promise<T>, options?: { ttlSeconds?: number }): Promise<T> {
    const name = nameOf(topic, key);
    const entry = this.#entries.get(name);
    if (entry !== undefined && entry.expires > this.#options.now().getTime()) {
      // The order of use only matters once something must go.
      if (this.#entries.size >= this.#options.maxEntries) {
        this.#entries.delete(name);
        this.#entries.set(name, entry);
      }
      return Promise.resolve(entry.value as T);
    }
    const running = this.#loads.get(name);
    if (running !== undefined) return running.result as Promise<T>;
    return this.#load(topic, name, load, options?.ttlSeconds ?? DEFAULT_TTL_SECONDS);
  }

  /** Forgets one key, or the whole topic, in this process only. */
  drop(topic: string, key?: string): void {
    if (key !== undefined) {
      this.#entries.delete(nameOf(topic, key));
      this.#loads.delete(nameOf(topic, key));
      return;
    }
    for (const map of [this.#entries, this.#loads]) {
      for (const [name, { topic: of }] of map) if (of === topic) map.delete(name);
    }
  }

  /** Forgets everything in this process: messages may have been missed. */
  dropAll(): void {
    this.#entries.clear();
    this.#loads.clear();
  }

  #load<T>(topic: string, name: string, load: () => Promise<T>, ttlSeconds: number): Promise<T> {
    const result = Promise.resolve().then(load);
    const running: Load = { topic, result };
    this.#loads.set(name, running);
    const finish = (remember?: Entry): void => {
      // A drop took this load out of the list: what it read may be older than the change.
      if (this.#loads.get(name) !== running) return;
      this.#loads.delete(name);
      if (remember !== undefined) this.#remember(name, remember);
    };
    const expiry = (): number => this.#options.now().getTime() + ttlSeconds * 1000;
    result.then(
      (value) => finish({ topic, value, expires: expiry() }),
      () => finish(),
    );
    return result;
  }

  #remember(name: string, entry: Entry): void {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries) return;
      this.#entries.delete(oldest);
    }
  }
}

function nameOf(topic: string, key: string): string {
  return `${topic} ${key}`;
}

/** The text of a notification. A key too long for one stands for its whole topic. */
export function encodeInvalidation(topic: string, key?: string): string {
  const message = key === undefined ? topic : nameOf(topic, key);
  return Buffer.byteLength(message) > MAX_MESSAGE_BYTES ? topic : message;
}

/** Reads what `encodeInvalidation` wrote; undefined when it names no topic. */
export function decodeInvalidation(message: string): Invalidation | undefined {
  const space = message.indexOf(" ");
  if (message === "" || space === 0) return undefined;
  if (space === -1) return { topic: message, key: undefined };
  return { topic: message.slice(0, space), key: message.slice(space + 1) };
}
