-- What a token may do (its scopes), what its teammate may do (the role), and tokens that act for a teammate instead of a
-- channel. Tokens that exist keep their rights; the first teammate of each workspace becomes its owner.
-- Lock cost: a moment; the columns come without a rewrite, and the constraints read two small tables.
-- Rollback: delete the tokens without a channel, drop the columns, make channel_id not null again.

alter table parley.admins
  add column role text not null default 'teammate'
    check (role in ('viewer', 'teammate', 'operator', 'owner'));

update parley.admins a set role = 'owner'
where a.id = (select min(b.id) from parley.admins b where b.workspace_id = a.workspace_id);

alter table parley.access_tokens
  alter column channel_id drop not null,
  add column scopes text[] not null default '{events,read,write}'
    check (scopes <@ '{events,read,write,manage}' and cardinality(scopes) > 0),
  add constraint access_tokens_events_need_channel check (channel_id is not null or not 'events' = any (scopes));
