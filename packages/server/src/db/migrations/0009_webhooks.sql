-- Webhooks: where events are sent, and what became of each. A delivery is written in the transaction of its event. Rows
-- that a sign-in may write have no foreign keys, since concurrent inserts would queue on the locked parent row; what is
-- left of an endpoint that was deleted is removed by expiry.

create table webhook_endpoints (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  -- Only events of this organization; null for those of all.
  organization_id text,
  url text not null,
  description text not null default '',
  -- Exact types, or a beginning followed by '.*', or '*'; empty for all.
  event_types text[] not null default '{}',
  enabled boolean not null,
  disabled_reason text check (disabled_reason in ('requested', 'gone', 'failing')),
  -- The first failure since the last success.
  failing_since timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Set while expiry still removes its deliveries; to everybody else it is gone.
  deleted_at timestamptz
);
create index webhook_endpoints_by_environment on webhook_endpoints (environment_id, id) where deleted_at is null;
create index webhook_endpoints_deleted on webhook_endpoints (id) where deleted_at is not null;

-- Sealed, since we sign with them. The newest one has no end; the one before it signs on for a day.
create table webhook_secrets (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  endpoint_id text not null references webhook_endpoints on delete cascade,
  sealed bytea not null,
  suffix text not null,
  created_at timestamptz not null,
  expires_at timestamptz
);
create index webhook_secrets_by_endpoint on webhook_secrets (endpoint_id, id);

create table webhook_deliveries (
  id text primary key,
  environment_id text not null,
  organization_id text,
  endpoint_id text not null,
  event_id text not null,
  event_type text not null,
  is_test boolean not null default false,
  status text not null check (status in ('queued', 'retrying', 'success', 'failed')),
  -- When the next attempt is due; null when there is none to come. Whoever makes an attempt moves it to the time at which
  -- the attempt counts as lost, so that another process then makes it.
  due_at timestamptz,
  -- How many attempts were begun. It tells a late answer of a lost attempt from that of the one that followed.
  attempts integer not null default 0,
  -- How many more may fail.
  tries_left integer not null,
  response_status integer,
  -- The time of the event.
  created_at timestamptz not null
);
create index webhook_deliveries_due on webhook_deliveries (endpoint_id, due_at, id) where due_at is not null;
create index webhook_deliveries_by_environment on webhook_deliveries (environment_id, id);
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_failed on webhook_deliveries (environment_id, id) where status = 'failed';
-- A span of time in which little happened must not be searched for in all others.
create index webhook_deliveries_by_span on webhook_deliveries (environment_id, created_at);
-- Expiry reads by time alone, and rows lie in its order: a small index serves.
create index webhook_deliveries_by_time on webhook_deliveries using brin (created_at);
-- Each row is changed twice soon after it was written; a fifth of a month's rows would be too long to wait.
alter table webhook_deliveries set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

create table webhook_attempts (
  environment_id text not null,
  delivery_id text not null,
  number integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  request_headers jsonb not null,
  response_status integer,
  response_headers jsonb,
  response_body text not null default '',
  error text not null default '',
  primary key (delivery_id, number)
);
create index webhook_attempts_by_time on webhook_attempts using brin (started_at);

-- A span of time whose deliveries are sent again, in pages: the last delivery that was reached, and how many were.
create table webhook_replays (
  id text primary key,
  environment_id text not null references environments on delete cascade,
  endpoint_id text not null references webhook_endpoints on delete cascade,
  from_time timestamptz not null,
  to_time timestamptz not null,
  include_successful boolean not null,
  reached text not null default '',
  replayed integer not null default 0,
  created_at timestamptz not null,
  finished_at timestamptz
);
create unique index webhook_replays_one_running on webhook_replays (endpoint_id) where finished_at is null;
create index webhook_replays_by_time on webhook_replays (created_at);
