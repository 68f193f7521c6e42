// `parley remove-old`: removes old events and old closed conversations once, in small batches with pauses, beside
// running servers. What is to go regularly has an age in parley.yaml (jobs/retention.ts).

import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { readDuration } from '../../base/text-files/duration.ts';
import type { Pool } from '../../database/pool.ts';
import {
  type Age,
  countOldConversations,
  listChannelIds,
  noteOldConversations,
  removeOldEvents,
} from '../../store/removal/old-rows.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { counted } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';

const EVENTS_MAX = 500;
const CONVERSATIONS_MAX = 50;
/** Leaves PostgreSQL to the servers for three quarters of the time. */
const PAUSES_PER_WORK = 3;

export const removeOld: Command = {
  name: 'remove-old',
  about: 'Remove old events and old closed conversations.',
  details: [
    'Events that were delivered go with their attempts; those that wait, and dead letters, stay. Closed conversations',
    'without a change since then, in which nothing waits, go as a whole, in the background of the servers. Works in',
    'small batches with pauses, and may be interrupted. `retention` in parley.yaml does the same regularly.',
  ].join('\n'),
  options: {
    workspace: workspaceOption,
    events: { type: 'string', placeholder: 'age', about: 'Events older than this: 90d, 12h.' },
    conversations: {
      type: 'string',
      placeholder: 'age',
      about: 'Closed conversations without a change for this long.',
    },
    'dry-run': { type: 'boolean', about: 'Only count the conversations.' },
  },
  examples: [
    'parley remove-old --events 90d',
    'parley remove-old --events 30d --conversations 730d --workspace support',
  ],
  remote: 'it reads the database itself',
  run: runRemoval,
};

async function runRemoval(call: CommandCall): Promise<number> {
  const events = ageOf(call, 'events');
  const conversations = ageOf(call, 'conversations');
  if (events === null && conversations === null) {
    throw new CommandFailed(
      'name --events, --conversations or both\nSee: parley remove-old --help',
      2,
    );
  }
  const isDryRun = call.options['dry-run'] === true;
  const removed = await withStore('remove-old', async (pool) => {
    const { id: workspaceId } = await workspaceOrFail(pool, workspaceNameOf(call));
    const nowMs = systemClock();
    const olderThan = (ms: number): Age => ({ workspaceId, beforeMs: nowMs - ms });
    return {
      events: events === null || isDryRun ? 0 : await removeEvents(pool, olderThan(events)),
      conversations:
        conversations === null
          ? 0
          : await removeConversations(pool, olderThan(conversations), isDryRun),
    };
  });
  if (call.isJson) call.print(JSON.stringify({ ...removed, dry_run: isDryRun }));
  else if (isDryRun) call.print(`Would remove ${counted(removed.conversations, 'conversation')}.`);
  else {
    call.print(
      `Removed ${counted(removed.events, 'event')}; ${counted(removed.conversations, 'conversation')} will be gone soon.`,
    );
  }
  return 0;
}

function ageOf(call: CommandCall, name: string): number | null {
  const text = textOption(call, name);
  if (text === undefined) return null;
  const ms = readDuration(text);
  if (ms === undefined || ms < 3_600_000) {
    throw new CommandFailed(
      `--${name} must be an age of at least 1h, such as 90d, not "${text}"`,
      2,
    );
  }
  return ms;
}

/** Rests after a piece of work, in proportion to its length. */
async function atEase<Value>(work: () => Promise<Value>): Promise<Value> {
  const began = performance.now();
  const value = await work();
  await pause(PAUSES_PER_WORK * (performance.now() - began));
  return value;
}

async function removeEvents(pool: Pool, age: Age): Promise<number> {
  let count = 0;
  for (const channelId of await listChannelIds(pool, age.workspaceId)) {
    for (let after: number | null = -1; after !== null; ) {
      const from: number = after;
      const page = await atEase(() => removeOldEvents(pool, age, channelId, from, EVENTS_MAX));
      count += page.removed;
      after = page.last;
    }
  }
  return count;
}

async function removeConversations(pool: Pool, age: Age, isDryRun: boolean): Promise<number> {
  if (isDryRun) return countOldConversations(pool, age);
  let count = 0;
  for (let found = -1; found !== 0; count += found) {
    found = await atEase(() => noteOldConversations(pool, age, CONVERSATIONS_MAX));
  }
  return count;
}
