/**
 * Which methods of the API have answered without an error, in the servers of this process. The tests' own servers tell
 * it here; scripts/proofs-setup.ts reads it after each test.
 */
import type { AnyHandler, ServiceDoor } from "../transport/service.ts";

const answered = new Set<string>();
const watched = new WeakSet<ServiceDoor>();

/** Notes from now on which methods behind these doors answer. Doors are shared by all servers of a process. */
export function watchAnswers(doors: readonly ServiceDoor[]): void {
  for (const door of doors) {
    if (watched.has(door)) continue;
    watched.add(door);
    const handlers = door.handlers as Map<string, AnyHandler>;
    for (const { localName, name } of door.service.methods) {
      const handler = handlers.get(localName);
      if (handler === undefined) continue;
      handlers.set(localName, async (ctx, request) => {
        const result = await handler(ctx, request);
        answered.add(`${door.service.typeName}/${name}`);
        return result;
      });
    }
  }
}

/** The methods that have answered since this was last asked, by their full names. */
export function takeAnswers(): string[] {
  const names = [...answered].sort();
  answered.clear();
  return names;
}
