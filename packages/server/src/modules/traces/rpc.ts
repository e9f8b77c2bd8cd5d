/** The door of TraceService. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  TraceKind,
  TraceOutcome,
  type TraceSchema,
  TraceService,
  type TraceStepSchema,
} from "@gatehouse/contract/gatehouse/v1/traces/traces_pb";
import { serve } from "../../transport/service.ts";
import { stepTitles, type TraceStep } from "./trace.ts";
import type { TraceRow } from "./traces.ts";
import * as traces from "./traces.ts";

export const traceService = serve(TraceService, {
  async getTrace(ctx, { id }) {
    const row = await traces.get(ctx, id);
    return { trace: toTrace(row, row.steps as unknown as TraceStep[]) };
  },

  async listTraces(ctx, { organizationId, connectionId, email, errorCode, kind, outcome, ...page }) {
    const filter = {
      ...(organizationId && { organization_id: organizationId }),
      ...(connectionId && { connection_id: connectionId }),
      ...(email && { email: email.toLowerCase() }),
      ...(errorCode && { error_code: errorCode }),
      ...(kind && { kind: TraceKind[kind].toLowerCase() }),
      ...(outcome && { outcome: TraceOutcome[outcome].toLowerCase() }),
    };
    const { items, ...rest } = await traces.list(ctx, filter, page);
    return { traces: items.map((row) => toTrace(row)), ...rest };
  },
});

function toTrace(row: TraceRow, steps: readonly TraceStep[] = []): MessageInitShape<typeof TraceSchema> {
  return {
    id: row.id,
    reference: row.reference,
    kind: TraceKind[row.kind.toUpperCase() as keyof typeof TraceKind],
    outcome: TraceOutcome[row.outcome.toUpperCase() as keyof typeof TraceOutcome],
    organizationId: row.organization_id ?? "",
    connectionId: row.connection_id,
    clientId: row.client_id,
    email: row.email,
    errorCode: row.error_code,
    createTime: timestampFromDate(row.created_at),
    expireTime: timestampFromDate(row.expires_at),
    steps: steps.map(toStep),
  };
}

function toStep(step: TraceStep): MessageInitShape<typeof TraceStepSchema> {
  return {
    name: step.name,
    title: stepTitles[step.name],
    ok: step.ok,
    time: timestampFromDate(new Date(step.time)),
    details: step.details,
    ...(step.problem && { problem: step.problem }),
  };
}
