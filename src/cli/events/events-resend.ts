// `parley events resend`: requests that events are sent to the callback again. The servers send them.

import type { Pool } from '../../database/pool.ts';
import { type EventKey, findEventsByKey } from '../../store/outbox/event-admin.ts';
import {
  type LoggedRow,
  type LogPosition,
  type LogScope,
  readEventsBackwards,
} from '../../store/outbox/event-log.ts';
import { readAll } from '../../store/sql/row-level-security.ts';
import { defaultName } from '../../store/tenancy/first-start.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';
import { addCounts, noResends, printResends, resendAudited } from './events-resend-count.ts';
import { readEventKey } from './events-show.ts';

const PAGE_EVENTS = 1000;
/** Clocks of servers differ, so times in the log increase only roughly. */
const CLOCK_SLACK_MS = 5 * 60_000;

export const eventsResend: Command = {
  name: 'events resend',
  about: 'Send events to the callback again: named ones, or all since a time.',
  details: [
    'They are sent before newer events of their conversation, in order and with their ids, so receivers can drop',
    'repeats. An event that fails a few times becomes a dead letter. Running servers start at once.',
  ].join('\n'),
  arguments: [{ name: 'event_id', about: 'The events.', isList: true }],
  options: {
    workspace: workspaceOption,
    since: {
      type: 'string',
      placeholder: 'time',
      about: 'All since this time, such as 2026-11-22T09:30Z.',
    },
    channel: {
      type: 'string',
      placeholder: 'name',
      about: 'With --since: the channel; "default" if omitted.',
    },
    'dry-run': { type: 'boolean', about: 'Only count them.' },
  },
  examples: [
    'parley events resend 01a1ee87-3200-7000-8000-007d20200001',
    'parley events resend --since 2026-11-22T09:30Z --channel mobile-app --dry-run',
  ],
  remote: 'it reads the database itself',
  run: resend,
};

async function resend(call: CommandCall): Promise<number> {
  const since = readTime(textOption(call, 'since'));
  const keys = call.positionals.map(readEventKey);
  if (since === null ? keys.length === 0 : keys.length > 0) {
    throw new CommandFailed(
      'name events, or a time with --since\nSee: parley events resend --help',
      2,
    );
  }
  const workspaceName = workspaceNameOf(call);
  const channelName = textOption(call, 'channel');
  if (since === null && channelName !== undefined) {
    throw new CommandFailed('--channel requires --since', 2);
  }
  const isDryRun = call.options['dry-run'] === true;
  const count = await withStore('events resend', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    if (since === null) {
      await allKnownOrFail(pool, workspace.id, keys, call.positionals);
      return resendAudited(pool, workspace.id, keys, isDryRun);
    }
    const channel = await channelOrFail(pool, workspace, channelName ?? defaultName);
    const scope = { workspaceId: workspace.id, channelId: channel.id, conversationId: null };
    return resendSince(pool, scope, since, isDryRun);
  });
  printResends(call, count, isDryRun);
  return 0;
}

async function allKnownOrFail(
  pool: Pool,
  workspaceId: number,
  keys: readonly EventKey[],
  ids: readonly string[],
): Promise<void> {
  const found = await findEventsByKey(pool, workspaceId, keys);
  const isThere = ({ conversationId, sequence }: EventKey) =>
    found.some((row) => row.conversationId === conversationId && row.sequence === sequence);
  const absent = ids.filter((_, index) => !isThere(keys[index]!));
  if (absent.length > 0) throw new CommandFailed(`no such event: ${absent.join(', ')}.`);
}

/** Reads the log backwards page by page, so that no statement grows with it. */
async function resendSince(pool: Pool, scope: LogScope, since: number, isDryRun: boolean) {
  let count = noResends;
  for (let before: LogPosition | null = null; ; ) {
    const end: LogPosition | null = before;
    const rows: LoggedRow[] = await readAll(pool, (connection) =>
      readEventsBackwards(connection, scope, end, PAGE_EVENTS),
    );
    const wanted = rows.filter(({ createdAt }) => createdAt >= since);
    if (wanted.length > 0) {
      count = addCounts(count, await resendAudited(pool, scope.workspaceId, wanted, isDryRun));
    }
    const isPast = rows.every(({ createdAt }) => createdAt < since - CLOCK_SLACK_MS);
    if (rows.length < PAGE_EVENTS || isPast) return count;
    before = rows.at(-1)!;
  }
}

function readTime(text: string | undefined): number | null {
  if (text === undefined) return null;
  const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
  const ms = isoTime.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new CommandFailed(
    `--since must be a time with a zone, such as 2026-11-22T09:30Z, not "${text}"`,
    2,
  );
}
