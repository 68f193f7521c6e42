// `npm run bench -- read`: lists, finds and searches a workspace full of conversations while events come in, and prints
// the latency of each kind of request. Options: --conversations, --parts (of each), --requests (of each kind), --events
// (a second).

import { setTimeout as pause } from 'node:timers/promises';
import { describeMachine } from './machine.ts';
import { fillForReading, type ReadPlan } from './read-fill.ts';
import { type ParleySide, startParley } from './sides.ts';

type Kind = { readonly name: string; readonly path: string; readonly body?: object };

const is = (field: string, value: unknown, operator = '=') => ({ field, operator, value });
const all = (...value: readonly object[]) => ({ operator: 'AND', value });
const search = (name: string, query: object, sort?: object): Kind => ({
  name,
  path: '/conversations/search',
  body: { query, ...(sort === undefined ? {} : { sort }), pagination: { per_page: 20 } },
});
const by = (field: string, order = 'ascending') => ({ field, order });

/** The ten typical filters, besides a list and a find. The values are those of read-fill.ts. */
function kindsOf({ conversations }: ReadPlan, now: number): readonly Kind[] {
  const some = Math.ceil(conversations / 2);
  const open = is('state', 'open');
  const nobody = [is('admin_assignee_id', null), is('team_assignee_id', null)];
  const word = all(is('conversation_parts.body', 'refund'), open, is('team_assignee_id', 3));
  return [
    { name: 'list', path: '/conversations?per_page=20' },
    { name: 'find', path: `/conversations/${some * 256 + 1}` },
    search(
      'open of a team by waiting time',
      all(open, is('team_assignee_id', 3)),
      by('waiting_since'),
    ),
    search('by tag', is('tag_ids', '7')),
    search('by e-mail', is('source.author.email', `person-${some}@example.com`)),
    search('by custom attribute', is('custom_attributes.order', `A${some}`)),
    search('a word in the open ones of a team', word),
    search('unassigned', all(open, ...nobody)),
    search('snoozed soon', is('snoozed_until', now + 86_400, '<'), by('snoozed_until')),
    search('updated since', is('updated_at', now - 3_600, '>'), by('updated_at', 'descending')),
    search('by contact', is('contact_ids', contactOf(some))),
    search('how many are open', open),
  ];
}

const contactOf = (number: number): string => number.toString(16).padStart(24, '0');

type Line = { readonly name: string; readonly p50: number; readonly p99: number };

/** Measures and prints. */
export async function benchReads(plan: ReadPlan, tell: (text: string) => void): Promise<void> {
  const side = await startParley();
  try {
    tell(`filling ${plan.conversations} conversations with ${plan.parts} parts each`);
    await fillForReading(side.database, plan);
    const lines: Line[] = [];
    const events = sendEvents(side, plan.eventsPerSecond);
    const [row] = await side.database.sql<{ now: number }>(
      'select extract(epoch from now())::float8 as now',
    );
    for (const kind of kindsOf(plan, Math.floor(row!.now))) {
      const line = await measureKind(side, kind, plan.requests);
      tell(describe(line));
      lines.push(line);
    }
    const sent = await events.stop();
    process.stdout.write(
      `${JSON.stringify({ plan, machine: describeMachine(), eventsPerSecond: sent, lines }, null, 2)}\n`,
    );
  } finally {
    await side.stop();
  }
}

const describe = ({ name, p50, p99 }: Line): string =>
  `${name.padEnd(36)} p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`;

async function measureKind(side: ParleySide, kind: Kind, requests: number): Promise<Line> {
  const times: number[] = [];
  for (let count = 0; count < requests; count += 1) {
    const begin = performance.now();
    const response = await call(side, kind.path, kind.body);
    if (response.status !== 200) throw new Error(`${kind.name}: ${await response.text()}`);
    await response.arrayBuffer();
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { name: kind.name, p50: at(0.5), p99: at(0.99) };
}

const call = ({ url, token }: ParleySide, path: string, body?: object): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** Sends events at a rate until it is stopped; gives the rate that was reached. */
function sendEvents(side: ParleySide, perSecond: number): { stop(): Promise<number> } {
  const begin = performance.now();
  let isStopped = false;
  let sent = 0;
  const open = new Set<Promise<unknown>>();
  const send = (): void => {
    const number = sent;
    sent += 1;
    const event = call(side, '/custom_channel_events/notify_new_conversation', {
      event_id: `bench_${number}`,
      external_conversation_id: `bench_${number}`,
      contact: { type: 'lead', external_id: `bench_${number}` },
    }).then((response) => response.arrayBuffer());
    open.add(event);
    void event.finally(() => open.delete(event));
  };
  const loop = (async () => {
    while (!isStopped) {
      const due = ((performance.now() - begin) / 1000) * perSecond;
      while (sent < due && open.size < 256) send();
      await pause(10);
    }
    await Promise.all(open);
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
      return Math.round(sent / ((performance.now() - begin) / 1000));
    },
  };
}
