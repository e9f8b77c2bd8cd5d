/**
 * Whether a verified identity may enter its organization, and as which user (full-stack mode). The key of an
 * identity is its connection and subject; an e-mail address only counts in a domain that the organization of
 * the connection has verified, since any identity provider can assert any address.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { Connection } from "../connections/connections.ts";
import type { Identity } from "../connections/sign-in.ts";
import * as domains from "../domains/domains.ts";
import * as environments from "../environments/environments.ts";
import * as users from "../users/users.ts";
import { belongsElsewhere, authErrors as errors, notMember, organizationFull } from "./errors.ts";

interface Policy {
  jitProvisioning?: boolean;
  syncUserProfileOnLogin?: boolean;
}

/**
 * The user behind an identity, as an active member of the connection's organization; a newcomer of a verified
 * domain is made one.
 * @throws unauthorized, invalid_user_domain, access_denied, user_not_active
 */
export async function admit(ctx: Ctx, connection: Connection, identity: Identity): Promise<users.User> {
  const policy = connection.settings as Policy;
  const linked = await users.ofIdentity(ctx, identity);
  if (!linked) {
    requireVerifiedEmail(identity);
    await requireOwnDomain(ctx, identity);
  }
  const user = linked ?? (await standingOf(ctx, identity));
  const status = user?.membership_status ?? null;
  if (status === "INACTIVE") throw errors.user_not_active(identity.email);
  const isMember = user !== undefined && status === "ACTIVE";
  // Who was a member once and is none now, or was only invited, joins only as a newcomer would.
  const domainChecked = !linked;
  const admitted = isMember ? user : await join(ctx, policy, identity, user, domainChecked);
  const { syncUserProfileOnSignin } = (await environments.current(ctx)).userManagement;
  const syncs = policy.syncUserProfileOnLogin ?? syncUserProfileOnSignin;
  return users.recordLogin(ctx, {
    userId: admitted.id,
    connectionId: connection.id,
    subject: identity.subject,
    emailProven: !linked && !admitted.email_verified,
    ...(syncs && { profile: profileOf(identity, admitted.custom_attributes as Texts) }),
  });
}

/** The user of the asserted address, who may be no member of the organization yet. */
async function standingOf(ctx: Ctx, identity: Identity): Promise<users.Standing | undefined> {
  const user = await users.ofEmail(ctx, identity.email);
  const member = user && (await users.member(ctx, identity.organizationId, user.id));
  return user && { ...user, membership_status: member?.membership_status ?? null };
}

/** Where users register themselves at the provider, anyone may have typed the address of a colleague. */
function requireVerifiedEmail(identity: Identity): void {
  if (!identity.emailVerified) throw errors.unauthorized(identity.email);
}

async function requireOwnDomain(ctx: Ctx, identity: Identity): Promise<void> {
  const owner = await domains.ownerOfEmail(ctx, identity.email);
  if (owner !== identity.organizationId) throw errors.invalid_user_domain(identity.email);
}

type Texts = Record<string, string>;

/** The contract lets an app write no longer value; a user is read and written back as a whole. */
const longestValue = 256;

/** What the identity says of the person, with the declared attributes as the texts that users have. */
function profileOf(identity: Identity, former: Texts = {}): users.Profile {
  const texts = Object.entries(identity.custom)
    .map(([key, value]): [string, string] => [key, typeof value === "string" ? value : JSON.stringify(value)])
    .filter(([, text]) => text.length <= longestValue);
  return { ...identity, customAttributes: { ...former, ...Object.fromEntries(texts) } };
}

async function join(
  ctx: Ctx,
  policy: Policy,
  identity: Identity,
  user: users.Standing | undefined,
  domainChecked: boolean,
): Promise<users.User> {
  const isInvited = user !== undefined && user.membership_status !== null;
  if (policy.jitProvisioning === false && !isInvited) throw notMember(identity.email);
  if (!domainChecked) await requireOwnDomain(ctx, identity);
  const { organizationId, email } = identity;
  const newcomer = {
    email: user?.email ?? email,
    emailVerified: true,
    profile: profileOf(identity),
    organizationId,
  };
  try {
    return await users.create(ctx, { ...newcomer, provisioningMethod: "jit_using_sso" });
  } catch (error) {
    const code = error instanceof AppError ? error.code : undefined;
    if (code === "USER_LIMIT_REACHED") throw organizationFull(newcomer.email, error);
    if (code === "USER_ELSEWHERE") throw belongsElsewhere(newcomer.email, error);
    // Another sign-in of the same newcomer was a moment faster.
    const winner = code === "USER_ALREADY_MEMBER" ? await users.ofEmail(ctx, newcomer.email) : undefined;
    if (!winner) throw error;
    return winner;
  }
}
