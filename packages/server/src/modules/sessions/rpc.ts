/** The door of SessionService. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type RevokedSessionDetailsSchema,
  type SessionDetailsSchema,
  SessionService,
  type UserSessionFilter,
} from "@gatehouse/contract/scalekit/v1/sessions/sessions_pb";
import { invalidArgument } from "../../errors.ts";
import { readUserAgent } from "../../lib/user-agent.ts";
import { serve } from "../../transport/service.ts";
import type { Session } from "./sessions.ts";
import * as sessions from "./user-sessions.ts";

export const sessionService = serve(SessionService, {
  async getSession(ctx, { sessionId }) {
    return toDetails(await sessions.get(ctx, sessionId), ctx.now());
  },

  async revokeSession(ctx, { sessionId }) {
    return { revokedSession: toRevoked(await sessions.revoke(ctx, sessionId), ctx.now()) };
  },

  async getUserSessions(ctx, { userId, pageSize, pageToken, filter }) {
    const page = await sessions.list(ctx, { pageSize, pageToken }, { userId, ...filterOf(filter) });
    return {
      sessions: page.items.map((session) => toDetails(session, ctx.now())),
      nextPageToken: page.nextPageToken,
      prevPageToken: page.prevPageToken,
      totalSize: page.totalSize,
    };
  },

  async revokeAllUserSessions(ctx, { userId }) {
    const revoked = await sessions.revokeAllOf(ctx, userId);
    return {
      revokedSessions: revoked.map((session) => toRevoked(session, ctx.now())),
      totalRevoked: revoked.length,
    };
  },
});

const statuses: readonly sessions.SessionStatus[] = ["active", "expired", "revoked", "logout"];

/** @throws INVALID_ARGUMENT */
function filterOf(filter: UserSessionFilter | undefined) {
  const from = dateOf("filter.start_time", filter?.startTime);
  const until = dateOf("filter.end_time", filter?.endTime);
  if (from && until && until <= from) {
    throw invalidArgument("filter.end_time", "timestamp.gt", "value must be after start_time");
  }
  return { statuses: [...new Set((filter?.status ?? []).map(statusNamed))], from, until };
}

function statusNamed(text: string): sessions.SessionStatus {
  const status = statuses.find((each) => each === text.toLowerCase());
  if (status) return status;
  throw invalidArgument("filter.status", "string.in", `value must be in list [${statuses.join(", ")}]`);
}

function dateOf(field: string, time: Parameters<typeof timestampDate>[0] | undefined): Date | undefined {
  if (time === undefined) return undefined;
  const date = timestampDate(time);
  // gRPC carries numbers, of which not all are times that a database knows.
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return date;
  throw invalidArgument(field, "timestamp.valid", "value must be a time between the years 1 and 9999");
}

function toDetails(
  session: sessions.SessionDetails,
  now: Date,
): MessageInitShape<typeof SessionDetailsSchema> {
  const device = readUserAgent(session.user_agent);
  return {
    ...common(session, now),
    authenticatedOrganizations: session.organizations,
    organizationId: session.organization_id,
    device: {
      userAgent: session.user_agent,
      os: device.os,
      osVersion: device.osVersion,
      browser: device.browser,
      browserVersion: device.browserVersion,
      deviceType: device.type,
      ip: session.ip,
    },
    authenticatedClients: session.clients.map((client) => ({
      clientId: client.client_id,
      organizationId: client.organization_id,
    })),
  };
}

function toRevoked(session: Session, now: Date): MessageInitShape<typeof RevokedSessionDetailsSchema> {
  return common(session, now);
}

function common(session: Session, now: Date) {
  const status = sessions.statusOf(session, now);
  const ended = session.ended_at ?? sessions.expiryOf(session);
  return {
    sessionId: session.id,
    userId: session.user_id,
    createdAt: timestampFromDate(session.created_at),
    updatedAt: timestampFromDate(session.updated_at),
    ...(session.idle_expires_at && { idleExpiresAt: timestampFromDate(session.idle_expires_at) }),
    absoluteExpiresAt: timestampFromDate(session.absolute_expires_at),
    ...((status === "expired" || status === "revoked") && { expiredAt: timestampFromDate(ended) }),
    ...(status === "logout" && { logoutAt: timestampFromDate(ended) }),
    status,
    lastActiveAt: timestampFromDate(session.last_active_at),
  };
}
