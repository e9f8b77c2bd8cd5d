/** The door of UserService. */
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import type { Ctx } from "../../context.ts";
import type { Page } from "../../paging.ts";
import { serve } from "../../transport/service.ts";
import { additionOf, namesOf, profileOf, refOf, roleNamesOf } from "./input.rpc.ts";
import * as invitations from "./invitations.ts";
import * as memberships from "./memberships.ts";
import { toInvite, toRole, toUser } from "./messages.rpc.ts";
import { describe, describeOne } from "./people.ts";
import * as users from "./users.ts";

// GetSupportHash is left out: it proves a caller to a vendor's support chat, and an install of one's own has none.
export const userService = serve(UserService, {
  async getUser(ctx, { identities }) {
    return answer(ctx, await users.get(ctx, refOf(identities)));
  },

  async getCurrentUser(ctx) {
    const { user, sessionId } = await users.current(ctx);
    return { ...(await answer(ctx, user)), currentSessionId: sessionId, gatewayEnabled: false };
  },

  async listUsers(ctx, request) {
    return toPage(ctx, await users.list(ctx, request));
  },

  async searchUsers(ctx, request) {
    return toPage(ctx, await users.search(ctx, { ...pageOf(request), text: request.query }));
  },

  async searchOrganizationUsers(ctx, request) {
    const { query: text, organizationId } = request;
    return toPage(ctx, await users.search(ctx, { ...pageOf(request), text, organizationId }));
  },

  async updateUser(ctx, { identities, user }) {
    const { externalId, metadata } = user ?? {};
    const fields = { externalId, metadata, profile: profileOf(user?.userProfile) };
    return answer(ctx, await users.update(ctx, refOf(identities), fields));
  },

  async deleteUser(ctx, { identities }) {
    await users.delete(ctx, refOf(identities));
    return {};
  },

  async createMembership(ctx, { organizationId, identities, membership, sendInvitationEmail }) {
    const addition = additionOf(membership, sendInvitationEmail);
    return answer(ctx, await memberships.create(ctx, organizationId, refOf(identities), addition));
  },

  async deleteMembership(ctx, { organizationId, identities, cascade }) {
    await memberships.delete(ctx, organizationId, refOf(identities), cascade ?? false);
    return {};
  },

  async updateMembership(ctx, { organizationId, identities, membership }) {
    const { roles = [], metadata = {} } = membership ?? {};
    const patch = { roles: namesOf(roles), metadata };
    return answer(ctx, await memberships.update(ctx, organizationId, refOf(identities), patch));
  },

  async createUserAndMembership(ctx, { organizationId, user, sendInvitationEmail }) {
    const created = await users.createByApi(ctx, organizationId, {
      email: user?.email ?? "",
      externalId: user?.externalId,
      metadata: user?.metadata,
      profile: profileOf(user?.userProfile),
      membership: additionOf(user?.membership, sendInvitationEmail),
    });
    return answer(ctx, created);
  },

  async listOrganizationUsers(ctx, request) {
    return toPage(ctx, await users.listMembers(ctx, request.organizationId, pageOf(request)));
  },

  async resendInvite(ctx, { organizationId, id }) {
    return { invite: toInvite(await invitations.resend(ctx, organizationId, id), "PENDING_INVITE") };
  },

  async listUserRoles(ctx, { organizationId, userId }) {
    return { roles: (await memberships.listRoles(ctx, organizationId, userId)).map(toRole) };
  },

  async assignUserRoles(ctx, { organizationId, userId, roles }) {
    const held = await memberships.assignRoles(ctx, organizationId, userId, roleNamesOf(roles));
    return { roles: held.map(toRole) };
  },

  async removeUserRole(ctx, { organizationId, userId, roleName }) {
    await memberships.removeRole(ctx, organizationId, userId, roleName);
    return {};
  },

  async listUserPermissions(ctx, { organizationId, userId }) {
    const held = await memberships.listPermissions(ctx, organizationId, userId);
    return { permissions: held.map(({ id, name, description }) => ({ id, name, description })) };
  },
});

async function answer(ctx: Ctx, user: users.User) {
  return { user: toUser(await describeOne(ctx, user)) };
}

async function toPage(ctx: Ctx, page: Page<users.User>) {
  const { nextPageToken, prevPageToken, totalSize } = page;
  return { users: (await describe(ctx, page.items)).map(toUser), nextPageToken, prevPageToken, totalSize };
}

function pageOf({ pageSize, pageToken }: { pageSize: number; pageToken: string }) {
  return { pageSize, pageToken };
}
