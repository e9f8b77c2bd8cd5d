-- The first schema: environments with their keys and clients, organizations with domains and connections,
-- people with sessions, and the one-time rows of the sign-in flow. Every table but the few listed in
-- architecture.test.ts carries environment_id, since a row belongs to one environment for life.
--
-- Rows that every sign-in writes refer to their environment, client, organization and connection without a
-- foreign key: each insert would lock the same parent row, and concurrent sign-ins would queue on it (shared
-- row locks become multixacts). What ends with an organization is removed by a reaction in `sessions`; rows of
-- a client or connection that is gone are refused when they are used, and expire.
--
-- Rows that live for minutes while a user signs in (requests under way, posted responses, codes) are unlogged:
-- their inserts wait for no disk. After a crash of PostgreSQL they are gone, which fails on the safe side: the
-- user begins again, and a code or answer that was used cannot come back unused. What must outlive a crash
-- (sessions, grants, refresh tokens, assertions that were used) is logged, and its commit waits for the disk.

create table data_keys (
  id integer generated always as identity primary key,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);

create table environments (
  id text primary key,
  name text not null,
  type text not null check (type in ('DEV', 'PRD')),
  authentication_mode text not null check (authentication_mode in ('FULL_STACK_AUTH', 'MODULAR_AUTH')),
  public_url text not null unique,
  settings jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Counters behind total_size. A count is spread over slots so that writers do not queue on one row.
create table counters (
  environment_id text not null,
  name text not null,
  scope text not null,
  slot smallint not null,
  value bigint not null,
  primary key (environment_id, name, scope, slot)
);

create table events (
  id text primary key,
  environment_id text not null,
  organization_id text,
  type text not null,
  visibility text not null check (visibility in ('public', 'internal')),
  payload jsonb not null,
  occurred_at timestamptz not null
);
create index events_by_environment on events (environment_id, id);

create table signing_keys (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  algorithm text not null,
  state text not null check (state in ('next', 'current', 'retired')),
  public_jwk jsonb not null,
  private_sealed bytea not null,
  created_at timestamptz not null,
  retired_at timestamptz
);
create unique index signing_keys_one_current on signing_keys (environment_id, algorithm) where state = 'current';
create unique index signing_keys_one_next on signing_keys (environment_id, algorithm) where state = 'next';

create table clients (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  type text not null check (type in ('ENV', 'WEB_APP', 'SPA', 'NTV')),
  name text not null,
  post_login_uris text[] not null default '{}',
  post_logout_redirect_uris text[] not null default '{}',
  back_channel_logout_uris text[] not null default '{}',
  initiate_login_uri text not null default '',
  access_token_expiry integer,
  scopes text[] not null default '{}',
  custom_claims jsonb not null default '[]',
  disallow_api_access boolean not null default false,
  grant_types text[] not null,
  enforce_pkce boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index clients_by_environment on clients (environment_id, id);

create table client_secrets (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  client_id text not null references clients on delete cascade,
  hash bytea not null,
  suffix text not null,
  status text not null check (status in ('ACTIVE', 'INACTIVE')),
  created_by text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);
create index client_secrets_by_client on client_secrets (client_id);

create table organizations (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  display_name text not null,
  region_code text not null default 'US',
  external_id text,
  slug text,
  logo_url text,
  metadata jsonb not null default '{}',
  features jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index organizations_external_id on organizations (environment_id, external_id);
create unique index organizations_slug on organizations (environment_id, slug);
create index organizations_by_environment on organizations (environment_id, id);

create table domains (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text not null references organizations on delete cascade,
  domain text not null,
  type text not null check (type in ('ALLOWED_EMAIL_DOMAIN', 'ORGANIZATION_DOMAIN')),
  verification_method text not null check (verification_method in ('ADMIN', 'DNS', 'NOT_APPLICABLE')),
  verification_status text not null check (verification_status in ('PENDING', 'VERIFIED', 'FAILED', 'AUTO_VERIFIED')),
  txt_record_key text not null default '',
  txt_record_secret text not null default '',
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- One owner of a domain in an environment: home-realm discovery must have one answer.
create unique index domains_one_owner on domains (environment_id, domain) where type = 'ORGANIZATION_DOMAIN';
create unique index domains_once_in_organization on domains (organization_id, domain, type);
create index domains_by_organization on domains (organization_id, id);

create table roles (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text references organizations on delete cascade,
  name text not null,
  display_name text not null,
  description text not null default '',
  is_default_creator boolean not null default false,
  is_default_member boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index roles_name on roles (environment_id, coalesce(organization_id, ''), name);

create table users (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  email text not null,
  email_verified boolean not null default false,
  external_id text,
  given_name text not null default '',
  family_name text not null default '',
  name text not null default '',
  preferred_username text not null default '',
  phone_number text not null default '',
  picture text not null default '',
  locale text not null default '',
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_login_at timestamptz
);
create unique index users_email on users (environment_id, email);
create unique index users_external_id on users (environment_id, external_id);
create index users_by_environment on users (environment_id, id);

create table memberships (
  environment_id text not null references environments on delete cascade,
  organization_id text not null references organizations on delete cascade,
  user_id text not null references users on delete cascade,
  status text not null check (status in ('ACTIVE', 'INACTIVE', 'PENDING_INVITE', 'INVITE_EXPIRED')),
  provisioning_method text not null,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  joined_at timestamptz,
  primary key (organization_id, user_id)
);
create index memberships_by_user on memberships (user_id);

create table membership_roles (
  environment_id text not null references environments on delete cascade,
  organization_id text not null,
  user_id text not null,
  role_id text not null references roles on delete cascade,
  primary key (organization_id, user_id, role_id),
  foreign key (organization_id, user_id) references memberships on delete cascade
);
create index membership_roles_by_role on membership_roles (role_id);

create table connections (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text references organizations on delete cascade,
  type text not null check (type in ('SAML', 'OIDC')),
  provider text not null,
  provider_key text not null default '',
  key_id text,
  status text not null check (status in ('DRAFT', 'IN_PROGRESS', 'COMPLETED')),
  enabled boolean not null default false,
  debug_enabled boolean not null default false,
  ui_button_title text not null default '',
  configuration_type text not null default 'MANUAL' check (configuration_type in ('DISCOVERY', 'MANUAL')),
  attribute_mapping jsonb not null default '{}',
  settings jsonb not null default '{}',
  client_secret_sealed bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index connections_by_organization on connections (organization_id, id);
create index connections_by_environment on connections (environment_id, id);

create table connection_certificates (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  connection_id text not null references connections on delete cascade,
  certificate text not null,
  fingerprint text not null,
  issuer text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null
);
create unique index connection_certificates_once on connection_certificates (connection_id, fingerprint);

-- Who a person is at an identity provider: keyed by connection and subject, never by e-mail.
create table external_identities (
  environment_id text not null references environments on delete cascade,
  connection_id text not null references connections on delete cascade,
  subject text not null,
  user_id text not null references users on delete cascade,
  created_at timestamptz not null,
  last_login_at timestamptz not null,
  primary key (connection_id, subject)
);
create index external_identities_by_user on external_identities (user_id);

create table sessions (
  id text primary key,
  environment_id text not null,
  user_id text not null references users on delete cascade,
  secret_hash bytea not null unique,
  organization_id text not null,
  status text not null check (status in ('active', 'expired', 'revoked', 'logout')),
  user_agent text not null,
  ip text not null,
  authenticated_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_active_at timestamptz not null,
  idle_expires_at timestamptz,
  absolute_expires_at timestamptz not null,
  ended_at timestamptz
);
create index sessions_by_expiry on sessions (absolute_expires_at);
create index sessions_by_user on sessions (user_id, id);
create index sessions_by_organization on sessions (organization_id);

create table session_organizations (
  environment_id text not null,
  session_id text not null references sessions on delete cascade,
  organization_id text not null,
  connection_id text not null,
  authenticated_at timestamptz not null,
  primary key (session_id, organization_id)
);
create index session_organizations_by_organization on session_organizations (organization_id);

create table session_clients (
  environment_id text not null,
  session_id text not null references sessions on delete cascade,
  client_id text not null,
  organization_id text not null,
  primary key (session_id, client_id)
);

-- A sign-in that has begun: what the app asked for, bound to the browser by the hash of its flow cookie.
create unlogged table auth_requests (
  id text primary key,
  environment_id text not null,
  browser_hash bytea not null,
  client_id text not null,
  redirect_uri text not null,
  response_mode text not null check (response_mode in ('query', 'form_post')),
  scope text not null,
  state text,
  nonce text,
  code_challenge text,
  login_hint text not null default '',
  force_authentication boolean not null default false,
  organization_id text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  completed_at timestamptz
);
create index auth_requests_by_expiry on auth_requests (expires_at);

-- One leg to an identity provider and back, found by the hash of its RelayState or state.
create unlogged table sso_requests (
  handle_hash bytea primary key,
  environment_id text not null,
  auth_request_id text not null,
  connection_id text not null,
  saml_request_id text,
  nonce text,
  verifier_sealed bytea,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index sso_requests_by_expiry on sso_requests (expires_at);

-- A SAML response as it was posted, kept for the one GET that follows with the browser's cookies: one for each
-- leg, since anybody may post.
create unlogged table saml_responses (
  handle_hash bytea primary key,
  environment_id text not null,
  connection_id text not null,
  ticket_hash bytea not null unique,
  response text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index saml_responses_by_expiry on saml_responses (expires_at);

-- Assertions that were used, remembered until they expire, so that none is used twice.
create table used_assertions (
  environment_id text not null,
  connection_id text not null,
  assertion_id text not null,
  expires_at timestamptz not null,
  primary key (connection_id, assertion_id)
);
create index used_assertions_by_expiry on used_assertions (expires_at);

create unlogged table authorization_codes (
  hash bytea primary key,
  environment_id text not null,
  client_id text not null,
  redirect_uri text not null,
  scope text not null,
  nonce text,
  code_challenge text,
  session_id text,
  grant_id text not null,
  organization_id text not null,
  connection_id text not null,
  profile jsonb,
  authenticated_at timestamptz not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index authorization_codes_by_expiry on authorization_codes (expires_at);

-- What one code granted: the family of refresh tokens that rotate from it. Ended, it kills every token of it.
create table grants (
  id text primary key,
  environment_id text not null,
  session_id text not null references sessions on delete cascade,
  client_id text not null,
  organization_id text not null,
  scope text not null,
  authenticated_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz
);
create index grants_by_session on grants (session_id);

create table refresh_tokens (
  hash bytea primary key,
  environment_id text not null,
  grant_id text not null references grants on delete cascade,
  created_at timestamptz not null,
  consumed_at timestamptz
);
create index refresh_tokens_by_grant on refresh_tokens (grant_id);

-- The identity providers that a development environment simulates: their key, and codes not yet exchanged.
create table simulator_keys (
  environment_id text primary key references environments on delete cascade,
  certificate text not null,
  private_sealed bytea not null,
  created_at timestamptz not null
);

create unlogged table simulator_codes (
  hash bytea primary key,
  environment_id text not null,
  claims jsonb not null,
  expires_at timestamptz not null
);
create index simulator_codes_by_expiry on simulator_codes (expires_at);
