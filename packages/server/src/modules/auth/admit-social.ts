/**
 * Whether somebody who has signed in at a social provider may enter, and as whom (full-stack mode). Such a sign-in
 * makes no members: it is for those who are members already, and not for those whose own organization signs its
 * people in itself.
 */
import type { Ctx } from "../../context.ts";
import type { Connection } from "../connections/connections.ts";
import { homeOf } from "../connections/domains-of-connection.ts";
import type { Identity } from "../connections/sign-in.ts";
import * as users from "../users/users.ts";
import { authErrors as errors, notMember } from "./errors.ts";

/**
 * The identity provider that the person has to prove themselves to as well, since their address is in a domain of an
 * organization with single sign-on; undefined where social sign-in is enough, or was not what they came through.
 * @param asked the organization that the app wants them in
 * @throws sso_required when that is another one
 */
export async function homeProvider(
  ctx: Ctx,
  connection: Connection,
  identity: Identity,
  asked: string | null,
): Promise<{ connection: Connection; email: string } | undefined> {
  if (connection.organization_id !== null) return undefined;
  const linked = await users.ofIdentity(ctx, identity);
  const email = linked?.email ?? identity.email;
  const home = await homeOf(ctx, email.slice(email.lastIndexOf("@") + 1));
  if (!home?.connection) return undefined;
  if (asked !== null && asked !== home.organizationId) throw errors.sso_required(email);
  return { connection: home.connection, email };
}

/**
 * The user behind an identity, and the organization they enter: the one that was asked for, else their only one.
 * @throws unauthorized, access_denied, user_not_active, account_selection_required
 */
export async function admitSocial(
  ctx: Ctx,
  identity: Identity,
  asked: string | null,
): Promise<{ user: users.User; organizationId: string }> {
  const linked = await users.ofIdentity(ctx, identity);
  // Anyone may have typed a member's address at the provider; a subject that was linked before has proven its own.
  if (!linked && !identity.emailVerified) throw errors.unauthorized(identity.email);
  const user = linked ?? (await users.ofEmail(ctx, identity.email));
  if (!user) throw notMember(identity.email);
  const organizationId = asked ?? (await onlyOrganization(ctx, user));
  const member = await users.member(ctx, organizationId, user.id);
  if (!member) throw notMember(user.email);
  if (member.membership_status !== "ACTIVE") throw errors.user_not_active(user.email);
  const { connectionId, subject } = identity;
  const login = { userId: user.id, connectionId, subject, emailProven: !linked && !user.email_verified };
  return { user: await users.recordLogin(ctx, login), organizationId };
}

async function onlyOrganization(ctx: Ctx, user: users.User): Promise<string> {
  const [first, second] = await users.organizationsOf(ctx, user.id, 2);
  if (first === undefined) throw notMember(user.email);
  if (second !== undefined) throw errors.account_selection_required(user.email);
  return first;
}
