/** The door of `/Bulk` (RFC 7644 section 3.7): operations in turn, each by the rules and in a transaction of its own. */
import {
  type BulkEntry,
  type BulkOperation,
  type BulkResult,
  bulkOrder,
  bulkResponse,
  circularError,
  readBulkRequest,
  resolveOperation,
} from "../../protocols/scim/bulk.ts";
import { formatEtag } from "../../protocols/scim/etag.ts";
import type { HttpReply, HttpRoute } from "../../transport/http.ts";
import { scimFault, settle } from "../../transport/render.ts";
import { bodyOf, type Call, door, root, scim } from "./scim-door.http.ts";
import * as groups from "./scim-groups.ts";
import * as users from "./scim-users.ts";

export const scimBulkRoutes: HttpRoute[] = [door("POST", "/Bulk", serve)];

async function serve(call: Call): Promise<HttpReply> {
  const request = readBulkRequest(bodyOf(call));
  const { order, circular } = bulkOrder(request);
  const inCircle = new Set(circular);
  const results: BulkResult[] = [];
  const made = new Map<string, string>();
  let errorsLeft = request.failOnErrors ?? Number.POSITIVE_INFINITY;
  for (const at of [...order, ...circular]) {
    const entry = request.entries[at];
    if (entry === undefined || errorsLeft === 0) break;
    const result = await attempt(call, entry, () => {
      if (entry.operation === undefined) throw entry.error;
      if (inCircle.has(at)) throw circularError();
      return run(call, resolveOperation(entry.operation, made), made);
    });
    results[at] = result;
    if (result.status >= 400) errorsLeft -= 1;
  }
  return scim(bulkResponse(results.filter((result) => result !== undefined)));
}

/** What went wrong with one operation is its own result; the others still run. */
async function attempt(
  { ctx }: Call,
  { method, bulkId }: BulkEntry,
  operation: () => Promise<Omit<BulkResult, "method" | "bulkId">>,
): Promise<BulkResult> {
  try {
    return { method, bulkId, ...(await operation()) };
  } catch (error) {
    const fault = scimFault(settle(error, ctx.log, ctx.request.id, `${root}/Bulk`));
    return { method, bulkId, status: fault.status, response: fault.toBody() };
  }
}

async function run(
  { ctx, directory, base }: Call,
  { method, endpoint, id = "", version, data, bulkId }: BulkOperation,
  made: Map<string, string>,
): Promise<Omit<BulkResult, "method" | "bulkId">> {
  const rules = endpoint === "Users" ? users : groups;
  const done = (row: { id: string; version: number }, status: number) => ({
    location: `${base}/${endpoint}/${row.id}`,
    version: formatEtag(row.version),
    status,
  });
  switch (method) {
    case "POST": {
      const row = await rules.create(ctx, directory, data);
      if (bulkId !== undefined) made.set(bulkId, row.id);
      return done(row, 201);
    }
    case "PUT":
      return done(await rules.replace(ctx, directory, id, data, version), 200);
    case "PATCH":
      return done(await rules.patch(ctx, directory, id, data, version), 200);
    case "DELETE":
      await rules.delete(ctx, directory, id, version);
      return { location: `${base}/${endpoint}/${id}`, status: 204 };
  }
}
