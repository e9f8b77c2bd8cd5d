-- Machine clients of organizations beside the applications of an environment, and API tokens.

-- A client of an organization is a row of `clients`, too: the token endpoint must find either by one id, and their
-- secrets are kept in one way.
alter table clients
  drop constraint clients_type_check,
  add constraint clients_type_check check (type in ('ENV', 'WEB_APP', 'SPA', 'NTV', 'M2M')),
  add column organization_id text references organizations on delete cascade,
  add column description text not null default '',
  add column audience text[] not null default '{}',
  add constraint clients_owner check ((type = 'M2M') = (organization_id is not null));
-- The applications of an environment are few, and must be found among however many clients of organizations.
drop index clients_by_environment;
create index clients_by_environment on clients (environment_id, id) where organization_id is null;
create index clients_by_organization on clients (organization_id, id) where organization_id is not null;

insert into counters (environment_id, name, scope, slot, value)
select environment_id, 'clients', type, 0, count(*) from clients group by environment_id, type
on conflict do nothing;

-- Opaque keys that an app gives to its customers. An invalidated one stays, so that invalidating it again succeeds.
create table api_tokens (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text not null references organizations on delete cascade,
  user_id text,
  hash bytea not null unique,
  suffix text not null,
  description text not null default '',
  custom_claims jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  invalidated_at timestamptz,
  -- Who leaves the organization takes the keys that speak for them along.
  foreign key (organization_id, user_id) references memberships on delete cascade
);
create index api_tokens_by_organization on api_tokens (organization_id, id) where invalidated_at is null;
create index api_tokens_by_member on api_tokens (organization_id, user_id, id) where user_id is not null;
