-- Scopes that an environment declares for what clients may ask for, each with the sentence that people read when they
-- consent.

create table scopes (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  name text not null,
  description text not null default '',
  enabled boolean not null default true,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index scopes_name on scopes (environment_id, name);
