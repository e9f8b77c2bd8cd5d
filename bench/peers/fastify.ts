/**
 * The other sides of `organization-by-id`, on Fastify: `/` answers a small JSON object and does nothing, `/organizations/:id`
 * reads one row and answers it, with no client to authenticate.
 */
import fastify from "fastify";
import { openRows } from "./one-row.ts";
import { announce } from "./serve.ts";

// Its stdin is a pipe from its parent, which ends with the parent, however that ends.
process.stdin.resume().once("end", () => process.exit(0));
const read = await openRows();
const app = fastify();
app.get("/", async () => ({ ok: true }));
app.get<{ Params: { id: string } }>("/organizations/:id", async ({ params }) => ({
  organization: await read(params.id),
}));
const url = await app.listen({ host: "127.0.0.1", port: 0 });
announce({ port: Number(new URL(url).port) });
