-- The rest of organizations and domains: when a domain's DNS record is looked up next, limits and session policies of
-- organizations, links into the admin portal; who caused an event; which sign-in a trace tells of; and the people who work in the
-- dashboard.

-- Null unless the domain waits for its record.
alter table domains add column next_check_at timestamptz;
update domains set next_check_at = now() where verification_status = 'PENDING' and verification_method = 'DNS';
create index domains_by_next_check on domains (environment_id, next_check_at) where next_check_at is not null;
-- A claim that is not proven yet must keep nobody from the domain: only the proven owner is one in an environment.
drop index domains_one_owner;
create unique index domains_one_owner on domains (environment_id, domain)
  where type = 'ORGANIZATION_DOMAIN' and verification_status = 'VERIFIED';

-- Null: no limit was set.
alter table organizations add column max_allowed_users integer check (max_allowed_users >= 0);
-- Timeouts in minutes; null: the environment's policy holds.
alter table organizations add column session_policy jsonb;
-- Trigrams find any part of the text without reading the table. The separators keep a match within one field.
create extension if not exists pg_trgm;
create index organizations_by_text on organizations
  using gin (lower(display_name || E'\n' || id || E'\n' || coalesce(external_id, '')) gin_trgm_ops)
  with (gin_pending_list_limit = 512);

-- Links into the admin portal, known by the hash of the secret in their address.
create table portal_links (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text not null references organizations on delete cascade,
  secret_hash bytea not null unique,
  features text[] not null,
  single_use boolean not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index portal_links_by_organization on portal_links (organization_id, id);
create index portal_links_by_expiry on portal_links (expires_at);

-- Who caused an event. Empty for those that were written before it was kept.
alter table events add column actor_kind text not null default '';
alter table events add column actor_id text not null default '';
-- `log`: what a page reports, for the log of events alone.
alter table events drop constraint events_visibility_check;
alter table events add constraint events_visibility_check check (visibility in ('public', 'internal', 'log'));
create index events_by_organization on events (organization_id, id);
create index events_by_type on events (environment_id, type, id);
create index events_by_time on events using brin (occurred_at);
create index events_by_connection on events
  ((case when type like 'organization.sso\_%' then payload ->> 'id' else payload ->> 'connection_id' end), id)
  where type like 'organization.sso\_%' or payload ? 'connection_id';
create index events_by_connected_account on events ((payload ->> 'connected_account_id'), id)
  where payload ? 'connected_account_id';
create index events_by_auth_request on events ((payload ->> 'auth_request_id'), id) where payload ? 'auth_request_id';
create index events_by_interceptor on events ((payload ->> 'interceptor_id'), id) where payload ? 'interceptor_id';

-- Which sign-in a trace tells of, for the log of sign-ins. One that went well ends its request, so only failures are
-- looked up by it.
alter table traces add column auth_request_id text not null default '';
create index traces_by_auth_request on traces (auth_request_id) where outcome = 'failure' and auth_request_id <> '';
create index sso_requests_by_auth_request on sso_requests (auth_request_id);

-- The people who work in the dashboard. They belong to the install and not to one of its environments.
create table members (
  id text primary key,
  email text not null unique,
  role text not null check (role in ('ADMIN', 'USER')),
  first_name text not null default '',
  last_name text not null default '',
  profile jsonb not null default '{}',
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table member_invitations (
  secret_hash bytea primary key,
  member_id text not null references members on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
create index member_invitations_by_member on member_invitations (member_id);
create index member_invitations_by_expiry on member_invitations (expires_at);

create table member_sessions (
  secret_hash bytea primary key,
  member_id text not null references members on delete cascade,
  created_at timestamptz not null,
  last_active_at timestamptz not null,
  expires_at timestamptz not null
);
create index member_sessions_by_member on member_sessions (member_id);
create index member_sessions_by_expiry on member_sessions (expires_at);
