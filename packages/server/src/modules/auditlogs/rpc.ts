/** The door of AuditLogsService. */
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  AuditLogsService,
  type ListAuthLogRequest,
} from "@gatehouse/contract/scalekit/v1/auditlogs/auditlogs_pb";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import { dateOf } from "../events/timestamps.rpc.ts";
import * as signIns from "./sign-ins.ts";

export const auditLogsService = serve(AuditLogsService, {
  async listAuthRequests(ctx, request) {
    const filter = filterOf(request);
    // No sign-in is for an MCP server or a connected account yet.
    if (request.resourceId !== "" || request.connectedAccountIdentifier !== "") return { authRequests: [] };
    const { items, ...page } = await signIns.list(ctx, filter, request);
    return { authRequests: items.map((row) => toRequest(row, ctx.environmentId)), ...page };
  },
});

/** @throws INVALID_ARGUMENT for a status that there is not, or an instant that is none */
function filterOf(request: ListAuthLogRequest): signIns.SignInFilter {
  const { email, clientId, startTime, endTime, status } = request;
  return {
    ...(email !== "" && { email: email.toLowerCase() }),
    ...(clientId !== "" && { clientId }),
    ...(startTime && { from: dateOf("start_time", startTime) }),
    ...(endTime && { to: dateOf("end_time", endTime) }),
    ...(status.length > 0 && { statuses: status.map(statusOf) }),
  };
}

const statuses = ["INITIATED", "PENDING", "SUCCESS", "FAILED"] as const;

function statusOf(text: string): signIns.SignInStatus {
  const status = statuses.find((known) => known === text.toUpperCase());
  if (status === undefined)
    throw invalidArgument("status", "string.in", `value must be one of ${statuses.join(", ")}`);
  return status;
}

function toRequest(row: signIns.SignIn, environmentId: string) {
  const connection = {
    connectionId: row.connection_id,
    organizationId: row.organization_id ?? "",
    connectionType: row.connection_type ?? "",
    connectionProvider: row.connection_provider ?? "",
  };
  return {
    ...connection,
    environmentId,
    authRequestId: row.auth_request_id,
    email: row.email,
    status: row.status,
    timestamp: timestampFromDate(row.at),
    connectionDetails: row.connection_id === "" ? [] : [connection],
    workflow: workflowOf(row.connection_type),
    clientId: row.client_id,
    clientName: row.client_name ?? "",
    clientType: row.client_type ?? "",
  };
}

function workflowOf(connectionType: string | null): string {
  if (connectionType === "SAML" || connectionType === "OIDC") return "sso";
  return connectionType === "OAUTH" ? "social" : "";
}
