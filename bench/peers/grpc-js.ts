/**
 * The other sides of `organization-by-id-grpc`, on `@grpc/grpc-js`: one method that answers an empty message and does
 * nothing, and one that reads a row and answers it as JSON, with no client to authenticate.
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ID, openRow } from "./one-row.ts";
import { announce } from "./serve.ts";

// Its stdin is a pipe from its parent, which ends with the parent, however that ends.
process.stdin.resume().once("end", () => process.exit(0));
const read = await openRow();
const server = new Server();

function serve(path: string, answer: () => Promise<Buffer>): void {
  const same = (bytes: Buffer): Buffer => bytes;
  const bytes = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { call: { path, requestStream: false, responseStream: false, ...bytes } },
    {
      call: (_call: unknown, done: (error: null, reply: Buffer) => void) =>
        void answer().then((reply) => done(null, reply)),
    },
  );
}

const empty = Buffer.alloc(0);
serve("/bench.Empty/Call", async () => empty);
serve("/bench.Organization/Read", async () => Buffer.from(JSON.stringify(await read(ID))));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  announce({ port, id: ID });
});
