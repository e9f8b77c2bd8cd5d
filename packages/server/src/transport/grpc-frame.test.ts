import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { AppError } from "../errors.ts";
import { frameOf, readFrame } from "./grpc-frame.ts";
import { MAX_BODY_BYTES } from "./refusals.ts";

/** A request whose body arrives in these pieces. */
function request(pieces: Iterable<Uint8Array>, encoding?: string): IncomingMessage {
  const headers = encoding === undefined ? {} : { "grpc-encoding": encoding };
  return Object.assign(Readable.from(pieces, { objectMode: false }), {
    headers,
  }) as unknown as IncomingMessage;
}

function packed(message: Uint8Array): Buffer {
  const frame = frameOf(message);
  frame[0] = 1;
  return frame;
}

async function refused(pieces: Iterable<Uint8Array>, encoding?: string): Promise<[string, string]> {
  return readFrame(request(pieces, encoding)).then(
    () => expect.unreachable("the message must be refused"),
    (error: AppError) => [error.status, error.message],
  );
}

const hello = Buffer.from("hello");
const large = Buffer.alloc(MAX_BODY_BYTES);

describe("a message arrives", () => {
  test.each<[string, Uint8Array[], string | undefined, Uint8Array]>([
    ["in one piece", [frameOf(hello)], undefined, hello],
    ["byte by byte", [...frameOf(hello)].map((byte) => Buffer.of(byte)), "identity", hello],
    ["in a piece of its own", [frameOf(hello).subarray(0, 5), hello], "gzip", hello],
    ["empty", [frameOf(Buffer.alloc(0))], undefined, Buffer.alloc(0)],
    ["packed by gzip", [packed(gzipSync(hello))], "gzip", hello],
    ["as large as may be", [frameOf(large)], undefined, large],
    ["as large as may be, once unpacked", [packed(gzipSync(large))], "gzip", large],
  ])("%s", async (_how, pieces, encoding, message) => {
    expect(Buffer.compare(await readFrame(request(pieces, encoding)), message)).toBe(0);
  });
});

describe("a message is refused", () => {
  const oversized = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
  test.each<[string, Uint8Array[], string | undefined, string, RegExp]>([
    ["when there is none", [], undefined, "UNIMPLEMENTED", /neither none nor two/],
    ["when a second follows", [frameOf(hello), frameOf(hello)], undefined, "UNIMPLEMENTED", /none nor two/],
    [
      "when a byte too many follows",
      [frameOf(hello), Buffer.of(0)],
      undefined,
      "UNIMPLEMENTED",
      /none nor two/,
    ],
    [
      "when its prefix is cut short",
      [frameOf(hello).subarray(0, 4)],
      undefined,
      "INVALID_ARGUMENT",
      /ends before/,
    ],
    ["when it is cut short", [frameOf(hello).subarray(0, 9)], undefined, "INVALID_ARGUMENT", /ends before/],
    [
      "by what it says of its size alone",
      [oversized],
      undefined,
      "RESOURCE_EXHAUSTED",
      /larger than 1048576/,
    ],
    [
      "when it unpacks to more than it may",
      [packed(gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1)))],
      "gzip",
      "RESOURCE_EXHAUSTED",
      /larger than/,
    ],
    [
      "when it is packed and nobody says how",
      [packed(gzipSync(hello))],
      undefined,
      "INVALID_ARGUMENT",
      /grpc-encoding/,
    ],
    [
      "when it is packed otherwise than said",
      [packed(brotliCompressSync(hello))],
      "gzip",
      "INVALID_ARGUMENT",
      /unpacked/,
    ],
    [
      "when packed in an unknown way",
      [packed(brotliCompressSync(hello))],
      "br",
      "UNIMPLEMENTED",
      /identity,gzip/,
    ],
    [
      "when its flag is neither 0 nor 1",
      [Buffer.from([128, 0, 0, 0, 0])],
      undefined,
      "INVALID_ARGUMENT",
      /flag is 128/,
    ],
  ])("%s", async (_when, pieces, encoding, status, words) => {
    expect(await refused(pieces, encoding)).toEqual([status, expect.stringMatching(words)]);
  });

  test("when the client leaves half-way, and when it left before", async () => {
    const leaving = request([frameOf(hello).subarray(0, 7)]);
    leaving.once("data", () => leaving.destroy(new Error("reset")));
    await expect(readFrame(leaving)).rejects.toMatchObject({ status: "ABORTED" });
    await expect(readFrame(leaving)).rejects.toMatchObject({ status: "ABORTED" });
  });
});
