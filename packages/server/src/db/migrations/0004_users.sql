-- What the management API keeps of users beyond sign-in: the rest of their profile, invitations, and an index for
-- finding them by a part of their address or external id.

alter table users
  add column gender text not null default '',
  add column groups text[] not null default '{}',
  add column phone_number_verified boolean not null default false,
  add column custom_attributes jsonb not null default '{}',
  add column profile_metadata jsonb not null default '{}';

-- The secret in the link is the only key to an invitation; each sending has one of its own.
create table invitations (
  environment_id text not null references environments on delete cascade,
  organization_id text not null,
  user_id text not null,
  secret_hash bytea not null unique,
  inviter_email text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  resent_at timestamptz,
  resent_count integer not null default 0,
  primary key (organization_id, user_id),
  foreign key (organization_id, user_id) references memberships on delete cascade
);

-- Trigrams find any part of the text without reading the table. The line break keeps a match within one of the two. A
-- short list of pending entries keeps a search fast right after many inserts.
create extension if not exists pg_trgm;
create index users_by_text on users
  using gin (lower(email || E'\n' || coalesce(external_id, '')) gin_trgm_ops)
  with (gin_pending_list_limit = 512);
