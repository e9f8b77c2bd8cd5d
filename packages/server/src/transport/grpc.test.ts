/** gRPC on the wire of HTTP/2, by frames that no well-behaved client sends. */
import http2 from "node:http2";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  GetOrganizationRequestSchema,
  GetOrganizationResponseSchema,
  OrganizationService,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { frameOf } from "./grpc-frame.ts";
import { serve } from "./service.ts";
import { as, type Server, startServer } from "./testing.ts";

const getPath = "/scalekit.v1.organizations.OrganizationService/GetOrganization";

/** A method that answers when the test says so. */
function gatedMethod() {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const door = serve(OrganizationService, {
    async getOrganization(_ctx, { identities }) {
      entered.resolve();
      await gate.promise;
      left.resolve();
      return { organization: { id: identities.value ?? "" } };
    },
  });
  return { door, entered: entered.promise, release: gate.resolve, left: left.promise };
}

let server: Server;
let session: http2.ClientHttp2Session;
beforeAll(async () => {
  server = await startServer();
  session = http2.connect(server.url);
});
afterAll(async () => {
  session.close();
  await server.transport.stop();
});

const message = toBinary(
  GetOrganizationRequestSchema,
  create(GetOrganizationRequestSchema, { identities: { case: "id", value: "org_1" } }),
);

interface Answer {
  status: number | undefined;
  headers: http2.IncomingHttpHeaders;
  trailers: http2.IncomingHttpHeaders;
  body: Buffer;
}

function open(
  on: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders = {},
): http2.ClientHttp2Stream {
  const head = { ":method": "POST", ":path": getPath, "content-type": "application/grpc", te: "trailers" };
  return on.request({ ...head, ...as("client"), ...headers });
}

function answerOf(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answer: Answer = { status: undefined, headers: {}, trailers: {}, body: Buffer.alloc(0) };
    stream.on("response", (headers) => Object.assign(answer, { headers, status: headers[":status"] }));
    stream.on("trailers", (trailers) => Object.assign(answer, { trailers }));
    stream.on("data", (chunk: Buffer) => {
      answer.body = Buffer.concat([answer.body, chunk]);
    });
    stream.on("end", () => resolve(answer));
    stream.on("error", reject);
  });
}

function call(body: Uint8Array, headers: http2.OutgoingHttpHeaders = {}): Promise<Answer> {
  const stream = open(session, headers);
  stream.end(body);
  return answerOf(stream);
}

describe("a call", () => {
  test.each(["application/grpc", "application/grpc+proto"])(
    "is answered in its own type: %s",
    async (type) => {
      const { status, headers, trailers, body } = await call(frameOf(message), { "content-type": type });
      expect([status, headers["content-type"], trailers["grpc-status"]]).toEqual([200, type, "0"]);
      expect(fromBinary(GetOrganizationResponseSchema, body.subarray(5)).organization?.id).toBe("org_1");
    },
  );

  test("may be packed by gzip; the answer is not", async () => {
    const packed = frameOf(gzipSync(message));
    packed[0] = 1;
    const { headers, trailers, body } = await call(packed, {
      "grpc-encoding": "gzip",
      "grpc-accept-encoding": "gzip",
    });
    expect([trailers["grpc-status"], body[0]]).toEqual(["0", 0]);
    expect(headers).toMatchObject({ "grpc-accept-encoding": "identity,gzip" });
    expect(headers).not.toHaveProperty("grpc-encoding");
  });

  test.each<[string, Uint8Array, http2.OutgoingHttpHeaders, string]>([
    ["without a message", Buffer.alloc(0), {}, "12"],
    ["with two", Buffer.concat([frameOf(message), frameOf(message)]), {}, "12"],
    ["with a message cut short", frameOf(message).subarray(0, -1), {}, "3"],
    ["with a message too large", Buffer.from([0, 0, 16, 0, 1]), {}, "8"],
    ["packed in an unknown way", frameOf(message), { "grpc-encoding": "snappy" }, "12"],
    ["with a deadline that cannot be read", frameOf(message), { "grpc-timeout": "soon" }, "3"],
    ["of a method that is not there", frameOf(message), { ":path": "/no.Service/Method" }, "12"],
  ])("%s gets a status with details", async (_what, body, headers, status) => {
    const answer = await call(body, headers);
    const end = { ...answer.headers, ...answer.trailers };
    expect([answer.status, end["grpc-status"], answer.body.length]).toEqual([200, status, 0]);
    expect(end["grpc-status-details-bin"]).toBeTruthy();
  });

  test.each(["application/grpc+json", "application/grpcx", "text/plain"])(
    "in the type %s gets 415",
    async (type) => {
      expect((await call(frameOf(message), { "content-type": type })).status).toBe(415);
    },
  );

  test("that is refused leaves the connection to the others, however much of it follows", async () => {
    const stream = open(session, as("wrong"));
    const answer = answerOf(stream);
    stream.write(Buffer.alloc(200_000));
    expect((await answer).trailers["grpc-status"]).toBe("16");
    stream.end(Buffer.alloc(200_000));
    expect((await call(frameOf(message))).trailers["grpc-status"]).toBe("0");
  });

  test("that ends half-way is nobody's error", async () => {
    const stream = open(session);
    stream.write(frameOf(message).subarray(0, 7));
    await new Promise((resolve) => session.ping(resolve));
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await new Promise((resolve) => stream.once("close", resolve));
    expect((await call(frameOf(message))).trailers["grpc-status"]).toBe("0");
    expect(server.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

describe("a method that takes its time", () => {
  async function withMethod(
    run: (url: string, method: ReturnType<typeof gatedMethod>, server: Server) => Promise<void>,
  ) {
    const method = gatedMethod();
    const slow = await startServer({ services: [method.door] });
    try {
      await run(slow.url, method, slow);
    } finally {
      method.release();
      await slow.transport.stop();
    }
  }

  function start(url: string, headers: http2.OutgoingHttpHeaders = {}) {
    const own = http2.connect(url);
    const stream = open(own, headers);
    stream.end(frameOf(message));
    return { own, stream };
  }

  test("is not waited for behind the deadline; what it answers then is dropped", () =>
    withMethod(async (url, method) => {
      const { own, stream } = start(url, { "grpc-timeout": "50m" });
      const { trailers } = await answerOf(stream);
      expect([trailers["grpc-status"], trailers["grpc-message"]]).toEqual([
        "4",
        encodeURIComponent("The deadline of the call passed"),
      ]);
      method.release();
      await method.left;
      own.close();
    }));

  test("goes on when its client cancels, and nobody is told", () =>
    withMethod(async (url, method, { lines }) => {
      const { own, stream } = start(url);
      await method.entered;
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await new Promise((resolve) => stream.once("close", resolve));
      await new Promise((resolve) => own.ping(resolve));
      method.release();
      await method.left;
      await new Promise((resolve) => own.ping(resolve));
      own.close();
      expect(lines.filter((line) => line.includes(getPath))).toHaveLength(1);
      expect(lines.filter((line) => line.includes('"level":50'))).toEqual([]);
    }));

  test("is answered by a server that stops", () =>
    withMethod(async (url, method, { transport }) => {
      const { stream } = start(url);
      const answer = answerOf(stream);
      await method.entered;
      const stopped = transport.stop();
      method.release();
      expect((await answer).trailers["grpc-status"]).toBe("0");
      await stopped;
    }));
});
