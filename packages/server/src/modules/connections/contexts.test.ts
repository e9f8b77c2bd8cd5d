/** The notes of a set-up page: kept with a connection, for those who may set it up, and of a bounded size. */
import { Code } from "@connectrpc/connect";
import { ConnectionService } from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc, sessionToken } from "../../testing/callers.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
let foreign: SamlTenant;
const tokens = { writer: "", reader: "", member: "" };

beforeAll(async () => {
  app = await startTestApp();
  [tenant, foreign] = [await createSamlTenant(app), await createSamlTenant(app)];
  tokens.writer = await sessionToken(app, tenant, ["connections_read", "connections_write"]);
  tokens.reader = await sessionToken(app, tenant, ["connections_read"]);
  tokens.member = await sessionToken(app, tenant, []);
});
afterAll(async () => app.stop());

/** Both addresses of one connection's notes. */
function addresses(of: SamlTenant = tenant): string[] {
  const path = `/connections/${of.connectionId}/contexts`;
  return [path, `/organizations/${of.organizationId}${path}`];
}

const put = (path: string, body: unknown, token = tokens.writer) =>
  app.api(path, { method: "PUT", body, token });
const read = (path: string, token = tokens.reader) => app.api(path, { token });

test("are empty at first, then what was written last, at both addresses", async () => {
  for (const path of addresses()) expect((await read(path)).body).toEqual({ context: {} });
  const notes = { step: 2, done: ["create app", { näme: null }], "nested.key": { deep: true } };
  for (const path of addresses()) {
    expect(await put(path, { path, ...notes })).toEqual({ status: 200, body: {} });
    for (const each of addresses()) expect((await read(each)).body).toEqual({ context: { path, ...notes } });
  }
  expect((await put(addresses()[0] ?? "", {})).status).toBe(200);
  expect((await read(addresses()[1] ?? "")).body).toEqual({ context: {} });
});

test("are at most 16 KiB of JSON, and an object that can be stored", async () => {
  const [path = ""] = addresses();
  const notes = (bytes: number) => ({ a: "x".repeat(bytes - '{"a":""}'.length) });
  expect((await put(path, notes(16_384))).status).toBe(200);
  const { status, body } = await put(path, notes(16_385));
  expect([status, body.details[0].error_code]).toEqual([400, "CONNECTION_CONTEXT_TOO_LARGE"]);
  expect(body.message).toMatch(/16385.*16384/);
  expect((await read(path)).body.context).toEqual(notes(16_384));
  for (const refused of [[1], "text", { a: "\0" }, { "\0": 1 }, { a: "\ud800" }])
    expect((await put(path, refused)).status).toBe(400);
});

test("are nobody's who may not set up connections", async () => {
  for (const path of addresses()) {
    expect((await read(path, tokens.member)).status).toBe(404);
    expect((await put(path, { taken: true }, tokens.member)).status).toBe(404);
    expect((await put(path, { taken: true }, tokens.reader)).status).toBe(404);
    expect((await read(path, await app.token())).status).toBe(403);
  }
  expect(JSON.stringify((await read(addresses()[0] ?? "")).body)).not.toContain("taken");
});

test("are not another organization's, by whatever address", async () => {
  const mixed = `/organizations/${tenant.organizationId}/connections/${foreign.connectionId}/contexts`;
  for (const path of [...addresses(foreign), mixed]) {
    expect((await read(path)).status).toBe(404);
    expect((await put(path, { taken: true })).status).toBe(404);
  }
  const social = await app.api("/connections", { body: { provider: "GITHUB", type: "OAUTH" } });
  expect((await read(`/connections/${social.body.connection.id}/contexts`)).status).toBe(404);
});

test("work on gRPC", async () => {
  const client = rpc(app, ConnectionService, tokens.writer);
  const { connectionId } = tenant;
  await client.updateConnectionContext({ connectionId, context: { by: "grpc" } });
  expect((await client.getConnectionContext({ connectionId })).context).toEqual({ by: "grpc" });
  const unknown = client.getConnectionContext({ connectionId: "conn_1" });
  await expect(unknown).rejects.toMatchObject({ code: Code.NotFound });
});
