/**
 * The tables of schema `public`, as rows of TypeScript.
 * Generated from the migrated schema by `npm run generate`: never edited.
 */
import type { ColumnType } from "kysely";

/** Filled in by the database when an insert leaves it out. */
export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

/**
 * Read as the parsed value. Written as an object or as JSON text: an array must be passed through
 * JSON.stringify, since `pg` sends a plain one as an SQL array.
 */
export type Json = ColumnType<unknown, JsonInput, JsonInput>;

/** What a json column takes; not an array, not a bare number or boolean. */
export type JsonInput = string | (object & { length?: never });

/** Read as a Date; written as a Date or in ISO 8601. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface ApiTokens {
  created_at: Timestamp;
  custom_claims: Generated<Json>;
  description: Generated<string>;
  environment_id: string;
  expires_at: Timestamp | null;
  hash: Buffer;
  id: string;
  invalidated_at: Timestamp | null;
  organization_id: string;
  suffix: string;
  updated_at: Timestamp;
  user_id: string | null;
}

export interface AuthRequests {
  browser_hash: Buffer;
  client_id: string;
  code_challenge: string | null;
  completed_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  force_authentication: Generated<boolean>;
  id: string;
  login_hint: Generated<string>;
  nonce: string | null;
  organization_id: string | null;
  redirect_uri: string;
  response_mode: string;
  scope: string;
  state: string | null;
}

export interface AuthorizationCodes {
  authenticated_at: Timestamp;
  client_id: string;
  code_challenge: string | null;
  connection_id: string;
  consumed_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  grant_id: string;
  hash: Buffer;
  nonce: string | null;
  organization_id: string;
  profile: Json | null;
  redirect_uri: string;
  scope: string;
  session_id: string | null;
}

export interface ClientSecrets {
  client_id: string;
  created_at: Timestamp;
  created_by: string | null;
  environment_id: string;
  expires_at: Timestamp | null;
  hash: Buffer;
  id: string;
  last_used_at: Timestamp | null;
  status: string;
  suffix: string;
  updated_at: Timestamp;
}

export interface Clients {
  access_token_expiry: number | null;
  audience: Generated<string[]>;
  back_channel_logout_uris: Generated<string[]>;
  created_at: Timestamp;
  custom_claims: Generated<Json>;
  description: Generated<string>;
  disallow_api_access: Generated<boolean>;
  enforce_pkce: Generated<boolean>;
  environment_id: string;
  grant_types: string[];
  id: string;
  initiate_login_uri: Generated<string>;
  name: string;
  organization_id: string | null;
  post_login_uris: Generated<string[]>;
  post_logout_redirect_uris: Generated<string[]>;
  scopes: Generated<string[]>;
  type: string;
  updated_at: Timestamp;
}

export interface ConnectionCertificates {
  certificate: string;
  connection_id: string;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  fingerprint: string;
  id: string;
  issuer: string;
  warned_days: number | null;
}

export interface ConnectionDomains {
  connection_id: string;
  domain_id: string;
  environment_id: string;
}

export interface ConnectionTests {
  browser_hash: Buffer;
  connection_id: string;
  created_at: Timestamp;
  environment_id: string;
  error: string | null;
  error_description: string | null;
  expires_at: Timestamp;
  id: string;
  status: string;
  trace_id: string | null;
  user_info: Json | null;
}

export interface Connections {
  attribute_mapping: Generated<Json>;
  client_secret_sealed: Buffer | null;
  configuration_type: Generated<string>;
  context: Generated<Json>;
  created_at: Timestamp;
  debug_enabled: Generated<boolean>;
  enabled: Generated<boolean>;
  environment_id: string;
  id: string;
  key_id: string | null;
  metadata_problem: Generated<string>;
  metadata_read_at: Timestamp | null;
  metadata_reading: Generated<boolean>;
  organization_id: string | null;
  provider: string;
  provider_key: Generated<string>;
  settings: Generated<Json>;
  status: string;
  type: string;
  ui_button_title: Generated<string>;
  updated_at: Timestamp;
}

export interface Counters {
  environment_id: string;
  name: string;
  scope: string;
  slot: number;
  value: number;
}

export interface DataKeys {
  created_at: Generated<Timestamp>;
  id: ColumnType<number, never, never>;
  wrapped: Buffer;
}

export interface Directories {
  attribute_mappings: Generated<Json>;
  context: Generated<Json>;
  created_at: Timestamp;
  enabled: boolean;
  environment_id: string;
  id: string;
  last_synced_at: Timestamp | null;
  name: string;
  organization_id: string;
  provider: string;
  status: string;
  type: string;
  updated_at: Timestamp;
  waiting_after: string | null;
}

export interface DirectoryChanges {
  changed_at: Timestamp;
  directory_id: string;
  environment_id: string;
  id: string;
  kind: string;
  organization_id: string;
  restored_at: Timestamp | null;
  roles_before: Generated<string[]>;
  status_before: string | null;
  user_id: string;
}

export interface DirectoryGroupMembers {
  directory_id: string;
  directory_user_id: string;
  environment_id: string;
  group_id: string;
}

export interface DirectoryGroupRoles {
  directory_id: string;
  environment_id: string;
  group_id: string;
  role_id: string;
}

export interface DirectoryGroups {
  created_at: Timestamp;
  directory_id: string;
  display_name: string;
  document: Json;
  environment_id: string;
  external_id: string | null;
  id: string;
  organization_id: string;
  total_members: Generated<number>;
  updated_at: Timestamp;
  version: Generated<number>;
}

export interface DirectorySecrets {
  active: Generated<boolean>;
  created_at: Timestamp;
  directory_id: string;
  environment_id: string;
  expires_at: Timestamp | null;
  id: string;
  last_used_at: Timestamp | null;
  secret_hash: Buffer;
  suffix: string;
}

export interface DirectoryUsers {
  active: boolean;
  created_at: Timestamp;
  directory_id: string;
  display_name: Generated<string>;
  document: Json;
  email: Generated<string>;
  emails: Generated<string[]>;
  environment_id: string;
  external_id: string | null;
  family_name: Generated<string>;
  given_name: Generated<string>;
  id: string;
  organization_id: string;
  updated_at: Timestamp;
  user_id: string | null;
  user_name: string;
  version: Generated<number>;
}

export interface Domains {
  created_at: Timestamp;
  domain: string;
  environment_id: string;
  id: string;
  next_check_at: Timestamp | null;
  organization_id: string;
  txt_record_key: Generated<string>;
  txt_record_secret: Generated<string>;
  type: string;
  updated_at: Timestamp;
  verification_method: string;
  verification_status: string;
}

export interface Environments {
  authentication_mode: string;
  base_url: string | null;
  context: Generated<Json>;
  created_at: Timestamp;
  custom_domain: string | null;
  custom_domain_status: string | null;
  first_secret_at: Timestamp | null;
  id: string;
  name: string;
  public_url: string;
  region_code: Generated<string>;
  settings: Generated<Json>;
  type: string;
  updated_at: Timestamp;
}

export interface Events {
  actor_id: Generated<string>;
  actor_kind: Generated<string>;
  environment_id: string;
  id: string;
  occurred_at: Timestamp;
  organization_id: string | null;
  payload: Json;
  type: string;
  visibility: string;
}

export interface ExternalIdentities {
  connection_id: string;
  created_at: Timestamp;
  environment_id: string;
  last_login_at: Timestamp;
  subject: string;
  user_id: string;
}

export interface Grants {
  authenticated_at: Timestamp;
  client_id: string;
  created_at: Timestamp;
  ended_at: Timestamp | null;
  environment_id: string;
  id: string;
  organization_id: string;
  scope: string;
  session_id: string;
}

export interface Invitations {
  accepted_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  inviter_email: string | null;
  organization_id: string;
  resent_at: Timestamp | null;
  resent_count: Generated<number>;
  secret_hash: Buffer;
  user_id: string;
}

export interface LogoutRequests {
  connection_id: string;
  consumed_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  handle_hash: Buffer;
  return_to: string | null;
  saml_request_id: string | null;
}

export interface MemberInvitations {
  consumed_at: Timestamp | null;
  created_at: Timestamp;
  expires_at: Timestamp;
  member_id: string;
  secret_hash: Buffer;
}

export interface MemberSessions {
  created_at: Timestamp;
  expires_at: Timestamp;
  last_active_at: Timestamp;
  member_id: string;
  secret_hash: Buffer;
}

export interface Members {
  created_at: Timestamp;
  email: string;
  first_name: Generated<string>;
  id: string;
  last_name: Generated<string>;
  metadata: Generated<Json>;
  profile: Generated<Json>;
  role: string;
  updated_at: Timestamp;
}

export interface MembershipRoles {
  environment_id: string;
  organization_id: string;
  role_id: string;
  user_id: string;
}

export interface Memberships {
  created_at: Timestamp;
  directory_roles: string[] | null;
  environment_id: string;
  joined_at: Timestamp | null;
  metadata: Generated<Json>;
  organization_id: string;
  provisioning_method: string;
  status: string;
  updated_at: Timestamp;
  user_id: string;
}

export interface OrganizationDefaultRoles {
  environment_id: string;
  organization_id: string;
  role_id: string;
}

export interface Organizations {
  created_at: Timestamp;
  display_name: string;
  environment_id: string;
  external_id: string | null;
  features: Generated<Json>;
  id: string;
  logo_url: string | null;
  max_allowed_users: number | null;
  metadata: Generated<Json>;
  region_code: Generated<string>;
  session_policy: Json | null;
  slug: string | null;
  updated_at: Timestamp;
}

export interface Permissions {
  created_at: Timestamp;
  description: Generated<string>;
  environment_id: string;
  id: string;
  is_built_in: Generated<boolean>;
  name: string;
  updated_at: Timestamp;
}

export interface PortalLinks {
  consumed_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  features: string[];
  id: string;
  organization_id: string;
  secret_hash: Buffer;
  single_use: boolean;
}

export interface RefreshTokens {
  consumed_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  grant_id: string;
  hash: Buffer;
}

export interface RolePermissions {
  environment_id: string;
  permission_id: string;
  role_id: string;
}

export interface Roles {
  base_role_id: string | null;
  created_at: Timestamp;
  description: Generated<string>;
  display_name: string;
  environment_id: string;
  id: string;
  is_default_creator: Generated<boolean>;
  is_default_member: Generated<boolean>;
  name: string;
  organization_id: string | null;
  updated_at: Timestamp;
}

export interface SamlCertificates {
  certificate: string;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  id: string;
  private_sealed: Buffer;
}

export interface SamlResponses {
  connection_id: string;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  handle_hash: Buffer;
  response: string;
  ticket_hash: Buffer;
}

export interface SchemaMigrations {
  applied_at: Generated<Timestamp>;
  checksum: string;
  name: string;
  version: number;
}

export interface Scopes {
  created_at: Timestamp;
  description: Generated<string>;
  enabled: Generated<boolean>;
  environment_id: string;
  id: string;
  name: string;
  updated_at: Timestamp;
}

export interface Secrets {
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp | null;
  hash: Buffer | null;
  id: string;
  last_used_at: Timestamp | null;
  sealed: Buffer | null;
  suffix: string;
  type: string;
  updated_at: Timestamp;
}

export interface SessionClients {
  client_id: string;
  environment_id: string;
  organization_id: string;
  session_id: string;
}

export interface SessionOrganizations {
  authenticated_at: Timestamp;
  connection_id: string;
  environment_id: string;
  organization_id: string;
  session_id: string;
  upstream: Json | null;
  upstream_session: string | null;
  upstream_subject: string | null;
}

export interface Sessions {
  absolute_expires_at: Timestamp;
  authenticated_at: Timestamp;
  created_at: Timestamp;
  ended_at: Timestamp | null;
  environment_id: string;
  id: string;
  idle_expires_at: Timestamp | null;
  idle_seconds: number | null;
  ip: string;
  last_active_at: Timestamp;
  organization_id: string;
  secret_hash: Buffer;
  status: string;
  updated_at: Timestamp;
  user_agent: string;
  user_id: string;
}

export interface SigningKeys {
  algorithm: string;
  created_at: Timestamp;
  environment_id: string;
  id: string;
  private_sealed: Buffer;
  public_jwk: Json;
  retired_at: Timestamp | null;
  state: string;
}

export interface SimulatorCodes {
  claims: Json;
  environment_id: string;
  expires_at: Timestamp;
  hash: Buffer;
}

export interface SimulatorKeys {
  certificate: string;
  created_at: Timestamp;
  environment_id: string;
  private_sealed: Buffer;
}

export interface SsoRequests {
  auth_request_id: string;
  connection_id: string;
  consumed_at: Timestamp | null;
  created_at: Timestamp;
  environment_id: string;
  expires_at: Timestamp;
  handle_hash: Buffer;
  nonce: string | null;
  saml_request_id: string | null;
  sent: Generated<Json>;
  verifier_sealed: Buffer | null;
}

export interface Traces {
  auth_request_id: Generated<string>;
  client_id: Generated<string>;
  connection_id: string;
  created_at: Timestamp;
  email: Generated<string>;
  environment_id: string;
  error_code: Generated<string>;
  expires_at: Timestamp;
  id: string;
  kind: string;
  link_hash: Buffer | null;
  organization_id: string | null;
  outcome: string;
  reference: string;
  steps: Json;
}

export interface UsedAssertions {
  assertion_id: string;
  connection_id: string;
  environment_id: string;
  expires_at: Timestamp;
}

export interface UserAttributes {
  created_at: Timestamp;
  datatype: string;
  enabled: boolean;
  environment_id: string;
  key: string;
  label: string;
  oidc_mapping: Generated<string>;
  required: boolean;
  saml_mapping: Generated<string>;
  source: string;
  updated_at: Timestamp;
}

export interface Users {
  created_at: Timestamp;
  custom_attributes: Generated<Json>;
  email: string;
  email_verified: Generated<boolean>;
  environment_id: string;
  external_id: string | null;
  family_name: Generated<string>;
  gender: Generated<string>;
  given_name: Generated<string>;
  groups: Generated<string[]>;
  id: string;
  last_login_at: Timestamp | null;
  locale: Generated<string>;
  metadata: Generated<Json>;
  name: Generated<string>;
  phone_number: Generated<string>;
  phone_number_verified: Generated<boolean>;
  picture: Generated<string>;
  preferred_username: Generated<string>;
  profile_metadata: Generated<Json>;
  updated_at: Timestamp;
}

export interface WebhookAttempts {
  delivery_id: string;
  duration_ms: number;
  environment_id: string;
  error: Generated<string>;
  number: number;
  request_headers: Json;
  response_body: Generated<string>;
  response_headers: Json | null;
  response_status: number | null;
  started_at: Timestamp;
}

export interface WebhookDeliveries {
  attempts: Generated<number>;
  created_at: Timestamp;
  due_at: Timestamp | null;
  endpoint_id: string;
  environment_id: string;
  event_id: string;
  event_type: string;
  id: string;
  is_test: Generated<boolean>;
  organization_id: string | null;
  response_status: number | null;
  status: string;
  tries_left: number;
}

export interface WebhookEndpoints {
  created_at: Timestamp;
  deleted_at: Timestamp | null;
  description: Generated<string>;
  disabled_reason: string | null;
  enabled: boolean;
  environment_id: string;
  event_types: Generated<string[]>;
  failing_since: Timestamp | null;
  id: string;
  organization_id: string | null;
  updated_at: Timestamp;
  url: string;
}

export interface WebhookReplays {
  created_at: Timestamp;
  endpoint_id: string;
  environment_id: string;
  finished_at: Timestamp | null;
  from_time: Timestamp;
  id: string;
  include_successful: boolean;
  reached: Generated<string>;
  replayed: Generated<number>;
  to_time: Timestamp;
}

export interface WebhookSecrets {
  created_at: Timestamp;
  endpoint_id: string;
  environment_id: string;
  expires_at: Timestamp | null;
  id: string;
  sealed: Buffer;
  suffix: string;
}

/** Every table by its name. */
export interface Database {
  api_tokens: ApiTokens;
  auth_requests: AuthRequests;
  authorization_codes: AuthorizationCodes;
  client_secrets: ClientSecrets;
  clients: Clients;
  connection_certificates: ConnectionCertificates;
  connection_domains: ConnectionDomains;
  connection_tests: ConnectionTests;
  connections: Connections;
  counters: Counters;
  data_keys: DataKeys;
  directories: Directories;
  directory_changes: DirectoryChanges;
  directory_group_members: DirectoryGroupMembers;
  directory_group_roles: DirectoryGroupRoles;
  directory_groups: DirectoryGroups;
  directory_secrets: DirectorySecrets;
  directory_users: DirectoryUsers;
  domains: Domains;
  environments: Environments;
  events: Events;
  external_identities: ExternalIdentities;
  grants: Grants;
  invitations: Invitations;
  logout_requests: LogoutRequests;
  member_invitations: MemberInvitations;
  member_sessions: MemberSessions;
  members: Members;
  membership_roles: MembershipRoles;
  memberships: Memberships;
  organization_default_roles: OrganizationDefaultRoles;
  organizations: Organizations;
  permissions: Permissions;
  portal_links: PortalLinks;
  refresh_tokens: RefreshTokens;
  role_permissions: RolePermissions;
  roles: Roles;
  saml_certificates: SamlCertificates;
  saml_responses: SamlResponses;
  schema_migrations: SchemaMigrations;
  scopes: Scopes;
  secrets: Secrets;
  session_clients: SessionClients;
  session_organizations: SessionOrganizations;
  sessions: Sessions;
  signing_keys: SigningKeys;
  simulator_codes: SimulatorCodes;
  simulator_keys: SimulatorKeys;
  sso_requests: SsoRequests;
  traces: Traces;
  used_assertions: UsedAssertions;
  user_attributes: UserAttributes;
  users: Users;
  webhook_attempts: WebhookAttempts;
  webhook_deliveries: WebhookDeliveries;
  webhook_endpoints: WebhookEndpoints;
  webhook_replays: WebhookReplays;
  webhook_secrets: WebhookSecrets;
}
