-- The text -0 reads as the number 0: they have one key. Its key was another one, so a search for 0 missed it.
-- Lock cost: reads contacts and conversations once, without a lock on them. Rollback: the function of migration 0018.

create or replace function parley.search_text(entry jsonb) returns text
  language sql immutable parallel safe
  return case jsonb_typeof(entry)
    when 'number' then (entry::text::float8 + 0)::text
    when 'boolean' then entry #>> '{}'
    when 'string' then case
      when length(entry #>> '{}') <= 40
        and entry #>> '{}' ~ '^[ \t\r\n]*[+-]?(\d+(\.\d*)?|\.\d+)[ \t\r\n]*$'
      then ((entry #>> '{}')::float8 + 0)::text else entry #>> '{}' end end;

-- What is there already. The old keys lead to rows that do not match, and the filter leaves those out.
insert into parley.conversation_keys
select workspace_id, k, id from parley.conversations
cross join lateral unnest(parley.search_keys(tag_ids, other_contact_ids, custom_attributes)) as k
where deleted_at is null and custom_attributes::text ~ '"[ \\trn]*-[0.]+[ \\trn]*"'
on conflict do nothing;
insert into parley.contact_keys
select workspace_id, k, id from parley.contacts
cross join lateral unnest(parley.search_keys(tag_ids, '{}', custom_attributes)) as k
where custom_attributes::text ~ '"[ \\trn]*-[0.]+[ \\trn]*"'
on conflict do nothing;
