-- The schema "parley" as the migrations make it, on every supported PostgreSQL. Written by `npm run schema` from a
-- freshly migrated database, checked by a test, and compared with the living database by `parley doctor`.
-- For reading and comparing only: the files in migrations/ are what makes it.

-- sequence signal_numbers
create sequence parley.signal_numbers as bigint increment by 1000 minvalue 1 maxvalue 9223372036854775807 start with 1000 cache 1 no cycle;

-- function assert_written
CREATE OR REPLACE FUNCTION parley.assert_written(expected integer, actual bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if expected <> actual then
    raise exception 'the group lost a race: % rows meant, % written', expected, actual
      using errcode = 'serialization_failure';
  end if;
  return true;
end $function$;

-- function count_config_changes
CREATE OR REPLACE FUNCTION parley.count_config_changes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update parley.workspaces set config_version = config_version + 1
  where id in (select workspace_id from changed);
  return null;
end $function$;

-- function fold_case
CREATE OR REPLACE FUNCTION parley.fold_case(given text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN CASE WHEN (octet_length(given) = length(given)) THEN (lower((given COLLATE "C")) COLLATE "default") ELSE (lower((given COLLATE "und-x-icu")) COLLATE "default") END;

-- function from_ms
CREATE OR REPLACE FUNCTION parley.from_ms(ms bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN to_timestamp(((ms)::double precision / (1000.0)::double precision));

-- function key_contact
CREATE OR REPLACE FUNCTION parley.key_contact()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  before bigint[] := '{}';
  after bigint[];
begin
  if tg_op = 'UPDATE' then
    before := parley.search_keys(old.tag_ids, '{}', old.custom_attributes);
  end if;
  after := parley.search_keys(new.tag_ids, '{}', new.custom_attributes);
  if before <> '{}' then
    delete from parley.contact_keys
    where workspace_id = new.workspace_id and contact_id = new.id
      and key = any(before) and key <> all(after);
  end if;
  insert into parley.contact_keys
  select new.workspace_id, k, new.id from unnest(after) as k where k <> all(before)
  on conflict do nothing;
  return null;
end $function$;

-- function key_conversation
CREATE OR REPLACE FUNCTION parley.key_conversation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  before bigint[] := '{}';
  after bigint[] := '{}';
begin
  if tg_op = 'UPDATE' then
    before := parley.search_keys(old.tag_ids, old.other_contact_ids, old.custom_attributes);
    insert into parley.conversation_keys
    select new.workspace_id, parley.search_key('former', id), new.id
    from unnest(old.other_contact_ids || old.contact_id) as m(id)
    where id <> all(new.other_contact_ids || new.contact_id) and new.deleted_at is null
    on conflict do nothing;
  end if;
  if new.deleted_at is null then
    after := parley.search_keys(new.tag_ids, new.other_contact_ids, new.custom_attributes);
  end if;
  if before <> '{}' then
    delete from parley.conversation_keys
    where workspace_id = new.workspace_id and conversation_id = new.id
      and key = any(before) and key <> all(after);
  end if;
  insert into parley.conversation_keys
  select new.workspace_id, k, new.id from unnest(after) as k where k <> all(before)
  on conflict do nothing;
  return null;
end $function$;

-- function key_speaker
CREATE OR REPLACE FUNCTION parley.key_speaker()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into parley.conversation_keys
  values (new.workspace_id, parley.search_key('speaker', new.author_id), new.conversation_id)
  on conflict do nothing;
  return null;
end $function$;

-- function ms
CREATE OR REPLACE FUNCTION parley.ms(moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN ((date_part('epoch'::text, moment) * (1000)::double precision))::bigint;

-- function next_position
CREATE OR REPLACE FUNCTION parley.next_position()
 RETURNS bigint
 LANGUAGE sql
AS $function$ select pg_current_xact_id()::text::bigint + (select value from parley.log_offset) $function$;

-- function search_key
CREATE OR REPLACE FUNCTION parley.search_key(kind text, value text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((('x'::text || "left"(md5(((kind || ':'::text) || value)), 16)))::bit(64))::bigint;

-- function search_keys
CREATE OR REPLACE FUNCTION parley.search_keys(tag_ids bigint[], contact_ids text[], attributes jsonb)
 RETURNS bigint[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return array(
    select parley.search_key('tag', id::text) from unnest(tag_ids) as t(id)
    union all
    select parley.search_key('contact', id) from unnest(contact_ids) as c(id)
    union all
    select parley.search_key('attribute ' || name, parley.search_text(entry))
    from jsonb_each(attributes) as a(name, value)
    cross join lateral jsonb_array_elements(
      case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) as e(entry)
    where parley.search_text(entry) is not null);
end $function$;

-- function search_text
CREATE OR REPLACE FUNCTION parley.search_text(entry jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(entry) WHEN 'number'::text THEN ((((entry)::text)::double precision + (0)::double precision))::text WHEN 'boolean'::text THEN (entry #>> '{}'::text[]) WHEN 'string'::text THEN CASE WHEN ((length((entry #>> '{}'::text[])) <= 40) AND ((entry #>> '{}'::text[]) ~ '^[ \t\r\n]*[+-]?(\d+(\.\d*)?|\.\d+)[ \t\r\n]*$'::text)) THEN ((((entry #>> '{}'::text[]))::double precision + (0)::double precision))::text ELSE (entry #>> '{}'::text[]) END ELSE NULL::text END;

-- function sees_all_workspaces
CREATE OR REPLACE FUNCTION parley.sees_all_workspaces()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (COALESCE(current_setting('parley.scope'::text, true), ''::text) = ANY (ARRAY['engine'::text, 'admin'::text]));

-- function settled_position
CREATE OR REPLACE FUNCTION parley.settled_position()
 RETURNS bigint
 LANGUAGE sql
AS $function$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (select value from parley.log_offset) $function$;

-- function visible_workspace_id
CREATE OR REPLACE FUNCTION parley.visible_workspace_id()
 RETURNS bigint
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('parley.workspace_id'::text, true), ''::text))::bigint;

-- function without_words
CREATE OR REPLACE FUNCTION parley.without_words(event text, part text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  -- The parts of a notification in the vendor's format.
  parts constant text[] := '{data,item,conversation_parts,conversation_parts}';
  result jsonb := event::jsonb;
begin
  if result #> '{message,body_text}' is not null
    and (part is null or result #>> '{message,id}' = part) then
    result := result || jsonb_build_object(
      'message', (result -> 'message') || '{"body": null, "body_text": null, "attachments": []}');
  end if;
  if jsonb_typeof(result #> parts) = 'array' then
    result := jsonb_set(result, parts, (
      select coalesce(jsonb_agg(
        case when part is null or p ->> 'id' = part
          then p || '{"body": null, "redacted": true, "attachments": []}' else p end order by n), '[]')
      from jsonb_array_elements(result #> parts) with ordinality as e(p, n)));
  end if;
  if part is null and result #> parts is not null then
    result := jsonb_set(result, '{data,item}',
      (result #> '{data,item}') || '{"title": null, "custom_attributes": {}}');
  end if;
  if part is null and result ? 'quick_reply_options' then
    result := result || '{"quick_reply_options": []}';
  end if;
  return result::text;
end $function$;

-- function writes_one_workspace
CREATE OR REPLACE FUNCTION parley.writes_one_workspace()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE((current_setting('parley.scope'::text, true) = 'command'::text), false);

-- table access_tokens
create table parley.access_tokens (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  channel_id bigint,
  admin_id bigint not null,
  name text not null,
  token_hash bytea not null,
  token_hint text not null,
  created_at timestamp with time zone not null default now(),
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  scopes text[] not null default '{events,read,write}'::text[],
  constraint access_tokens_pkey PRIMARY KEY (workspace_id, id),
  constraint access_tokens_token_hash_key UNIQUE (token_hash),
  constraint access_tokens_workspace_id_admin_id_fkey FOREIGN KEY (workspace_id, admin_id) REFERENCES parley.admins(workspace_id, id),
  constraint access_tokens_workspace_id_channel_id_fkey FOREIGN KEY (workspace_id, channel_id) REFERENCES parley.channels(workspace_id, id),
  constraint access_tokens_events_need_channel CHECK (((channel_id IS NOT NULL) OR (NOT ('events'::text = ANY (scopes))))),
  constraint access_tokens_scopes_check CHECK (((scopes <@ '{events,read,write,manage}'::text[]) AND (cardinality(scopes) > 0))),
  constraint access_tokens_token_hash_check CHECK ((length(token_hash) = 32))
);
alter table parley.access_tokens enable row level security;
alter table parley.access_tokens force row level security;
create policy one_workspace on parley.access_tokens as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table account_links
create table parley.account_links (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  admin_id bigint not null,
  purpose text not null,
  code_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint account_links_pkey PRIMARY KEY (workspace_id, id),
  constraint account_links_code_hash_key UNIQUE (code_hash),
  constraint account_links_workspace_id_admin_id_fkey FOREIGN KEY (workspace_id, admin_id) REFERENCES parley.admins(workspace_id, id),
  constraint account_links_code_hash_check CHECK ((length(code_hash) = 32)),
  constraint account_links_purpose_check CHECK ((purpose = ANY (ARRAY['setup'::text, 'invite'::text, 'reset'::text])))
);
CREATE INDEX account_links_expire ON parley.account_links USING btree (expires_at);
CREATE INDEX account_links_of_admin ON parley.account_links USING btree (workspace_id, admin_id);
alter table parley.account_links enable row level security;
alter table parley.account_links force row level security;
create policy one_workspace on parley.account_links as permissive for all to public
  using (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table admins
create table parley.admins (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  name text not null,
  email text not null,
  job_title text,
  away_mode_enabled boolean not null default false,
  away_mode_reassign boolean not null default false,
  has_inbox_seat boolean not null default true,
  created_at timestamp with time zone not null default now(),
  away_status_reason_id bigint,
  role text not null default 'teammate'::text,
  disabled_at timestamp with time zone,
  constraint admins_pkey PRIMARY KEY (workspace_id, id),
  constraint admins_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id),
  constraint admins_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'teammate'::text, 'operator'::text, 'owner'::text])))
);
alter table parley.admins enable row level security;
alter table parley.admins force row level security;
create policy command_inserts on parley.admins as permissive for insert to public
  with check ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace));
create policy command_updates on parley.admins as permissive for update to public
  using (workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id))
  with check ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace));
create policy one_workspace on parley.admins as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.admins REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.admins REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.admins REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table attribute_requests
create table parley.attribute_requests (
  workspace_id bigint not null,
  conversation_id bigint not null,
  attribute_id text not null,
  requested_at timestamp with time zone not null default now(),
  constraint attribute_requests_pkey PRIMARY KEY (workspace_id, conversation_id, attribute_id)
);
alter table parley.attribute_requests enable row level security;
alter table parley.attribute_requests force row level security;
create policy one_workspace on parley.attribute_requests as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table audit_log
create table parley.audit_log (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  created_at timestamp with time zone not null default now(),
  actor_type text not null,
  actor_id text,
  action text not null,
  object_type text not null,
  object_id text not null,
  related_id text,
  details json,
  token_id bigint,
  source text,
  state_before json,
  state_after json,
  constraint audit_log_pkey PRIMARY KEY (workspace_id, id),
  constraint audit_log_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX audit_log_action ON parley.audit_log USING btree (workspace_id, action, id);
CREATE INDEX audit_log_activities ON parley.audit_log USING btree (workspace_id, created_at, id) WHERE ((object_type <> 'contact'::text) AND (object_type <> 'conversation'::text) AND (object_type <> 'note'::text));
CREATE INDEX audit_log_actor ON parley.audit_log USING btree (workspace_id, actor_type, actor_id, id);
CREATE INDEX audit_log_object ON parley.audit_log USING btree (workspace_id, object_type, object_id, id);
CREATE INDEX audit_log_time ON parley.audit_log USING btree (workspace_id, created_at, id);
CREATE INDEX audit_log_token ON parley.audit_log USING btree (workspace_id, token_id, id) WHERE (token_id IS NOT NULL);
alter table parley.audit_log enable row level security;
alter table parley.audit_log force row level security;
create policy one_workspace on parley.audit_log as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table callback_health
create table parley.callback_health (
  workspace_id bigint not null,
  channel_id bigint not null,
  url text not null,
  failing_since timestamp with time zone,
  reason text,
  changed_at timestamp with time zone not null default now(),
  constraint callback_health_pkey PRIMARY KEY (workspace_id, channel_id),
  constraint callback_health_workspace_id_channel_id_fkey FOREIGN KEY (workspace_id, channel_id) REFERENCES parley.channels(workspace_id, id)
);
alter table parley.callback_health enable row level security;
alter table parley.callback_health force row level security;
create policy one_workspace on parley.callback_health as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table channel_callbacks
create table parley.channel_callbacks (
  workspace_id bigint not null,
  channel_id bigint not null,
  url text,
  format text not null default 'parley'::text,
  timeout_ms integer not null default 15000,
  retry_delays_ms integer[],
  allowed_cidrs text[] not null default '{}'::text[],
  token_header text,
  token_sealed bytea,
  secret_sealed bytea not null,
  previous_secret_sealed bytea,
  previous_secret_until timestamp with time zone,
  disabled_at timestamp with time zone,
  disabled_reason text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint channel_callbacks_pkey PRIMARY KEY (workspace_id, channel_id),
  constraint channel_callbacks_workspace_id_channel_id_fkey FOREIGN KEY (workspace_id, channel_id) REFERENCES parley.channels(workspace_id, id),
  constraint channel_callbacks_format_check CHECK ((format = ANY (ARRAY['parley'::text, 'intercom'::text])))
);
alter table parley.channel_callbacks enable row level security;
alter table parley.channel_callbacks force row level security;
create policy one_workspace on parley.channel_callbacks as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.channel_callbacks REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.channel_callbacks REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.channel_callbacks REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table channel_events
create table parley.channel_events (
  workspace_id bigint not null,
  event_id text not null,
  content_hash bytea not null,
  conversation_id bigint not null,
  contact_id text not null,
  signal_number bigint not null,
  received_at timestamp with time zone not null,
  constraint channel_events_pkey PRIMARY KEY (workspace_id, event_id)
);
CREATE INDEX channel_events_contact ON parley.channel_events USING btree (contact_id);
alter table parley.channel_events enable row level security;
alter table parley.channel_events force row level security;
create policy one_workspace on parley.channel_events as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table channels
create table parley.channels (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  name text not null,
  is_enabled boolean not null default true,
  auto_create_conversation boolean not null default false,
  require_user_identity boolean not null default true,
  unknown_attribute text not null default 'record'::text,
  strict_version boolean not null default false,
  created_at timestamp with time zone not null default now(),
  has_buttons boolean not null default true,
  time_zone text,
  allowed_origins text[] not null default '{}'::text[],
  constraint channels_pkey PRIMARY KEY (workspace_id, id),
  constraint channels_workspace_id_name_key UNIQUE (workspace_id, name),
  constraint channels_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id),
  constraint channels_unknown_attribute_check CHECK ((unknown_attribute = ANY (ARRAY['record'::text, 'reject'::text])))
);
alter table parley.channels enable row level security;
alter table parley.channels force row level security;
create policy one_workspace on parley.channels as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.channels REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.channels REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.channels REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table companies
create table parley.companies (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  company_id text not null,
  name text,
  details jsonb not null default '{}'::jsonb,
  custom_attributes jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint companies_pkey PRIMARY KEY (workspace_id, id),
  constraint companies_workspace_id_company_id_key UNIQUE (workspace_id, company_id),
  constraint companies_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX companies_name ON parley.companies USING btree (workspace_id, name);
alter table parley.companies enable row level security;
alter table parley.companies force row level security;
create policy one_workspace on parley.companies as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table company_contacts
create table parley.company_contacts (
  workspace_id bigint not null,
  company_id bigint not null,
  contact_id text not null,
  created_at timestamp with time zone not null default now(),
  constraint company_contacts_pkey PRIMARY KEY (workspace_id, company_id, contact_id),
  constraint company_contacts_workspace_id_company_id_fkey FOREIGN KEY (workspace_id, company_id) REFERENCES parley.companies(workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX company_contacts_of_contact ON parley.company_contacts USING btree (workspace_id, contact_id, company_id);
alter table parley.company_contacts enable row level security;
alter table parley.company_contacts force row level security;
create policy one_workspace on parley.company_contacts as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table company_tags
create table parley.company_tags (
  workspace_id bigint not null,
  company_id bigint not null,
  tag_id bigint not null,
  constraint company_tags_pkey PRIMARY KEY (workspace_id, company_id, tag_id),
  constraint company_tags_workspace_id_company_id_fkey FOREIGN KEY (workspace_id, company_id) REFERENCES parley.companies(workspace_id, id) ON DELETE CASCADE,
  constraint company_tags_workspace_id_tag_id_fkey FOREIGN KEY (workspace_id, tag_id) REFERENCES parley.tags(workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX company_tags_of_tag ON parley.company_tags USING btree (workspace_id, tag_id, company_id);
alter table parley.company_tags enable row level security;
alter table parley.company_tags force row level security;
create policy one_workspace on parley.company_tags as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table contact_keys
create table parley.contact_keys (
  workspace_id bigint not null,
  key bigint not null,
  contact_id text not null,
  constraint contact_keys_pkey PRIMARY KEY (workspace_id, key, contact_id)
);
alter table parley.contact_keys enable row level security;
alter table parley.contact_keys force row level security;
create policy one_workspace on parley.contact_keys as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table contacts
create table parley.contacts (
  workspace_id bigint not null,
  id text not null,
  role text not null,
  external_id text,
  name text,
  email text,
  phone text,
  custom_attributes jsonb not null default '{}'::jsonb,
  signed_up_at timestamp with time zone,
  last_replied_at timestamp with time zone,
  archived_at timestamp with time zone,
  blocked_at timestamp with time zone,
  merged_into text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  created_by_signal bigint not null,
  version integer not null default 1,
  tag_ids bigint[] not null default '{}'::bigint[],
  profile jsonb not null default '{}'::jsonb,
  deleted_at timestamp with time zone,
  updated_day integer not null generated always as ((floor((EXTRACT(epoch FROM (updated_at - '2000-01-01 00:00:00+00'::timestamp with time zone)) / (86400)::numeric)))::integer) stored,
  email_key text generated always as (parley.fold_case(email)) stored,
  constraint contacts_pkey PRIMARY KEY (workspace_id, id),
  constraint contacts_role_check CHECK ((role = ANY (ARRAY['user'::text, 'lead'::text])))
);
CREATE INDEX contacts_email ON parley.contacts USING btree (workspace_id, email_key) WHERE (email_key IS NOT NULL);
CREATE UNIQUE INDEX contacts_external_id ON parley.contacts USING btree (workspace_id, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX contacts_merged_into ON parley.contacts USING btree (workspace_id, merged_into) WHERE (merged_into IS NOT NULL);
CREATE INDEX contacts_newest ON parley.contacts USING btree (workspace_id, created_at, id) WHERE ((merged_into IS NULL) AND (archived_at IS NULL) AND (deleted_at IS NULL));
CREATE INDEX contacts_updated ON parley.contacts USING btree (workspace_id, updated_day) WHERE ((merged_into IS NULL) AND (archived_at IS NULL) AND (deleted_at IS NULL));
alter table parley.contacts enable row level security;
alter table parley.contacts force row level security;
create policy one_workspace on parley.contacts as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);
CREATE TRIGGER key_insert AFTER INSERT ON parley.contacts FOR EACH ROW WHEN (((new.tag_ids <> '{}'::bigint[]) OR (new.custom_attributes <> '{}'::jsonb))) EXECUTE FUNCTION parley.key_contact();
CREATE TRIGGER key_update AFTER UPDATE ON parley.contacts FOR EACH ROW WHEN (((old.tag_ids <> new.tag_ids) OR (old.custom_attributes <> new.custom_attributes))) EXECUTE FUNCTION parley.key_contact();

-- table conversation_keys
create table parley.conversation_keys (
  workspace_id bigint not null,
  key bigint not null,
  conversation_id bigint not null,
  constraint conversation_keys_pkey PRIMARY KEY (workspace_id, key, conversation_id)
);
alter table parley.conversation_keys enable row level security;
alter table parley.conversation_keys force row level security;
create policy one_workspace on parley.conversation_keys as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table conversation_parts
create table parley.conversation_parts (
  workspace_id bigint not null,
  conversation_id bigint not null,
  "position" integer not null,
  id bigint not null,
  part_type text not null,
  body text,
  author_type text not null,
  author_id text not null,
  external_id text,
  metadata json,
  event_details json,
  state text not null,
  is_redacted boolean not null default false,
  created_at timestamp with time zone not null,
  created_by_signal bigint not null,
  assigned_to json,
  constraint conversation_parts_pkey PRIMARY KEY (workspace_id, conversation_id, "position"),
  constraint conversation_parts_author_type_check CHECK ((author_type = ANY (ARRAY['user'::text, 'lead'::text, 'admin'::text, 'bot'::text, 'team'::text]))),
  constraint conversation_parts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'snoozed'::text])))
);
alter table parley.conversation_parts enable row level security;
alter table parley.conversation_parts force row level security;
create policy one_workspace on parley.conversation_parts as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);
CREATE TRIGGER key_speaker AFTER INSERT ON parley.conversation_parts FOR EACH ROW WHEN ((new.author_type = 'admin'::text)) EXECUTE FUNCTION parley.key_speaker();

-- table conversation_removals
create table parley.conversation_removals (
  workspace_id bigint not null,
  conversation_id bigint not null,
  contact_id text not null,
  is_shared boolean not null,
  has_content boolean not null default true,
  last_sequence integer not null,
  requested_at timestamp with time zone not null default now(),
  due_at timestamp with time zone not null,
  constraint conversation_removals_pkey PRIMARY KEY (workspace_id, conversation_id, contact_id),
  constraint conversation_removals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX conversation_removals_contact ON parley.conversation_removals USING btree (workspace_id, contact_id);
CREATE INDEX conversation_removals_due ON parley.conversation_removals USING btree (due_at);
alter table parley.conversation_removals enable row level security;
alter table parley.conversation_removals force row level security;
create policy one_workspace on parley.conversation_removals as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table conversation_signals
create table parley.conversation_signals (
  workspace_id bigint not null,
  conversation_id bigint not null,
  ordinal integer not null,
  signal_number bigint not null,
  kind text not null,
  content json not null,
  trace json not null,
  received_at timestamp with time zone not null,
  constraint conversation_signals_pkey PRIMARY KEY (workspace_id, conversation_id, ordinal)
);
alter table parley.conversation_signals enable row level security;
alter table parley.conversation_signals force row level security;
create policy one_workspace on parley.conversation_signals as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table conversations
create table parley.conversations (
  workspace_id bigint not null,
  id bigint not null,
  channel_id bigint not null,
  external_id text not null,
  contact_id text not null,
  other_contact_ids text[] not null default '{}'::text[],
  state text not null,
  is_read boolean not null default false,
  is_priority boolean not null default false,
  title text,
  admin_assignee_id bigint,
  team_assignee_id bigint,
  custom_attributes jsonb not null default '{}'::jsonb,
  waiting_since timestamp with time zone,
  snoozed_until timestamp with time zone,
  first_contact_reply_at timestamp with time zone,
  last_contact_reply_at timestamp with time zone,
  count_reopens integer not null default 0,
  part_count integer not null default 0,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  created_by_signal bigint not null,
  version integer not null default 1,
  tag_ids bigint[] not null default '{}'::bigint[],
  run json,
  held_by_admin_id bigint,
  event_count integer not null default 0,
  signal_count integer not null default 0,
  wake_at timestamp with time zone,
  updated_slot integer not null generated always as ((floor((EXTRACT(epoch FROM (updated_at - '2000-01-01 00:00:00+00'::timestamp with time zone)) / (600)::numeric)))::integer) stored,
  statistics jsonb,
  source jsonb,
  begun_by text generated always as (COALESCE((source ->> 'adminId'::text), (source ->> 'contactId'::text))) stored,
  constraint conversations_pkey PRIMARY KEY (workspace_id, id),
  constraint conversations_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'snoozed'::text])))
);
CREATE INDEX conversations_admin ON parley.conversations USING btree (workspace_id, admin_assignee_id, state) WHERE ((admin_assignee_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX conversations_begun_by ON parley.conversations USING btree (workspace_id, begun_by) WHERE ((begun_by IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX conversations_contact ON parley.conversations USING btree (workspace_id, contact_id, id) WHERE (deleted_at IS NULL);
CREATE INDEX conversations_deleted ON parley.conversations USING btree (workspace_id, contact_id, id) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX conversations_external_id ON parley.conversations USING btree (workspace_id, channel_id, external_id) WHERE (deleted_at IS NULL);
CREATE INDEX conversations_newest ON parley.conversations USING btree (workspace_id, created_at, id) WHERE (deleted_at IS NULL);
CREATE INDEX conversations_snoozed ON parley.conversations USING btree (workspace_id, snoozed_until) WHERE ((snoozed_until IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX conversations_state ON parley.conversations USING btree (workspace_id, state, created_at, id) INCLUDE (admin_assignee_id, team_assignee_id) WHERE (deleted_at IS NULL);
CREATE INDEX conversations_team ON parley.conversations USING btree (workspace_id, team_assignee_id, state) WHERE ((team_assignee_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX conversations_updated ON parley.conversations USING btree (workspace_id, updated_slot) WHERE (deleted_at IS NULL);
CREATE INDEX conversations_waiting ON parley.conversations USING btree (workspace_id, waiting_since, id) INCLUDE (admin_assignee_id, team_assignee_id, channel_id, is_priority) WHERE ((state = 'open'::text) AND (deleted_at IS NULL));
CREATE INDEX conversations_wake ON parley.conversations USING btree (wake_at) WHERE (wake_at IS NOT NULL);
alter table parley.conversations enable row level security;
alter table parley.conversations force row level security;
create policy one_workspace on parley.conversations as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);
CREATE TRIGGER key_insert AFTER INSERT ON parley.conversations FOR EACH ROW WHEN (((new.tag_ids <> '{}'::bigint[]) OR (new.other_contact_ids <> '{}'::text[]) OR (new.custom_attributes <> '{}'::jsonb))) EXECUTE FUNCTION parley.key_conversation();
CREATE TRIGGER key_update AFTER UPDATE ON parley.conversations FOR EACH ROW WHEN (((old.tag_ids <> new.tag_ids) OR (old.other_contact_ids <> new.other_contact_ids) OR (old.contact_id <> new.contact_id) OR (old.custom_attributes <> new.custom_attributes) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION parley.key_conversation();

-- table credentials
create table parley.credentials (
  workspace_id bigint not null,
  admin_id bigint not null,
  password_hash text not null,
  changed_at timestamp with time zone not null default now(),
  constraint credentials_pkey PRIMARY KEY (workspace_id, admin_id),
  constraint credentials_workspace_id_admin_id_fkey FOREIGN KEY (workspace_id, admin_id) REFERENCES parley.admins(workspace_id, id)
);
alter table parley.credentials enable row level security;
alter table parley.credentials force row level security;
create policy one_workspace on parley.credentials as permissive for all to public
  using (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table data_attributes
create table parley.data_attributes (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  model text not null,
  name text not null,
  data_type text not null,
  options text[] not null default '{}'::text[],
  is_archived boolean not null default false,
  created_at timestamp with time zone not null default now(),
  label text,
  description text,
  updated_at timestamp with time zone not null default now(),
  admin_id bigint,
  messenger_writable boolean not null default false,
  constraint data_attributes_pkey PRIMARY KEY (workspace_id, id),
  constraint data_attributes_workspace_id_name_model_key UNIQUE (workspace_id, name, model),
  constraint data_attributes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id),
  constraint data_attributes_data_type_check CHECK ((data_type = ANY (ARRAY['string'::text, 'integer'::text, 'float'::text, 'boolean'::text, 'date'::text, 'datetime'::text, 'options'::text]))),
  constraint data_attributes_model_check CHECK ((model = ANY (ARRAY['contact'::text, 'company'::text, 'conversation'::text])))
);
alter table parley.data_attributes enable row level security;
alter table parley.data_attributes force row level security;
create policy one_workspace on parley.data_attributes as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.data_attributes REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.data_attributes REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.data_attributes REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table dead_letters
create table parley.dead_letters (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  channel_id bigint not null,
  reason text not null,
  parked_at timestamp with time zone not null default now(),
  discarded_at timestamp with time zone,
  constraint dead_letters_pkey PRIMARY KEY (workspace_id, conversation_id, sequence)
);
CREATE INDEX dead_letters_channel ON parley.dead_letters USING btree (workspace_id, channel_id, parked_at) WHERE (discarded_at IS NULL);
alter table parley.dead_letters enable row level security;
alter table parley.dead_letters force row level security;
create policy one_workspace on parley.dead_letters as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table delivery_attempts
create table parley.delivery_attempts (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  attempted_at timestamp with time zone not null,
  channel_id bigint not null,
  status integer,
  outcome text not null,
  latency_ms integer not null,
  detail text not null,
  constraint delivery_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['delivered'::text, 'retry'::text, 'parked'::text, 'disabled'::text])))
);
CREATE INDEX delivery_attempts_event ON parley.delivery_attempts USING btree (workspace_id, conversation_id, sequence, attempted_at);
alter table parley.delivery_attempts enable row level security;
alter table parley.delivery_attempts force row level security;
create policy one_workspace on parley.delivery_attempts as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table delivery_lanes
create table parley.delivery_lanes (
  workspace_id bigint not null,
  conversation_id bigint not null,
  channel_id bigint not null,
  next_sequence integer not null,
  last_sequence integer not null,
  attempt integer not null default 0,
  gap_from integer,
  due_at timestamp with time zone,
  lease text,
  constraint delivery_lanes_pkey PRIMARY KEY (workspace_id, conversation_id)
);
CREATE INDEX delivery_lanes_due ON parley.delivery_lanes USING btree (workspace_id, channel_id, due_at) WHERE (due_at IS NOT NULL);
alter table parley.delivery_lanes enable row level security;
alter table parley.delivery_lanes force row level security;
create policy one_workspace on parley.delivery_lanes as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table delivery_resends
create table parley.delivery_resends (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  attempt integer not null default 0,
  requested_at timestamp with time zone not null default now(),
  constraint delivery_resends_pkey PRIMARY KEY (workspace_id, conversation_id, sequence)
);
alter table parley.delivery_resends enable row level security;
alter table parley.delivery_resends force row level security;
create policy one_workspace on parley.delivery_resends as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table drafts
create table parley.drafts (
  workspace_id bigint not null,
  conversation_id bigint not null,
  admin_id bigint not null,
  kind text not null,
  body text not null,
  version integer not null default 1,
  updated_at timestamp with time zone not null default now(),
  constraint drafts_pkey PRIMARY KEY (workspace_id, conversation_id, admin_id, kind),
  constraint drafts_kind_check CHECK ((kind = ANY (ARRAY['reply'::text, 'note'::text])))
);
alter table parley.drafts enable row level security;
alter table parley.drafts force row level security;
create policy one_workspace on parley.drafts as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table email_guards
create table parley.email_guards (
  workspace_id bigint not null,
  email_hash bytea not null,
  signal_number bigint not null,
  given_at timestamp with time zone not null default now(),
  constraint email_guards_pkey PRIMARY KEY (workspace_id, email_hash)
);
CREATE INDEX email_guards_given ON parley.email_guards USING btree (given_at);
alter table parley.email_guards enable row level security;
alter table parley.email_guards force row level security;
create policy one_workspace on parley.email_guards as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table erasures
create table parley.erasures (
  workspace_id bigint not null,
  contact_id text not null,
  stage text not null default 'conversations'::text,
  requested_at timestamp with time zone not null,
  due_at timestamp with time zone,
  finished_at timestamp with time zone,
  constraint erasures_pkey PRIMARY KEY (workspace_id, contact_id),
  constraint erasures_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id),
  constraint erasures_stage_check CHECK ((stage = ANY (ARRAY['conversations'::text, 'person'::text, 'events'::text, 'keys'::text, 'done'::text])))
);
CREATE INDEX erasures_due ON parley.erasures USING btree (due_at) WHERE (due_at IS NOT NULL);
alter table parley.erasures enable row level security;
alter table parley.erasures force row level security;
create policy one_workspace on parley.erasures as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table file_usage
create table parley.file_usage (
  workspace_id bigint not null,
  bytes bigint not null,
  updated_at timestamp with time zone not null default now(),
  constraint file_usage_pkey PRIMARY KEY (workspace_id),
  constraint file_usage_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
alter table parley.file_usage enable row level security;
alter table parley.file_usage force row level security;
create policy one_workspace on parley.file_usage as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table files
create table parley.files (
  workspace_id bigint not null,
  id text not null,
  name text not null,
  state text not null,
  place text not null,
  content_type text,
  size bigint,
  sha256 bytea,
  source_url text,
  failure text,
  attempt integer not null default 0,
  due_at timestamp with time zone,
  remove_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint files_pkey PRIMARY KEY (workspace_id, id),
  constraint files_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX files_due_at ON parley.files USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX files_remove_at ON parley.files USING btree (remove_at) WHERE (remove_at IS NOT NULL);
alter table parley.files enable row level security;
alter table parley.files force row level security;
create policy one_workspace on parley.files as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table idempotency_effects
create table parley.idempotency_effects (
  workspace_id bigint not null,
  key_id bigint not null,
  step text not null,
  conversation_id bigint,
  contact_id text,
  result json,
  constraint idempotency_effects_pkey PRIMARY KEY (workspace_id, key_id, step),
  constraint idempotency_effects_workspace_id_key_id_fkey FOREIGN KEY (workspace_id, key_id) REFERENCES parley.idempotency_keys(workspace_id, id) ON DELETE CASCADE
);
alter table parley.idempotency_effects enable row level security;
alter table parley.idempotency_effects force row level security;
create policy one_workspace on parley.idempotency_effects as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table idempotency_keys
create table parley.idempotency_keys (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  principal text not null,
  key text not null,
  request_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  leased_until timestamp with time zone,
  status smallint,
  body text,
  constraint idempotency_keys_pkey PRIMARY KEY (workspace_id, id),
  constraint idempotency_keys_workspace_id_principal_key_key UNIQUE (workspace_id, principal, key),
  constraint idempotency_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX idempotency_keys_created_at ON parley.idempotency_keys USING btree (created_at);
alter table parley.idempotency_keys enable row level security;
alter table parley.idempotency_keys force row level security;
create policy one_workspace on parley.idempotency_keys as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table inbox_changes
create table parley.inbox_changes (
  workspace_id bigint not null,
  "position" bigint not null,
  conversation_ids bigint[] not null,
  versions bigint[] not null,
  kinds bigint[] not null,
  created_at timestamp with time zone not null default now(),
  constraint inbox_changes_pkey PRIMARY KEY (workspace_id, "position")
);
alter table parley.inbox_changes enable row level security;
alter table parley.inbox_changes force row level security;
create policy one_workspace on parley.inbox_changes as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table jobs
create table parley.jobs (
  workspace_id bigint not null,
  id bigint not null,
  conversation_id bigint not null,
  channel_id bigint not null,
  kind text not null,
  content json not null,
  attempt integer not null default 0,
  due_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  is_leased boolean not null default false,
  constraint jobs_pkey PRIMARY KEY (workspace_id, id),
  constraint jobs_kind_check CHECK ((kind = 'call_webhook'::text))
);
CREATE INDEX jobs_due ON parley.jobs USING btree (workspace_id, channel_id, due_at);
alter table parley.jobs enable row level security;
alter table parley.jobs force row level security;
create policy one_workspace on parley.jobs as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table log_offset
create table parley.log_offset (
  only_row boolean not null default true,
  value bigint not null default 0,
  constraint log_offset_pkey PRIMARY KEY (only_row),
  constraint log_offset_only_row_check CHECK (only_row)
);
alter table parley.log_offset enable row level security;
alter table parley.log_offset force row level security;
create policy everybody_reads on parley.log_offset as permissive for all to public
  using true
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table notes
create table parley.notes (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  contact_id text not null,
  admin_id bigint,
  body text not null,
  created_at timestamp with time zone not null default now(),
  constraint notes_pkey PRIMARY KEY (workspace_id, id),
  constraint notes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX notes_of_contact ON parley.notes USING btree (workspace_id, contact_id, id);
alter table parley.notes enable row level security;
alter table parley.notes force row level security;
create policy one_workspace on parley.notes as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table outbound_events
create table parley.outbound_events (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  channel_id bigint not null,
  name text not null,
  body text not null,
  "position" bigint not null,
  created_at timestamp with time zone not null,
  constraint outbound_events_pkey PRIMARY KEY (workspace_id, conversation_id, sequence)
);
CREATE INDEX outbound_events_position ON parley.outbound_events USING btree (workspace_id, channel_id, "position");
alter table parley.outbound_events enable row level security;
alter table parley.outbound_events force row level security;
create policy one_workspace on parley.outbound_events as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table part_files
create table parley.part_files (
  workspace_id bigint not null,
  conversation_id bigint not null,
  "position" integer not null,
  ordinal integer not null,
  file_id text not null,
  constraint part_files_pkey PRIMARY KEY (workspace_id, conversation_id, "position", ordinal),
  constraint part_files_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE INDEX part_files_file ON parley.part_files USING btree (workspace_id, file_id);
alter table parley.part_files enable row level security;
alter table parley.part_files force row level security;
create policy one_workspace on parley.part_files as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table quick_reply_options
create table parley.quick_reply_options (
  workspace_id bigint not null,
  conversation_id bigint not null,
  option_id text not null,
  text text not null,
  offered_at timestamp with time zone not null default now(),
  constraint quick_reply_options_pkey PRIMARY KEY (workspace_id, conversation_id, option_id)
);
alter table parley.quick_reply_options enable row level security;
alter table parley.quick_reply_options force row level security;
create policy one_workspace on parley.quick_reply_options as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table retention
create table parley.retention (
  workspace_id bigint not null,
  stage text not null default 'events'::text,
  channel_id bigint not null default 0,
  after_id bigint not null default '-1'::integer,
  as_of timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  removed json not null default '{}'::json,
  due_at timestamp with time zone not null default now(),
  lease text,
  ages json not null,
  looked_at timestamp with time zone not null default now(),
  held_until timestamp with time zone,
  constraint retention_pkey PRIMARY KEY (workspace_id),
  constraint retention_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id),
  constraint retention_stage_check CHECK ((stage = ANY (ARRAY['events'::text, 'conversations'::text, 'keys'::text])))
);
alter table parley.retention enable row level security;
alter table parley.retention force row level security;
create policy one_workspace on parley.retention as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table schema_migrations
create table parley.schema_migrations (
  number integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migrations_pkey PRIMARY KEY (number)
);
alter table parley.schema_migrations disable row level security;
alter table parley.schema_migrations no force row level security;

-- table secrets
create table parley.secrets (
  workspace_id bigint not null,
  name text not null,
  sealed bytea not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint secrets_pkey PRIMARY KEY (workspace_id, name),
  constraint secrets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
alter table parley.secrets enable row level security;
alter table parley.secrets force row level security;
create policy one_workspace on parley.secrets as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table seen_positions
create table parley.seen_positions (
  workspace_id bigint not null,
  admin_id bigint not null,
  conversation_id bigint not null,
  "position" integer not null,
  constraint seen_positions_pkey PRIMARY KEY (workspace_id, admin_id, conversation_id)
);
CREATE INDEX seen_positions_of_conversation ON parley.seen_positions USING btree (workspace_id, conversation_id);
alter table parley.seen_positions enable row level security;
alter table parley.seen_positions force row level security;
create policy one_workspace on parley.seen_positions as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table sessions
create table parley.sessions (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  admin_id bigint not null,
  token_hash bytea not null,
  previous_hash bytea,
  rotated_at timestamp with time zone not null default now(),
  is_confirmed boolean not null default true,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone not null default now(),
  source text not null,
  user_agent text not null,
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (workspace_id, id),
  constraint sessions_previous_hash_key UNIQUE (previous_hash),
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_workspace_id_admin_id_fkey FOREIGN KEY (workspace_id, admin_id) REFERENCES parley.admins(workspace_id, id),
  constraint sessions_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX sessions_last_used ON parley.sessions USING btree (last_used_at);
CREATE INDEX sessions_of_admin ON parley.sessions USING btree (workspace_id, admin_id);
alter table parley.sessions enable row level security;
alter table parley.sessions force row level security;
create policy one_workspace on parley.sessions as permissive for all to public
  using (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table sign_in_attempts
create table parley.sign_in_attempts (
  key bytea not null,
  count integer not null,
  began_at timestamp with time zone not null default now(),
  constraint sign_in_attempts_pkey PRIMARY KEY (key)
);
alter table parley.sign_in_attempts enable row level security;
alter table parley.sign_in_attempts force row level security;
create policy server_only on parley.sign_in_attempts as permissive for all to public
  using ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces);

-- table tags
create table parley.tags (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint tags_pkey PRIMARY KEY (workspace_id, id),
  constraint tags_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
CREATE UNIQUE INDEX tags_name ON parley.tags USING btree (workspace_id, parley.fold_case(name));
alter table parley.tags enable row level security;
alter table parley.tags force row level security;
create policy one_workspace on parley.tags as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.tags REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.tags REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.tags REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table team_members
create table parley.team_members (
  workspace_id bigint not null,
  team_id bigint not null,
  admin_id bigint not null,
  constraint team_members_pkey PRIMARY KEY (workspace_id, team_id, admin_id),
  constraint team_members_workspace_id_admin_id_fkey FOREIGN KEY (workspace_id, admin_id) REFERENCES parley.admins(workspace_id, id),
  constraint team_members_workspace_id_team_id_fkey FOREIGN KEY (workspace_id, team_id) REFERENCES parley.teams(workspace_id, id)
);
alter table parley.team_members enable row level security;
alter table parley.team_members force row level security;
create policy one_workspace on parley.team_members as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.team_members REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.team_members REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.team_members REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table teams
create table parley.teams (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint teams_pkey PRIMARY KEY (workspace_id, id),
  constraint teams_workspace_id_name_key UNIQUE (workspace_id, name),
  constraint teams_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
alter table parley.teams enable row level security;
alter table parley.teams force row level security;
create policy one_workspace on parley.teams as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.teams REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.teams REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.teams REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table workflow_versions
create table parley.workflow_versions (
  workspace_id bigint not null,
  workflow_id bigint not null,
  version integer not null,
  definition jsonb not null,
  source text not null,
  created_at timestamp with time zone not null default now(),
  constraint workflow_versions_pkey PRIMARY KEY (workspace_id, workflow_id, version),
  constraint workflow_versions_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id) REFERENCES parley.workflows(workspace_id, id)
);
alter table parley.workflow_versions enable row level security;
alter table parley.workflow_versions force row level security;
create policy one_workspace on parley.workflow_versions as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));

-- table workflows
create table parley.workflows (
  workspace_id bigint not null,
  id bigint not null generated always as identity,
  name text not null,
  "position" integer not null,
  current_version integer,
  created_at timestamp with time zone not null default now(),
  constraint workflows_pkey PRIMARY KEY (workspace_id, id),
  constraint workflows_workspace_id_name_key UNIQUE (workspace_id, name),
  constraint workflows_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES parley.workspaces(id)
);
alter table parley.workflows enable row level security;
alter table parley.workflows force row level security;
create policy one_workspace on parley.workflows as permissive for all to public
  using ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((workspace_id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
CREATE TRIGGER count_config_delete AFTER DELETE ON parley.workflows REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_insert AFTER INSERT ON parley.workflows REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();
CREATE TRIGGER count_config_update AFTER UPDATE ON parley.workflows REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION parley.count_config_changes();

-- table workspaces
create table parley.workspaces (
  id bigint not null generated always as identity,
  name text not null,
  created_at timestamp with time zone not null default now(),
  config_version bigint not null default 1,
  inbox_used_at timestamp with time zone,
  constraint workspaces_pkey PRIMARY KEY (id),
  constraint workspaces_name_key UNIQUE (name)
);
alter table parley.workspaces enable row level security;
alter table parley.workspaces force row level security;
create policy one_workspace on parley.workspaces as permissive for all to public
  using ((id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) OR ( SELECT parley.sees_all_workspaces() AS sees_all_workspaces))
  with check (( SELECT parley.sees_all_workspaces() AS sees_all_workspaces) OR ((id = ( SELECT parley.visible_workspace_id() AS visible_workspace_id)) AND ( SELECT parley.writes_one_workspace() AS writes_one_workspace)));
