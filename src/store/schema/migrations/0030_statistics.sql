-- Statistics of conversations. Those that are there get theirs from their parts, as core/conversation/measure.ts would
-- have derived them; the time of a wait for a reply begins with the first message that it answers.
-- Lock cost: no conversation is read or written while all parts are sorted, some two minutes for ten million.
-- Rollback: drop the column.

alter table parley.conversations add column statistics jsonb;

with parts as (
  select p.workspace_id, p.conversation_id, p.position, p.created_at, p.author_id, v.first_contact_reply_at as spoke_at,
    p.author_type in ('user', 'lead') as is_of_contact,
    p.author_type in ('user', 'lead') and p.part_type = 'open' as is_reopening,
    p.part_type in ('assignment', 'assign_and_reopen') and json_typeof(p.assigned_to) = 'object' as is_assignment,
    p.author_type = 'admin' and p.part_type <> 'note' and (p.body is not null or p.is_redacted) as is_reply,
    p.part_type = 'close' as is_close,
    p.author_type = 'admin' as is_of_admin
  from parley.conversation_parts p
  join parley.conversations v on v.workspace_id = p.workspace_id and v.id = p.conversation_id
  where v.deleted_at is null
),
-- A wait ends with a reply or a close, and begins anew with a message that reopens.
stretches as (
  select *,
    count(*) filter (where is_reply or is_close) over (
      partition by workspace_id, conversation_id order by position
      rows between unbounded preceding and 1 preceding)
    + count(*) filter (where is_reopening) over (
      partition by workspace_id, conversation_id order by position) as stretch
  from parts
),
waits as (
  select *,
    min(created_at) filter (where is_of_contact) over (
      partition by workspace_id, conversation_id, stretch) as waiting_since,
    -- The assignments so far: to find the first reply after the last one.
    count(*) filter (where is_assignment and created_at >= spoke_at) over (
      partition by workspace_id, conversation_id order by position) as assignments
  from stretches
),
ended as (
  select *, is_reply and waiting_since is not null and count(*) filter (where is_reply and waiting_since is not null) over (
      partition by workspace_id, conversation_id order by position desc) <= 50 as is_newest_wait,
    floor(extract(epoch from greatest(created_at - waiting_since, interval '0'))) as wait
  from waits
),
firsts as (
  select workspace_id, conversation_id,
    min(created_at) filter (where is_reply and created_at >= spoke_at) as first_reply_at,
    min(position) filter (where is_reply and created_at >= spoke_at) as first_reply,
    count(*) filter (where is_assignment and created_at >= spoke_at) as assignments
  from ended group by workspace_id, conversation_id
),
measured as (
  select w.workspace_id, w.conversation_id,
    jsonb_strip_nulls(jsonb_build_object(
      'firstAssignmentAt', parley.ms(min(w.created_at) filter (where is_assignment and w.created_at >= spoke_at)),
      'lastAssignmentAt', parley.ms(max(w.created_at) filter (where is_assignment and w.created_at >= spoke_at)),
      'assignmentCount', nullif(f.assignments, 0),
      'assignmentBeforeReplyAt', parley.ms(max(w.created_at) filter (
        where is_assignment and w.created_at >= spoke_at
          and (f.first_reply is null or w.position <= f.first_reply))),
      'firstAdminReplyAt', parley.ms(f.first_reply_at),
      'lastAdminReplyAt', parley.ms(max(w.created_at) filter (where is_reply)),
      'lastAssignmentAdminReplyAt', parley.ms((array_agg(w.created_at order by w.position) filter (
        where is_reply and f.assignments > 0 and w.assignments = f.assignments))[1]),
      'firstCloseAt', parley.ms(min(w.created_at) filter (where is_close and w.created_at >= spoke_at)),
      'lastCloseAt', parley.ms(max(w.created_at) filter (where is_close)),
      'lastClosedById', (array_agg(w.author_id order by w.position desc) filter (where is_close and is_of_admin))[1],
      'medianWait', floor(percentile_cont(0.5) within group (order by wait::float8) filter (where is_newest_wait)),
      'waits', to_jsonb(array_agg(wait order by w.position) filter (where is_newest_wait)))) as statistics
  from ended w
  join firsts f using (workspace_id, conversation_id)
  group by w.workspace_id, w.conversation_id, f.first_reply_at, f.first_reply, f.assignments
)
update parley.conversations v set statistics = m.statistics
from measured m
where v.workspace_id = m.workspace_id and v.id = m.conversation_id and m.statistics <> '{}';
