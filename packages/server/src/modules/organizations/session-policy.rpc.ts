/** The methods of OrganizationService that concern session policies. */
import { TimeUnit } from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import {
  type GetApplicationSessionPolicyRequest,
  type GetOrganizationSessionPolicyRequest,
  SessionPolicyType,
  type UpdateOrganizationSessionPolicyRequest,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as policies from "./session-policy.ts";

export const sessionPolicyMethods = {
  async updateOrganizationSessionPolicy(ctx: Ctx, request: UpdateOrganizationSessionPolicyRequest) {
    const ref = { id: request.organizationId };
    if (request.policySource === SessionPolicyType.CUSTOM)
      return { policy: toPolicy(await policies.setPolicy(ctx, ref, inputOf(request))) };
    if (request.policySource !== SessionPolicyType.APPLICATION)
      throw invalidArgument("policy_source", "enum.not_in", "value must be APPLICATION or CUSTOM");
    await policies.clearPolicy(ctx, ref);
    return { policy: toPolicy(undefined) };
  },

  async getOrganizationSessionPolicy(ctx: Ctx, { organizationId }: GetOrganizationSessionPolicyRequest) {
    return { policy: toPolicy(await policies.getPolicy(ctx, { id: organizationId })) };
  },

  async getApplicationSessionPolicy(ctx: Ctx, { organizationId }: GetApplicationSessionPolicyRequest) {
    const policy = await policies.getApplicationPolicy(ctx, { id: organizationId });
    const applicationPolicy = {
      absoluteSessionTimeout: policy.absolute,
      absoluteSessionTimeoutUnit: TimeUnit.MINUTES,
      idleSessionTimeoutEnabled: policy.idleEnabled,
      idleSessionTimeout: policy.idleEnabled ? policy.idle : 0,
      idleSessionTimeoutUnit: TimeUnit.MINUTES,
      accessTokenExpiry: policy.accessToken,
    };
    return { applicationPolicy };
  },
};

function inputOf(request: UpdateOrganizationSessionPolicyRequest): Partial<policies.SessionPolicy> {
  const { absoluteSessionTimeout: absolute, idleSessionTimeout: idle } = request;
  const idleEnabled = request.idleSessionTimeoutEnabled;
  return {
    ...(absolute !== undefined && {
      absolute: minutesOf("absolute_session_timeout", absolute, request.absoluteSessionTimeoutUnit),
    }),
    ...(idleEnabled !== undefined && { idleEnabled }),
    ...(idle !== undefined && {
      idle: minutesOf("idle_session_timeout", idle, request.idleSessionTimeoutUnit),
    }),
  };
}

const minutesOfUnit: Readonly<Partial<Record<TimeUnit, number>>> = {
  [TimeUnit.SESSION_TIME_UNIT_UNSPECIFIED]: 1,
  [TimeUnit.MINUTES]: 1,
  [TimeUnit.HOURS]: 60,
  [TimeUnit.DAYS]: 1_440,
};

/** @throws INVALID_ARGUMENT for a timeout that is not positive, or a unit that the contract does not have */
function minutesOf(field: string, count: number, unit: TimeUnit = TimeUnit.MINUTES): number {
  const factor = minutesOfUnit[unit];
  if (factor === undefined)
    throw invalidArgument(`${field}_unit`, "enum.defined_only", "value must be MINUTES, HOURS or DAYS");
  if (count < 1) throw invalidArgument(field, "int32.gt", "value must be greater than 0");
  return count * factor;
}

/** Clients read `false` and not its absence, and minutes whatever was sent. */
function toPolicy(policy: policies.SessionPolicy | undefined) {
  if (!policy) return { policySource: SessionPolicyType.APPLICATION };
  return {
    policySource: SessionPolicyType.CUSTOM,
    absoluteSessionTimeout: policy.absolute,
    absoluteSessionTimeoutUnit: TimeUnit.MINUTES,
    idleSessionTimeoutEnabled: policy.idleEnabled,
    ...(policy.idleEnabled && {
      idleSessionTimeout: policy.idle,
      idleSessionTimeoutUnit: TimeUnit.MINUTES,
    }),
  };
}
