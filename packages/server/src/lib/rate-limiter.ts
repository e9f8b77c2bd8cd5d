/**
 * How often something happened within the running window, and whether that is too often. Windows are aligned to the
 * clock, so that all processes are in the same one: forgetting the past is dropping one map, without a timer a key.
 */

export interface RateLimiterOptions<Name extends string> {
  /** The most that may happen under one key within a window. */
  limits: Readonly<Record<Name, number>>;
  windowSeconds: number;
  /** Past this many keys the oldest is forgotten: who floods us with keys loosens limits and takes no memory. */
  maxKeys: number;
  now(): Date;
}

/** A limit that is used up. */
export interface Exceeded {
  limit: number;
  /** Whole seconds until the window ends, at least 1. */
  resetSeconds: number;
  /** Whether this is the first time that it is told for the key in this window. */
  isFirst: boolean;
}

/** What one process counted: the start of its window in milliseconds, and how many were added under which key. */
export interface Counted {
  window: number;
  added: ReadonlyMap<string, number>;
}

interface Count {
  total: number;
  /** The part of the total that other processes have not heard of. */
  untold: number;
  wasExceeded: boolean;
}

/** What is below a tenth of its limit is not worth telling: most addresses never get there. */
const worthTelling = 0.1;

export class RateLimiter<Name extends string> {
  readonly #options: RateLimiterOptions<Name>;
  #window = Number.NEGATIVE_INFINITY;
  /** In order of first use, oldest first: a Map keeps the order of insertion. */
  #counts = new Map<string, Count>();
  #untold = new Set<string>();

  constructor(options: RateLimiterOptions<Name>) {
    this.#options = options;
  }

  /** Counts one, unless the limit is used up. @returns how it stands if so */
  take(name: Name, key: string): Exceeded | undefined {
    const now = this.#turn();
    const limit = this.#options.limits[name];
    const label = `${name} ${key}`;
    const count = this.#countOf(label);
    if (count.total >= limit) return this.#tellExceeded(count, limit, now);
    this.#add(label, count, limit);
    return undefined;
  }

  /** Whether the limit is used up; counts nothing. */
  exceeded(name: Name, key: string): Exceeded | undefined {
    const now = this.#turn();
    const limit = this.#options.limits[name];
    const count = this.#counts.get(`${name} ${key}`);
    return count !== undefined && count.total >= limit ? this.#tellExceeded(count, limit, now) : undefined;
  }

  /** Counts one, whatever the limit. */
  count(name: Name, key: string): void {
    this.#turn();
    const label = `${name} ${key}`;
    this.#add(label, this.#countOf(label), this.#options.limits[name]);
  }

  /** What was counted here since the last call, for the other processes; undefined when there is nothing to tell. */
  tell(): Counted | undefined {
    this.#turn();
    if (this.#untold.size === 0) return undefined;
    const added = new Map<string, number>();
    for (const label of this.#untold) {
      const count = this.#counts.get(label);
      if (count === undefined) continue;
      added.set(label, count.untold);
      count.untold = 0;
    }
    this.#untold.clear();
    return { window: this.#window, added };
  }

  /** Adds what another process counted; of another window than ours, it is too late or its clock is wrong. */
  hear(counted: Counted): void {
    this.#turn();
    if (counted.window !== this.#window) return;
    for (const [label, added] of counted.added) this.#countOf(label).total += added;
  }

  get #windowMs(): number {
    return this.#options.windowSeconds * 1000;
  }

  /** Begins a new window when the clock has left the old one. @returns the time in milliseconds */
  #turn(): number {
    const now = this.#options.now().getTime();
    const window = now - (now % this.#windowMs);
    if (window === this.#window) return now;
    this.#window = window;
    this.#counts = new Map();
    this.#untold = new Set();
    return now;
  }

  #tellExceeded(count: Count, limit: number, now: number): Exceeded {
    const isFirst = !count.wasExceeded;
    count.wasExceeded = true;
    return { limit, resetSeconds: Math.ceil((this.#window + this.#windowMs - now) / 1000), isFirst };
  }

  #add(label: string, count: Count, limit: number): void {
    count.total += 1;
    count.untold += 1;
    if (count.total >= limit * worthTelling) this.#untold.add(label);
  }

  #countOf(label: string): Count {
    const known = this.#counts.get(label);
    if (known !== undefined) return known;
    const count: Count = { total: 0, untold: 0, wasExceeded: false };
    this.#counts.set(label, count);
    if (this.#counts.size > this.#options.maxKeys) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    return count;
  }
}
