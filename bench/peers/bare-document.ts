/**
 * The limit of `discovery` and `keys`: `node:http` answering the same bytes for one path, from memory.
 * `DOCUMENT` is the body, `DOCUMENT_PATH` its path.
 */
import { announce, listen } from "./serve.ts";

const body = Buffer.from(process.env.DOCUMENT ?? "{}");
const path = process.env.DOCUMENT_PATH ?? "/";
const headers = { "content-type": "application/json", "content-length": body.length };

const { port } = await listen((request, response) => {
  if (request.url !== path) return response.writeHead(404, { "content-length": 0 }).end();
  return response.writeHead(200, headers).end(body);
});
announce({ port });
