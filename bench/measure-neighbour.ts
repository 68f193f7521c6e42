// How one workspace affects another: the latency of a small one, alone and beside clients that write into conversations
// with the maximum of attributes. What a group loads makes it slow, not what is sent.

import { createHash } from 'node:crypto';
import type { KnownConversation } from './load/requests.ts';
import type { LatencyMs } from './load/tally.ts';
import type { Plan } from './plan.ts';
import { runLoad } from './run-load.ts';
import { type ParleySide, startParley } from './sides.ts';

const NEIGHBOUR_TOKEN = 'parley_bench_neighbour_0123456789';
const SMALL_CONNECTIONS = 4;
const LARGE_CONNECTIONS = 16;
const LARGE_CONVERSATIONS = 64;
/** Attributes just below the limit of 128 KiB for a conversation: 12 of 9,900 characters each. */
const LARGE_ATTRIBUTES = 12;

export type NeighbourRound = { readonly alone: LatencyMs; readonly beside: LatencyMs };

/** Measures the latency of the small workspace, alternately alone and beside the large one. */
export async function measureNeighbour(
  { rounds, warmUpSeconds, seconds, compileSeconds }: Plan,
  tell: (text: string) => void,
): Promise<readonly NeighbourRound[]> {
  const side = await startParley();
  try {
    const messagesTo = await addLargeWorkspace(side);
    const small = { connections: SMALL_CONNECTIONS, warmUpSeconds, seconds };
    // The load of the large one starts before the measurement and ends after it.
    const large = {
      ...{ connections: LARGE_CONNECTIONS, messagesTo, warmUpSeconds: 0 },
      seconds: warmUpSeconds + seconds + 1,
    };
    await runLoad(side, { ...small, seconds: compileSeconds });
    const measured: NeighbourRound[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { latencyMs: alone } = await runLoad(side, small);
      const [{ latencyMs: beside }] = await Promise.all([
        runLoad(side, small),
        runLoad({ url: side.url, token: NEIGHBOUR_TOKEN }, large),
      ]);
      measured.push({ alone, beside });
      tell(`neighbour, round ${round} of ${rounds}: p99 ${alone.p99} ms alone, ${beside.p99} ms`);
    }
    return measured;
  } finally {
    await side.stop();
  }
}

/** Adds a workspace with a channel, a token and conversations of maximum size. */
async function addLargeWorkspace({ database }: ParleySide): Promise<readonly KnownConversation[]> {
  const hash = createHash('sha256').update(NEIGHBOUR_TOKEN).digest('hex');
  await database.sql(
    `with made as (insert into workspaces (name) values ('neighbour') returning id),
       admin as (
         insert into admins (workspace_id, name, email) select id, 'A', 'a@example.com' from made returning id),
       channel as (insert into channels (workspace_id, name) select id, 'large' from made returning id)
     insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     select made.id, channel.id, admin.id, 'bench', decode($1, 'hex'), '6789' from made, admin, channel`,
    [hash],
  );
  return database.sql<KnownConversation>(
    `with of_large as (
       select w.id as w, c.id as channel from workspaces w join channels c on c.workspace_id = w.id
       where w.name = 'neighbour'),
     rows as (
       select w, channel, n, n * 256 + 1 as id, lpad(to_hex(n), 24, '0') as contact,
         gen_random_uuid()::text as person, gen_random_uuid()::text as conversation
       from of_large, generate_series(1, $1) as n),
     people as (
       insert into contacts
         (workspace_id, id, role, external_id, name, email, created_at, updated_at, created_by_signal)
       select w, contact, 'user', person, 'Jane Doe', person || '@example.com', now(), now(), n from rows),
     talks as (
       insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, created_at,
         updated_at, created_by_signal, custom_attributes)
       select w, id, channel, conversation, contact, 'open', now(), now(), n, (
         select jsonb_object_agg('attribute ' || a, repeat('x', 9900)) from generate_series(1, $2) as a)
       from rows)
     select conversation, person from rows`,
    [LARGE_CONVERSATIONS, LARGE_ATTRIBUTES],
  );
}
