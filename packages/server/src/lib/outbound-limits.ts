/** The limits of one outbound exchange: its time, over all hops and the body, and the size of what is read. */
import { OutboundError, outboundErrorFrom } from "./outbound-error.ts";

export interface Deadline {
  /** Aborts when time runs out or the caller gives up. */
  signal: AbortSignal;
  /** The host that is being asked, for messages. */
  host: string;
  /** What to throw for something that was caught: the caller's own reason when it gave up, else an `OutboundError`. */
  failure(error: unknown): unknown;
  /** The answer was read to its end. */
  clear(): void;
  /** Nobody will read on: closes the connection. */
  abandon(): void;
}

/**
 * Starts the time of an exchange.
 * @param timeoutMs milliseconds until it is aborted; the timer keeps no process alive
 * @param caller the caller's own signal
 */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `${deadline.host} did not answer completely within ${timeoutMs / 1000} seconds.`;
    controller.abort(new OutboundError("timeout", deadline.host, message));
  }, timeoutMs);
  timer.unref();
  const deadline: Deadline = {
    signal: caller ? AbortSignal.any([caller, controller.signal]) : controller.signal,
    host: "",
    failure: (error) => (caller?.aborted ? caller.reason : outboundErrorFrom(error, deadline.host)),
    clear: () => clearTimeout(timer),
    abandon: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
  return deadline;
}

/**
 * The same body, which errors once it is longer than `maxBytes` or the deadline passes. It reads nothing ahead of its
 * reader, so that what unpacks to gigabytes is never unpacked.
 */
export function limitedBody(
  source: ReadableStream<Uint8Array>,
  maxBytes: number,
  deadline: Deadline,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let received = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) {
      deadline.clear();
      return controller.close();
    }
    received += value.byteLength;
    if (received > maxBytes) throw tooLarge(deadline.host, maxBytes);
    controller.enqueue(value);
  };
  const guarded = (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> =>
    pull(controller).catch((error) => {
      const failure = deadline.failure(error);
      deadline.abandon();
      throw failure;
    });
  const cancel = (): void => deadline.abandon();
  return new ReadableStream({ pull: guarded, cancel }, { highWaterMark: 0 });
}

function tooLarge(host: string, maxBytes: number): OutboundError {
  const message = `The answer of ${host} is longer than the ${maxBytes} bytes that are read of it.`;
  return new OutboundError("too_large", host, message);
}
