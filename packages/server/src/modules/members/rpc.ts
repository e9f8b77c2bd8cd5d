/** The door of MembersService. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  MemberRole,
  type MemberSchema,
  MembersService,
  type UpdateMember,
} from "@gatehouse/contract/scalekit/v1/members/members_pb";
import type { UpdateUserProfile } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import * as members from "./members.ts";

export const membersService = serve(MembersService, {
  async createMember(ctx, { member }) {
    const created = await members.create(ctx, {
      email: member?.email ?? "",
      role: roleOf(member?.role ?? MemberRole.MEMBER_ROLE_UNSPECIFIED),
      ...(member?.firstName !== undefined && { firstName: member.firstName }),
      ...(member?.lastName !== undefined && { lastName: member.lastName }),
      metadata: member?.metadata ?? {},
    });
    return { member: await toMember(ctx, created) };
  },

  async updateCurrentMember(ctx, { member }) {
    return { member: await toMember(ctx, await members.updateCurrent(ctx, patchOf(member))) };
  },

  async updateMember(ctx, { id, member }) {
    return { member: await toMember(ctx, await members.update(ctx, id, patchOf(member))) };
  },

  async getCurrentMember(ctx) {
    return { member: await toMember(ctx, await members.current(ctx)) };
  },

  async getMember(ctx, { id }) {
    return { member: await toMember(ctx, await members.get(ctx, id)) };
  },

  async listMembers(ctx, request) {
    const { items, nextPageToken, totalSize } = await members.list(ctx, request);
    const listed = await Promise.all(items.map((member) => toMember(ctx, member)));
    return { members: listed, nextPageToken, totalSize };
  },

  async deleteMember(ctx, { id }) {
    await members.delete(ctx, id);
    return {};
  },
});

/** @throws INVALID_ARGUMENT for a number that the contract does not have */
function roleOf(role: MemberRole): members.MemberRole {
  if (role === MemberRole.ADMIN) return "ADMIN";
  if (role === MemberRole.USER || role === MemberRole.MEMBER_ROLE_UNSPECIFIED) return "USER";
  throw invalidArgument("member.role", "enum.defined_only", "value must be one of the defined enum values");
}

function patchOf(member: UpdateMember | undefined): members.MemberPatch {
  const { userProfile } = member ?? {};
  const firstName = member?.firstName ?? userProfile?.givenName ?? userProfile?.firstName;
  const lastName = member?.lastName ?? userProfile?.familyName ?? userProfile?.lastName;
  return {
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    metadata: member?.metadata ?? {},
    ...(userProfile && { profile: profileOf(userProfile) }),
  };
}

/** @throws INVALID_ARGUMENT for what members have not: declared attributes, and groups of a directory */
function profileOf(sent: UpdateUserProfile): members.Profile {
  const [attribute] = Object.keys(sent.customAttributes);
  if (attribute !== undefined)
    throw invalidArgument(
      "member.user_profile.custom_attributes",
      "map.keys",
      `members have no attribute "${attribute}"`,
    );
  if (sent.groups.length > 0)
    throw invalidArgument("member.user_profile.groups", "repeated.max_items", "members have no groups");
  return {
    ...(sent.name !== undefined && { name: sent.name }),
    ...(sent.locale !== undefined && { locale: sent.locale }),
    ...(sent.phoneNumber !== undefined && { phone_number: sent.phoneNumber }),
    ...(sent.preferredUsername !== undefined && { preferred_username: sent.preferredUsername }),
    ...(sent.picture !== undefined && { picture: sent.picture }),
    ...(sent.gender !== undefined && { gender: sent.gender }),
    ...(Object.keys(sent.metadata).length > 0 && { metadata: sent.metadata }),
  };
}

async function toMember(ctx: Ctx, row: members.Member): Promise<MessageInitShape<typeof MemberSchema>> {
  const workspaceId = await members.workspaceId(ctx);
  return {
    id: row.id,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    workspaceId,
    workspaceIds: [workspaceId],
    role: MemberRole[row.role as members.MemberRole],
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    metadata: row.metadata as Record<string, string>,
    userProfile: toProfile(row),
  };
}

function toProfile(row: members.Member) {
  const profile = row.profile as members.Profile;
  return {
    id: row.id.replace("mem_", "usp_"),
    givenName: row.first_name,
    familyName: row.last_name,
    firstName: row.first_name,
    lastName: row.last_name,
    name: profile.name ?? [row.first_name, row.last_name].filter((part) => part !== "").join(" "),
    locale: profile.locale ?? "",
    phoneNumber: profile.phone_number ?? "",
    preferredUsername: profile.preferred_username ?? "",
    picture: profile.picture ?? "",
    gender: profile.gender ?? "",
    metadata: profile.metadata ?? {},
  };
}
