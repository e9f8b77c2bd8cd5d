/**
 * Tests of connections: a real sign-in at the identity provider that lets nobody in. It shows what arrives before
 * users are sent that way, so the connection need not be enabled.
 */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { equalSecret, hashSecret } from "../../lib/secrets.ts";
import type { ConnectionTest } from "./connection-tests.store.ts";
import * as store from "./connection-tests.store.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { known } from "./remembered.ts";

export type { ConnectionTest };

/** How long a result can be read. */
const resultStaysMs = 86_400_000;

/**
 * A connection that has all it needs, enabled or not.
 * @throws CONNECTION_NOT_FOUND, CONNECTION_INCOMPLETE naming what is missing
 */
export async function testable(ctx: Ctx, id: string): Promise<Connection> {
  const connection = (await known.remember(ctx, id))?.connection;
  if (!connection) throw errors.CONNECTION_NOT_FOUND(id);
  const missing = await connections.missingSettings(ctx, connection);
  if (missing.length > 0) throw errors.CONNECTION_INCOMPLETE(missing.join(", "));
  return connection;
}

/** Notes a test that begins, in the browser of `flowSecret`. @returns its id (`test_…`) */
export async function begin(ctx: Ctx, connection: Connection, flowSecret: string): Promise<string> {
  const id = newId("test");
  const now = ctx.now();
  await store.insert(ctx, {
    id,
    environment_id: ctx.environmentId,
    connection_id: connection.id,
    browser_hash: hashSecret(flowSecret),
    status: "PENDING",
    created_at: now,
    expires_at: new Date(now.getTime() + resultStaysMs),
  });
  return id;
}

/** A test that goes on, in the browser that began it. @throws invalid_state */
export async function pending(ctx: Ctx, id: string, flowSecret: string | undefined): Promise<ConnectionTest> {
  const test = await store.find(ctx, id, ctx.now());
  const own = flowSecret !== undefined && test && equalSecret(test.browser_hash, hashSecret(flowSecret));
  if (!own || test.status !== "PENDING") throw errors.invalid_state();
  return test;
}

/** How a test ended. */
export type TestResult = { traceId: string | undefined } & (
  | { userInfo: Record<string, unknown> }
  | { error: string; description: string }
);

export async function end(ctx: Ctx, id: string, result: TestResult): Promise<void> {
  await store.end(ctx, id, {
    trace_id: result.traceId ?? null,
    ...("userInfo" in result
      ? { status: "SUCCESS", user_info: JSON.stringify(result.userInfo) }
      : { status: "FAILURE", error: result.error, error_description: result.description }),
  });
}

/**
 * The contract names no permission for end users here: who may read connections may read how they were tested.
 * @throws CONNECTION_NOT_FOUND, TEST_NOT_FOUND also for another connection's
 */
export async function get(ctx: Ctx, connectionId: string, id: string): Promise<ConnectionTest> {
  const { caller } = ctx;
  const connection = await connections.get(ctx, connectionId);
  if (caller.kind === "SESSION" && !caller.permissions.includes("connections_read"))
    throw errors.CONNECTION_NOT_FOUND(connectionId);
  const test = await store.find(ctx, id, ctx.now());
  if (test?.connection_id !== connection.id) throw errors.TEST_NOT_FOUND(id);
  return test;
}
