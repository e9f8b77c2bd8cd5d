/**
 * Session policies: how long sessions of an organization last. The environment's policy always holds; one of the
 * organization's own can only be stricter, and applies from the next session on.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { memoryOf } from "../../remembered.ts";
import * as environments from "../environments/environments.ts";
import { organizationErrors as errors } from "./errors.ts";
import * as store from "./organizations.store.ts";
import type { Organization, OrganizationRef } from "./organizations.ts";
import * as organizations from "./organizations.ts";

/** Minutes, all of them. */
export interface SessionPolicy {
  absolute: number;
  idleEnabled: boolean;
  /** Kept while `idleEnabled` is off; 0 when none was ever given. */
  idle: number;
}

/** The policy of the environment, with what bounds it from below. */
export interface ApplicationPolicy extends SessionPolicy {
  accessToken: number;
}

const longest = 2 ** 31 - 1;

/** The organization's own policy; undefined where the environment's holds. @throws ORGANIZATION_NOT_FOUND */
export async function getPolicy(ctx: Ctx, ref: OrganizationRef): Promise<SessionPolicy | undefined> {
  return policyOf(await organizations.get(ctx, ref));
}

/** @throws ORGANIZATION_NOT_FOUND when the caller may not see the organization, SESSION_POLICY_OFF */
export async function getApplicationPolicy(ctx: Ctx, ref: OrganizationRef): Promise<ApplicationPolicy> {
  await organizations.get(ctx, ref);
  const { features } = await environments.current(ctx);
  if (!features.session_policy) throw errors.SESSION_POLICY_OFF();
  return applicationPolicy(ctx);
}

/**
 * How many seconds a session that begins in an organization now may last, and may be idle (undefined = for ever): as
 * the stricter of both policies has it.
 */
export async function sessionLimits(
  ctx: Ctx,
  organizationId: string,
): Promise<{ absolute: number; idle: number | undefined }> {
  const { lifetimes } = await environments.current(ctx);
  const own = await known.remember(ctx, organizationId);
  const ownIdle = own?.idleEnabled ? own.idle * 60 : undefined;
  const idle = Math.min(
    lifetimes.sessionIdle ?? Number.POSITIVE_INFINITY,
    ownIdle ?? Number.POSITIVE_INFINITY,
  );
  return {
    absolute: Math.min(lifetimes.sessionAbsolute, (own?.absolute ?? Number.POSITIVE_INFINITY) * 60),
    idle: Number.isFinite(idle) ? idle : undefined,
  };
}

/** Every sign-in asks. */
const known = memoryOf("session_policies", async (at, id) => {
  const organization = await store.find(at, { id });
  return organization && policyOf(organization);
});

/** Lets the environment's policy hold again. @throws ORGANIZATION_NOT_FOUND */
export async function clearPolicy(ctx: Ctx, ref: OrganizationRef): Promise<void> {
  await changePolicy(ctx, ref, () => null);
}

/**
 * Gives the organization a policy of its own. What is not given stays as it was; at first it adds nothing to the
 * environment's.
 * @throws ORGANIZATION_NOT_FOUND, SESSION_POLICY_INVALID unless absolute timeout, idle timeout and the lifetime of
 * access tokens descend in this order
 */
export async function setPolicy(
  ctx: Ctx,
  ref: OrganizationRef,
  input: Partial<SessionPolicy>,
): Promise<SessionPolicy> {
  const application = await applicationPolicy(ctx);
  const changed = await changePolicy(ctx, ref, (former) => {
    const untouched = { absolute: application.absolute, idleEnabled: false, idle: 0 };
    const policy = { ...(policyOf(former) ?? untouched), ...input };
    check(policy, application);
    return policy;
  });
  return policyOf(changed) ?? application;
}

async function changePolicy(
  ctx: Ctx,
  ref: OrganizationRef,
  to: (former: Organization) => SessionPolicy | null,
): Promise<Organization> {
  return inTransaction(ctx, async (ctx) => {
    const changed = await organizations.change(ctx, ref, (former) => {
      const policy = to(former);
      return { session_policy: policy && JSON.stringify(policy) };
    });
    await known.forget(ctx, changed.id);
    return changed;
  });
}

function check(policy: SessionPolicy, { accessToken }: ApplicationPolicy): void {
  const { absolute, idleEnabled, idle } = policy;
  const refuse = (problem: string) => {
    throw errors.SESSION_POLICY_INVALID(problem);
  };
  if (absolute > longest || idle > longest) refuse(`Timeouts are ${longest} minutes at most`);
  if (absolute <= accessToken)
    refuse(
      `absolute_session_timeout is ${absolute} minutes: it must be longer than the lifetime of access tokens, ${accessToken} minutes`,
    );
  if (!idleEnabled) return;
  if (idle >= absolute)
    refuse(`idle_session_timeout is ${idle} minutes: it must be shorter than the absolute one, ${absolute}`);
  if (idle <= accessToken)
    refuse(
      `idle_session_timeout is ${idle} minutes: it must be longer than the lifetime of access tokens, ${accessToken} minutes`,
    );
}

async function applicationPolicy(ctx: Ctx): Promise<ApplicationPolicy> {
  const { lifetimes } = await environments.current(ctx);
  const minutes = (seconds: number) => Math.ceil(seconds / 60);
  return {
    absolute: minutes(lifetimes.sessionAbsolute),
    idleEnabled: lifetimes.sessionIdle !== undefined,
    idle: minutes(lifetimes.sessionIdle ?? 0),
    accessToken: minutes(lifetimes.accessToken),
  };
}

function policyOf(organization: Organization): SessionPolicy | undefined {
  return (organization.session_policy as SessionPolicy | null) ?? undefined;
}
