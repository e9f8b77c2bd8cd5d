-- Directories: what identity providers send by SCIM, as rows of their own beside the users of the environment, what it
-- changed at these, and the secrets with which the providers come.

create table directories (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text not null references organizations on delete cascade,
  name text not null,
  type text not null check (type in ('SCIM', 'LDAP', 'POLL')),
  provider text not null,
  enabled boolean not null,
  status text not null check (status in ('DRAFT', 'IN_PROGRESS', 'COMPLETED')),
  -- [{key, map_to, display_name}]; key is the provider's name of the attribute.
  attribute_mappings jsonb not null default '[]',
  context jsonb not null default '{}',
  last_synced_at timestamptz,
  -- The last person whom a pass over those who wait for a domain has looked at; null when no pass is due.
  waiting_after text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index directories_by_organization on directories (organization_id, id);
create index directories_by_environment on directories (environment_id, id);

create table directory_secrets (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  directory_id text not null references directories on delete cascade,
  secret_hash bytea not null unique,
  suffix text not null,
  active boolean not null default true,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);
create index directory_secrets_by_directory on directory_secrets (directory_id, id);

-- A person as the provider describes them. The columns are read from the document, which is kept as it was sent (without
-- password, id, meta and groups).
create table directory_users (
  id text primary key,
  environment_id text not null,
  organization_id text not null,
  directory_id text not null references directories on delete cascade,
  user_name text not null,
  external_id text,
  active boolean not null,
  display_name text not null default '',
  given_name text not null default '',
  family_name text not null default '',
  -- The address that events and sign-in know, as it was sent.
  email text not null default '',
  -- All addresses, in small letters.
  emails text[] not null default '{}',
  document jsonb not null,
  version integer not null default 1,
  -- The user whose membership follows this person; null in environments that keep no users, for addresses outside the
  -- organization's domains, and while the directory is being set up.
  user_id text references users on delete set null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint directory_users_in_directory unique (directory_id, id)
);
-- RFC 7643 section 4.1.1: unique, whatever the case of its letters.
create unique index directory_users_by_name on directory_users (directory_id, lower(user_name));
create index directory_users_by_change on directory_users (directory_id, updated_at);
create index directory_users_by_external_id on directory_users (directory_id, external_id);
create index directory_users_by_emails on directory_users using gin (emails) with (gin_pending_list_limit = 512);
create index directory_users_by_user on directory_users (user_id) where user_id is not null;

create table directory_groups (
  id text primary key,
  environment_id text not null,
  organization_id text not null,
  directory_id text not null references directories on delete cascade,
  display_name text not null,
  external_id text,
  -- As it was sent, without members, id and meta.
  document jsonb not null,
  version integer not null default 1,
  total_members integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint directory_groups_in_directory unique (directory_id, id)
);
create unique index directory_groups_by_name on directory_groups (directory_id, lower(display_name));
create index directory_groups_by_change on directory_groups (directory_id, updated_at);
create index directory_groups_by_external_id on directory_groups (directory_id, external_id);

-- The directory is part of the keys, so that no group can hold a person of another directory.
create table directory_group_members (
  environment_id text not null,
  directory_id text not null,
  group_id text not null,
  directory_user_id text not null,
  primary key (group_id, directory_user_id),
  foreign key (directory_id, group_id) references directory_groups (directory_id, id) on delete cascade,
  foreign key (directory_id, directory_user_id) references directory_users (directory_id, id) on delete cascade
);
create index directory_group_members_by_user on directory_group_members (directory_user_id, group_id);

create table directory_group_roles (
  environment_id text not null references environments on delete cascade,
  directory_id text not null,
  group_id text not null,
  role_id text not null references roles on delete cascade,
  primary key (group_id, role_id),
  foreign key (directory_id, group_id) references directory_groups (directory_id, id) on delete cascade
);
create index directory_group_roles_by_role on directory_group_roles (role_id);
create index directory_group_roles_by_directory on directory_group_roles (directory_id);

-- What a directory did to a membership, so that it can be undone: how the membership stood before (null: there was none).
create table directory_changes (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  organization_id text not null references organizations on delete cascade,
  directory_id text not null references directories on delete cascade,
  user_id text not null references users on delete cascade,
  kind text not null check (kind in ('joined', 'deactivated', 'reactivated', 'roles', 'restored')),
  status_before text,
  roles_before text[] not null default '{}',
  changed_at timestamptz not null,
  restored_at timestamptz
);
create index directory_changes_by_time on directory_changes (directory_id, changed_at);
create index directory_changes_by_user on directory_changes (user_id);

-- The roles that directories gave to a member, so that they take no other ones away; null: none has yet.
alter table memberships add column directory_roles text[];
