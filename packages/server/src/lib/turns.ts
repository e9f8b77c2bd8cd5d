/** Lets costly work wait for its turn in this process, so that one who asks for much of it leaves room for others. */

export interface TurnsOptions {
  /** At once in all. */
  most: number;
  /** At once for one key. */
  mostPerKey: number;
  /** Who may wait for one key; the next one is sent away. */
  mostWaiting: number;
}

/** Runs work when it is its turn. @throws TooManyWaiting */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export class TooManyWaiting extends Error {
  override readonly name = "TooManyWaiting";
}

type Line = { running: number; waiting: (() => void)[] };

/** In one line first come is first served; of several lines, the one that began first. */
export function createTurns({ most, mostPerKey, mostWaiting }: TurnsOptions): Turns {
  const lines = new Map<string, Line>();
  let running = 0;

  function callNext(): void {
    for (const line of lines.values()) {
      while (running < most && line.running < mostPerKey) {
        const start = line.waiting.shift();
        if (start === undefined) break;
        line.running += 1;
        running += 1;
        start();
      }
    }
  }

  return async (key, work) => {
    const line = lines.get(key) ?? { running: 0, waiting: [] };
    lines.set(key, line);
    if (line.waiting.length >= mostWaiting) throw new TooManyWaiting();
    await new Promise<void>((start) => {
      line.waiting.push(start);
      callNext();
    });
    try {
      return await work();
    } finally {
      line.running -= 1;
      running -= 1;
      if (line.running === 0 && line.waiting.length === 0) lines.delete(key);
      callNext();
    }
  };
}
