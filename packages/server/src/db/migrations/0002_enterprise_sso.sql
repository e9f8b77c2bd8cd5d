-- Enterprise SSO: traces of sign-in attempts, tests of connections, certificates of our own, domains that lead to
-- one connection, and what single logout must know of the session at the identity provider.

-- One attempt to sign in, kept for those who must find out why it failed. The reference is what a user reads out; it
-- opens nothing. The page behind the link of an error is found by the hash of a secret. No foreign keys: every sign-in
-- writes a row here, see the first migration.
create table traces (
  id text primary key,
  environment_id text not null,
  organization_id text,
  connection_id text not null,
  reference text not null,
  link_hash bytea,
  kind text not null check (kind in ('sign_in', 'idp_initiated', 'test', 'logout')),
  outcome text not null check (outcome in ('success', 'failure', 'abandoned')),
  error_code text not null default '',
  email text not null default '',
  client_id text not null default '',
  -- Not jsonb: it keeps the order of names, which people read.
  steps json not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create unique index traces_reference on traces (environment_id, reference);
create unique index traces_link on traces (link_hash) where link_hash is not null;
create index traces_by_environment on traces (environment_id, id);
create index traces_by_organization on traces (organization_id, id);
create index traces_by_connection on traces (connection_id, id);
create index traces_by_email on traces (environment_id, email, id) where email <> '';
-- For the question how many of late did not succeed, which strangers can make the server ask.
create index traces_not_succeeded on traces (environment_id, connection_id, kind, created_at)
  where outcome <> 'success';
-- Rows are written nearly in the order in which they expire.
create index traces_by_expiry on traces using brin (expires_at);

-- A test sign-in through a connection, which need not be enabled: its result, for the API and for the browser that
-- began it.
create table connection_tests (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  connection_id text not null references connections on delete cascade,
  browser_hash bytea not null,
  status text not null check (status in ('PENDING', 'SUCCESS', 'FAILURE')),
  user_info jsonb,
  error text,
  error_description text,
  trace_id text,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index connection_tests_by_connection on connection_tests (connection_id);
create index connection_tests_by_expiry on connection_tests (expires_at);

-- Certificates of the service provider: they sign our requests, and identity providers encrypt assertions to them.
-- Several are valid at once, so that a renewal overlaps.
create table saml_certificates (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  certificate text not null,
  private_sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index saml_certificates_by_environment on saml_certificates (environment_id, id);

-- Which connection a domain leads to, where an organization has several.
create table connection_domains (
  domain_id text primary key references domains on delete cascade,
  environment_id text not null references environments on delete cascade,
  connection_id text not null references connections on delete cascade
);
create index connection_domains_by_connection on connection_domains (connection_id);

alter table connections drop constraint connections_type_check;
alter table connections add constraint connections_type_check
  check (type in ('SAML', 'OIDC', 'OAUTH', 'PASSWORDLESS', 'WEBAUTHN'));
-- The notes of a set-up page.
alter table connections add column context jsonb not null default '{}';
-- When the identity provider's metadata was last read, and why that failed ('' when it did not).
alter table connections add column metadata_read_at timestamptz;
alter table connections add column metadata_problem text not null default '';
-- Somebody reads it at this moment; believed for as long as reading may take after metadata_read_at.
alter table connections add column metadata_reading boolean not null default false;
create index connections_of_environment on connections (environment_id, type) where organization_id is null;
-- Their count is kept from now on.
insert into counters (environment_id, name, scope, slot, value)
  select environment_id, 'organization_connections', '', 0, count(*)
  from connections where organization_id is not null group by environment_id;

-- The smallest number of days before its end that was warned of; null before any warning, 0 after its end.
alter table connection_certificates add column warned_days integer;

-- Who the user is at the identity provider, so that single logout finds the session from there and the identity
-- provider's session from here.
alter table session_organizations add column upstream_subject text;
alter table session_organizations add column upstream_session text;
alter table session_organizations add column upstream jsonb;
create index session_organizations_by_upstream
  on session_organizations (connection_id, upstream_subject) where upstream_subject is not null;
create index session_organizations_by_upstream_session
  on session_organizations (connection_id, upstream_session) where upstream_session is not null;

-- What was sent to the identity provider, for the trace.
alter table sso_requests add column sent json not null default '{}';

-- A sign-out that waits at the identity provider: where the browser goes on to when it comes back. Null leads to our
-- own page.
create unlogged table logout_requests (
  handle_hash bytea primary key,
  environment_id text not null,
  connection_id text not null,
  saml_request_id text,
  return_to text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index logout_requests_by_expiry on logout_requests (expires_at);

-- Read once, a moment after it was written, and never searched: compressing it costs more than it saves.
alter table saml_responses alter column response set storage external;
