// Fills a Parley with conversations as a busy workspace has them after two years: most are closed, a few wait for a
// team, some have tags and attributes. Past the engine, in chunks, since ten million messages would take it hours.

import type { BenchDatabase } from './database.ts';

export type ReadPlan = {
  readonly conversations: number;
  readonly parts: number;
  readonly requests: number;
  readonly eventsPerSecond: number;
};

const CHUNK = 50_000;
const tables = ['contacts', 'conversations', 'conversation_parts'];

const contactsSql = `
insert into contacts
  (workspace_id, id, role, external_id, name, email, created_at, updated_at, created_by_signal)
select 1, lpad(to_hex(n), 24, '0'), 'user', 'person-' || n, 'Person ' || n, 'person-' || n || '@example.com',
  now() - interval '2 years', now() - interval '2 years', n
from generate_series($1::bigint, $2::bigint) as n`;

const conversationsSql = `
insert into conversations
  (workspace_id, id, channel_id, external_id, contact_id, state, admin_assignee_id, team_assignee_id,
   custom_attributes, tag_ids, waiting_since, snoozed_until, created_at, updated_at, part_count, created_by_signal)
select 1, n * 256 + 1, (select min(id) from channels), 'talk-' || n, lpad(to_hex(n), 24, '0'), state,
  case when chance < 0.4 then 1 end, case when chance > 0.3 then 1 + n % 10 end,
  case when n % 3 = 0 or n = ceil($3::bigint / 2.0) then jsonb_build_object('order', 'A' || n) else '{}' end,
  case when n % 150 = 0 then '{7}'::bigint[] when n % 5 = 0 then array[8 + n % 30] else '{}' end,
  case when state = 'open' then at end, case when state = 'snoozed' then now() + random() * interval '60 days' end,
  at, at, $4::integer, n
from (select n, random() as chance, now() - interval '2 years' * (1 - n / ($3::float8 + 1)) as at,
    case n % 100 when 0 then 'open' when 1 then 'open' when 2 then 'open' when 3 then 'snoozed' else 'closed' end
      as state
  from generate_series($1::bigint, $2::bigint) as n) as numbered`;

const partsSql = `
insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, body, author_type, author_id,
  state, created_at, created_by_signal)
select 1, n * 256 + 1, position, n * 256 + 1 + position, 'comment',
  (array['Where is my parcel?', 'It is on its way.', 'I would like a refund, please.', 'Thank you very much!'])
    [1 + (n + position) % 4] || ' ' || md5(n::text || position), 'user', lpad(to_hex(n), 24, '0'), 'open', now(), n
from generate_series($1::bigint, $2::bigint) as n cross join generate_series(1, $3::integer) as position`;

const keysSql = `
insert into conversation_keys
select workspace_id, key, id from conversations
cross join lateral unnest(search_keys(tag_ids, other_contact_ids, custom_attributes)) as key
on conflict do nothing`;

/** Fills the default workspace. */
export async function fillForReading(
  database: BenchDatabase,
  { conversations, parts }: ReadPlan,
): Promise<void> {
  // The engine's own numbers begin behind these.
  await database.sql(`select setval('signal_numbers', $1)`, [
    Math.ceil((conversations + 1) / 1000) * 1000 + 1_000_000,
  ]);
  await database.sql(
    `insert into tags (workspace_id, name) select 1, 'Tag ' || n from generate_series(1, 40) as n`,
  );
  for (const table of tables) await database.sql(`alter table ${table} disable trigger user`);
  for (let first = 1; first <= conversations; first += CHUNK) {
    const last = Math.min(conversations, first + CHUNK - 1);
    await database.sql(contactsSql, [first, last]);
    await database.sql(conversationsSql, [first, last, conversations, parts]);
    await database.sql(partsSql, [first, last, parts]);
  }
  for (const table of tables) await database.sql(`alter table ${table} enable trigger user`);
  await database.sql(keysSql);
  await database.sql(`vacuum analyze ${tables.join(', ')}, conversation_keys, contact_keys`);
}
