// `parley events tail`: the outbound events of a channel, from the log and as they arrive.

import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from '../../database/pool.ts';
import {
  findEndOfLog,
  type LoggedRow,
  type LogPosition,
  type LogScope,
  readEvents,
  readEventsBackwards,
} from '../../store/outbox/event-log.ts';
import { findCursor } from '../../store/outbox/pagination-cursor.ts';
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
import { eventLine } from './events-show.ts';

const LAST_EVENTS = 20;
const POLL_INTERVAL_MS = 500;
const PAGE = { limit: 500, bytesMax: 4 * 1024 * 1024 };
/** Their order is not certain before that (docs/decisions/0009-the-log-of-events.md). */
const UNSETTLED = [
  'The channel has newer events. They are shown once the transactions have ended',
  'that were open beside theirs, in any database of this PostgreSQL.',
];

export const eventsTail: Command = {
  name: 'events tail',
  about: 'Show the outbound events of a channel.',
  details: [
    `The last ${LAST_EVENTS}, or all after a given one. --json prints each event as stored in the log, one on a line.`,
  ].join('\n'),
  options: {
    workspace: workspaceOption,
    channel: { type: 'string', placeholder: 'name', about: 'The channel; "default" if omitted.' },
    conversation: { type: 'string', placeholder: 'id', about: 'Only this conversation.' },
    after: { type: 'string', placeholder: 'event_id', about: 'All events after this one.' },
    follow: { type: 'boolean', about: 'Keep showing new events until Ctrl-C.' },
  },
  examples: [
    'parley events tail --channel mobile-app --follow',
    'parley events tail --conversation 256257 --json',
  ],
  remote: 'it reads the database itself',
  run: tail,
};

async function tail(call: CommandCall): Promise<number> {
  const workspaceName = workspaceNameOf(call);
  const channelName = textOption(call, 'channel') ?? defaultName;
  const conversationId = readConversation(textOption(call, 'conversation'));
  return withStore('events tail', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    const channel = await channelOrFail(pool, workspace, channelName);
    const scope = { workspaceId: workspace.id, channelId: channel.id, conversationId };
    const isFollowing = call.options.follow === true;
    const { count, hasUnsettled } = await show(pool, scope, call, isFollowing);
    if (call.isJson) return 0;
    if (hasUnsettled) call.print(UNSETTLED.join('\n'));
    else if (count === 0) call.print('No events.');
    return 0;
  });
}

type Shown = {
  readonly count: number;
  /** Whether the channel has newer events that no reader sees yet. */
  readonly hasUnsettled: boolean;
};

/** Prints stored events and, if following, new ones. */
async function show(
  pool: Pool,
  scope: LogScope,
  call: CommandCall,
  isFollowing: boolean,
): Promise<Shown> {
  let count = 0;
  const print = (rows: readonly LoggedRow[]) => {
    for (const row of rows) call.print(call.isJson ? row.body : eventLine(row));
    count += rows.length;
  };
  const after = textOption(call, 'after');
  const start = after === undefined ? null : await placeOrFail(pool, scope, after);
  let place: LogPosition;
  if (start !== null) {
    place = start;
  } else {
    place = (await readAll(pool, (connection) => findEndOfLog(connection, scope))).end;
    const last = await readAll(pool, (connection) =>
      readEventsBackwards(connection, scope, place, LAST_EVENTS),
    );
    print(last.reverse());
    if (!isFollowing) {
      const beyond = await readAll(pool, (connection) =>
        readEvents(connection, scope, place, { limit: 1, bytesMax: 1 }),
      );
      return { count, hasUnsettled: beyond.hasUnsettled };
    }
  }
  // The reader of our output may be gone.
  while (process.stdout.writable) {
    const page = await readAll(pool, (connection) => readEvents(connection, scope, place, PAGE));
    print(page.rows);
    place = page.end;
    if (page.hasMore) continue;
    if (!isFollowing) return { count, hasUnsettled: page.hasUnsettled };
    await pause(POLL_INTERVAL_MS);
  }
  return { count, hasUnsettled: false };
}

/** Reads --conversation. */
export function readConversation(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new CommandFailed(`--conversation must be a conversation id, not "${text}"`, 2);
}

async function placeOrFail(pool: Pool, scope: LogScope, id: string): Promise<LogPosition> {
  const bare = id.replace(/^notif_/, '');
  const cursor = await readAll(pool, (connection) => findCursor(connection, scope, bare));
  if (cursor !== null) return cursor.place;
  throw new CommandFailed(`unknown event "${id}": it is not in this channel's log.`);
}
