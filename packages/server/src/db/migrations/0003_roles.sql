-- Roles get permissions and inherit those of one base role. Roles and permissions change rarely and are read at
-- every sign-in, so each change of them takes its turn under a lock on the environment's row (see `roles`).

create table permissions (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  name text not null,
  description text not null default '',
  is_built_in boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index permissions_name on permissions (environment_id, name);
create index permissions_by_environment on permissions (environment_id, id);

create table role_permissions (
  environment_id text not null references environments on delete cascade,
  role_id text not null references roles on delete cascade,
  permission_id text not null references permissions on delete cascade,
  primary key (role_id, permission_id)
);
create index role_permissions_by_permission on role_permissions (permission_id);

alter table roles add column base_role_id text references roles check (base_role_id <> id);
create index roles_by_base on roles (base_role_id, organization_id);
create index roles_by_name on roles (environment_id, name, organization_id);
create index roles_by_organization on roles (organization_id, id);
create index roles_by_environment on roles (environment_id, id);
create unique index roles_one_default_creator on roles (environment_id) where is_default_creator;
create unique index roles_one_default_member on roles (environment_id) where is_default_member;

-- The role that new members of one organization get instead of the environment's.
create table organization_default_roles (
  organization_id text primary key references organizations on delete cascade,
  environment_id text not null references environments on delete cascade,
  role_id text not null references roles on delete cascade
);
create index organization_default_roles_by_role on organization_default_roles (role_id);

-- With the user, so that the holders of a role are counted from the index alone.
drop index membership_roles_by_role;
create index membership_roles_by_role on membership_roles (role_id, user_id);
