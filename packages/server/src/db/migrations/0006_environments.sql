-- Several environments in one install: an address of their own, a custom domain, and what is set for each of them;
-- declared attributes of users, and secrets that sign calls to interceptors.

-- The address that an environment was given, where public_url is its custom domain by now: it keeps answering. Null
-- means that public_url is that address.
alter table environments add column base_url text unique;
alter table environments add column custom_domain text;
alter table environments add column custom_domain_status text
  check (custom_domain_status in ('PENDING', 'ACTIVE', 'FAILED'));
alter table environments add column region_code text not null default 'US';
-- When the credentials of its first application were handed out: that happens once.
alter table environments add column first_secret_at timestamptz;
-- The notes of a dashboard.
alter table environments add column context jsonb not null default '{}';

-- Running sessions keep the policy that they began under. Null: the session does not end for idleness.
alter table sessions add column idle_seconds integer;
update sessions set idle_seconds = extract(epoch from idle_expires_at - last_active_at)
  where idle_expires_at is not null;

-- A row of a standard attribute changes what is built in.
create table user_attributes (
  environment_id text not null references environments on delete cascade,
  source text not null check (source in ('sso', 'directory')),
  key text not null,
  label text not null,
  datatype text not null check (datatype in ('STRING', 'NUMBER', 'BOOL', 'ARRAY', 'OBJECT')),
  enabled boolean not null,
  required boolean not null,
  saml_mapping text not null default '',
  oidc_mapping text not null default '',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (environment_id, source, key)
);

-- Keys that sign are sealed, since they are used; tokens that are only checked are hashed.
create table secrets (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  type text not null check (type in ('INTERCEPTOR_HMAC', 'DIRECTORY_TOKEN')),
  sealed bytea,
  hash bytea,
  suffix text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  check ((sealed is null) <> (hash is null))
);
create index secrets_by_environment on secrets (environment_id, id);
create unique index secrets_by_hash on secrets (hash) where hash is not null;
