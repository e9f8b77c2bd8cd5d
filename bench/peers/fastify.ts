/**
 * The other sides of `organization-by-id`, on Fastify: `/` answers a small JSON object and does nothing, `/organization`
 * reads one row and answers it, with no client to authenticate.
 */
import fastify from "fastify";
import { ID, openRow } from "./one-row.ts";
import { announce } from "./serve.ts";

// Its stdin is a pipe from its parent, which ends with the parent, however that ends.
process.stdin.resume().once("end", () => process.exit(0));
const read = await openRow();
const app = fastify();
app.get("/", async () => ({ ok: true }));
app.get("/organization", async () => ({ organization: await read(ID) }));
const url = await app.listen({ host: "127.0.0.1", port: 0 });
announce({ port: Number(new URL(url).port), id: ID });
