/** The titles and objects of the published list of event types. */
import { expect, test } from "vitest";
import { displayNameOf, objectOf } from "./envelope.ts";

test.each([
  ["organization.created", "Organization", "Organization Created"],
  ["organization.domain_created", "Organization", "Organization Domain Created"],
  [
    "organization.domain_dns_verification_success",
    "Organization",
    "Organization Domain DNS Verification Success",
  ],
  ["organization.sso_enabled", "Connection", "SSO Connection Enabled"],
  ["organization.directory_enabled", "Directory", "Directory Enabled"],
  ["organization.directory.user_updated", "DirectoryUser", "Directory User Updated"],
  ["organization.directory.group_deleted", "DirectoryGroup", "Directory Group Deleted"],
  ["user.signup", "OrgMembership", "User Signup"],
  ["user.login", "User", "User Login"],
  ["user.logout", "User", "User Logout"],
  ["user.organization_invitation", "OrgMembership", "User Organization Invitation"],
  ["user.organization_membership_created", "OrgMembership", "User Organization Membership Created"],
  ["role.deleted", "Role", "Role Deleted"],
  ["permission.updated", "Permission", "Permission Updated"],
  ["connected_account.created", "ConnectedAccount", "Connected Account Created"],
  ["gatehouse.connection.certificate_expired", "Connection", "Connection Certificate Expired"],
  ["frontend.portal_opened", "JSON", "Frontend Portal Opened"],
])("%s is about a %s: %s", (type, object, title) => {
  expect({ object: objectOf(type), title: displayNameOf(type) }).toEqual({ object, title });
});
