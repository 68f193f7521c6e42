-- An event without the words of a part is without its files, too.
-- Lock cost: none. Rollback: the function of 0021.

-- The text of an event without the words of a part; without a part, of all parts, and without title and attributes.
create or replace function parley.without_words(event text, part text) returns text
  language plpgsql immutable parallel safe as $$
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
end $$;
