/**
 * The other sides of `organization-by-id-grpc`, on `@grpc/grpc-js`: one method that answers an empty message and does
 * nothing, and one that reads the row whose id is the message and answers it as JSON, with no client to authenticate.
 */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { openRows } from "./one-row.ts";
import { announce } from "./serve.ts";

// Its stdin is a pipe from its parent, which ends with the parent, however that ends.
process.stdin.resume().once("end", () => process.exit(0));
const read = await openRows();
const server = new Server();

function serve(path: string, answer: (message: Buffer) => Promise<Buffer>): void {
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
      call: ({ request }: { request: Buffer }, done: (error: null, reply: Buffer) => void) =>
        void answer(request).then((reply) => done(null, reply)),
    },
  );
}

const empty = Buffer.alloc(0);
serve("/bench.Empty/Call", async () => empty);
serve("/bench.Organization/Read", async (id) => Buffer.from(JSON.stringify(await read(String(id)))));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  announce({ port });
});
