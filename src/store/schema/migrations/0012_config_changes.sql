-- Changes of the setup are counted once for each statement, no longer once for each row.
-- Lock cost: a moment for eight small tables. Rollback: drop these triggers, make those of 0003 and 0004 again.
--
-- Each row made a version of the workspace's row, and each of these was looked through for the next: a minute for
-- 20,000 tags.

create function parley.count_config_changes() returns trigger language plpgsql as $$
begin
  update parley.workspaces set config_version = config_version + 1
  where id in (select workspace_id from changed);
  return null;
end $$;

do $$
declare
  name text;
begin
  foreach name in array array['channels', 'admins', 'teams', 'team_members', 'tags', 'data_attributes',
    'workflows', 'channel_callbacks']
  loop
    execute format('drop trigger count_config_change on parley.%I', name);
    execute format('create trigger count_config_insert after insert on parley.%I
      referencing new table as changed for each statement
      execute function parley.count_config_changes()', name);
    execute format('create trigger count_config_update after update on parley.%I
      referencing new table as changed for each statement
      execute function parley.count_config_changes()', name);
    execute format('create trigger count_config_delete after delete on parley.%I
      referencing old table as changed for each statement
      execute function parley.count_config_changes()', name);
  end loop;
end $$;

drop function parley.count_config_change();
