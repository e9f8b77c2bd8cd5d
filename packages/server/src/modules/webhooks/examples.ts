/** An example of each event of the published list: what tests send, and the keys that receivers may count on. */
import { webhookErrors as errors } from "./errors.ts";

const at = "2026-02-03T04:05:06.789Z";
const organizationId = "org_100000000000000001";

const organization = {
  id: organizationId,
  display_name: "Acme",
  external_id: "acme-1",
  region_code: "US",
  create_time: at,
  update_time: at,
  metadata: {},
  settings: { features: [{ name: "sso", enabled: true }] },
};

const domain = {
  id: "dom_100000000000000002",
  domain: "acme.example",
  domain_type: "ORGANIZATION_DOMAIN",
  organization_id: organizationId,
  environment_id: "env_100000000000000003",
  verification_status: "VERIFIED",
  verification_method: "DNS",
  txt_record_key: "gatehouse-verify-dom_100000000000000002",
  txt_record_secret: "00112233445566778899aabbccddeeff",
  updated_at: at,
};

const identity = {
  connection_id: "conn_100000000000000004",
  connection_provider: "OKTA",
  connection_type: "SAML",
  connection_user_id: "00u1",
  is_social: false,
  created_time: at,
  last_login_time: at,
  last_synced_time: at,
};

const user = {
  id: "usr_100000000000000005",
  email: "ada@acme.example",
  external_id: "ada-1",
  create_time: at,
  update_time: at,
  last_login_time: at,
  metadata: {},
  user_profile: {
    id: "usp_100000000000000005",
    name: "Ada King",
    given_name: "Ada",
    family_name: "King",
    preferred_username: "ada",
    email_verified: true,
    phone_number: "",
    phone_number_verified: false,
    picture: "",
    gender: "",
    locale: "en",
    groups: null,
    metadata: {},
    custom_attributes: {},
    external_identities: [identity],
  },
};

const session = {
  session_id: "ses_100000000000000006",
  user_id: user.id,
  organization_id: organizationId,
  status: "ACTIVE",
  created_at: at,
  updated_at: at,
  last_active_at: at,
  idle_expires_at: "2026-02-10T04:05:06.789Z",
  absolute_expires_at: "2026-03-05T04:05:06.789Z",
  expired_at: null,
  logout_at: null,
  authenticated_organizations: [organizationId],
  device: {
    browser: "Firefox",
    browser_version: "140.0",
    device_type: "Desktop",
    ip: "203.0.113.7",
    os: "macOS",
    os_version: "15.0",
    user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:140.0) Gecko/20100101 Firefox/140.0",
    location: { city: "", region: "", region_subdivision: "", latitude: "", longitude: "" },
  },
};

const connection = {
  id: identity.connection_id,
  organization_id: organizationId,
  connection_type: "SAML",
  provider: "OKTA",
};

const directory = {
  id: "dir_100000000000000007",
  organization_id: organizationId,
  directory_type: "SCIM",
  provider: "OKTA",
  enabled: true,
  updated_at: at,
};

const directoryUser = {
  id: "diruser_100000000000000008",
  organization_id: organizationId,
  active: true,
  email: user.email,
  name: "Ada King",
  given_name: "Ada",
  family_name: "King",
  preferred_username: "ada@acme.example",
  nickname: "",
  dp_id: "00u1",
  employee_id: "",
  department: "",
  cost_center: "",
  division: "",
  title: "",
  user_type: "",
  organization: "",
  phone_number: "",
  language: "",
  locale: "",
  zoneinfo: "",
  profile: "",
  picture: "",
  address: {},
  groups: [{ id: "dirgroup_100000000000000009", name: "Admins" }],
  roles: [{ role_name: "admin" }],
  custom_attributes: {},
  raw_attributes: {},
};

const directoryUserDeleted = {
  id: directoryUser.id,
  organization_id: organizationId,
  dp_id: directoryUser.dp_id,
  email: user.email,
};

const groupCommon = {
  id: "dirgroup_100000000000000009",
  organization_id: organizationId,
  directory_id: directory.id,
  display_name: "Admins",
  raw_attributes: {},
};

const role = {
  id: "role_100000000000000010",
  name: "support",
  display_name: "Support",
  description: "",
  extends: "member",
};
const permission = { id: "perm_100000000000000011", name: "tickets:read", description: "" };

const accountCommon = {
  id: "ca_100000000000000012",
  identifier: user.email,
  connection_id: "conn_100000000000000013",
  connection_name: "github",
  provider: "GITHUB",
  status: "ACTIVE",
  authorization_type: "OAUTH",
};
const account = { ...accountCommon, token_expires_at: at, last_used_at: at };

const membership = { organization, user };

/** By type, in the order of the published list. */
export const examples: Readonly<Record<string, object>> = {
  "organization.created": organization,
  "organization.updated": organization,
  "organization.deleted": { ...organization, deleted_at: at },
  "organization.domain_created": domain,
  "organization.domain_deleted": domain,
  "organization.domain_dns_verification_success": domain,
  "organization.domain_dns_verification_failed": { ...domain, verification_status: "FAILED" },
  "organization.sso_created": connection,
  "organization.sso_enabled": { ...connection, enabled: true, status: "COMPLETED" },
  "organization.sso_disabled": { ...connection, enabled: false, status: "COMPLETED" },
  "organization.sso_deleted": connection,
  "organization.directory_enabled": directory,
  "organization.directory_disabled": { ...directory, enabled: false },
  "organization.directory.user_created": directoryUser,
  "organization.directory.user_updated": directoryUser,
  "organization.directory.user_deleted": directoryUserDeleted,
  "organization.directory.group_created": { ...groupCommon, external_id: "00g1" },
  "organization.directory.group_updated": { ...groupCommon, external_id: "00g1" },
  "organization.directory.group_deleted": { ...groupCommon, dp_id: "00g1" },
  "user.signup": membership,
  "user.login": { user, user_session: session },
  "user.logout": { user, user_session: { ...session, status: "LOGOUT", logout_at: at } },
  "user.organization_invitation": membership,
  "user.organization_membership_created": membership,
  "user.organization_membership_updated": membership,
  "user.organization_membership_deleted": membership,
  "role.created": role,
  "role.updated": role,
  "role.deleted": role,
  "permission.created": permission,
  "permission.updated": permission,
  "permission.deleted": permission,
  "connected_account.created": account,
  "connected_account.updated": account,
  "connected_account.status_updated": { ...accountCommon, old_status: "PENDING_AUTH" },
  "connected_account.deleted": account,
  "connected_account.magic_link_generated": account,
  "connected_account.oauth_succeeded": account,
  "connected_account.oauth_tokens_fetched": account,
  "connected_account.token_refresh_succeeded": account,
  "connected_account.token_refresh_failed": account,
};

/** @throws WEBHOOK_EVENT_TYPE_UNKNOWN for a type without an example */
export function exampleOf(type: string): object {
  const example = Object.hasOwn(examples, type) ? examples[type] : undefined;
  if (!example) throw errors.WEBHOOK_EVENT_TYPE_UNKNOWN(type);
  return example;
}
