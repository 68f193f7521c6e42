// `parley dead-letters list | summary | resend`: shows the events that could not be delivered, and sends them again.

import { eventId } from '../../core/conversation/outbound-event-id.ts';
import type { Pool } from '../../database/pool.ts';
import {
  type DeadLetter,
  type DeadLetterScope,
  listDeadLetters,
  sumDeadLetters,
} from '../../store/outbox/dead-letters.ts';
import type { EventKey } from '../../store/outbox/event-admin.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { printList, timeText } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';
import { addCounts, noResends, printResends, resendAudited } from './events-resend-count.ts';
import { onOneLine, readEventKey } from './events-show.ts';

const PAGE_LETTERS = 1000;
const SUMS_MAX = 100;

export const deadLettersList: Command = {
  name: 'dead-letters list',
  about: 'List the events that could not be delivered, with the reason.',
  details: 'An event leaves the list once a resend delivers it.',
  options: {
    workspace: workspaceOption,
    channel: { type: 'string', placeholder: 'name', about: 'Only of this channel.' },
    limit: { type: 'string', placeholder: 'number', about: 'The maximum number; all if omitted.' },
  },
  examples: [
    'parley dead-letters list --limit 20',
    'parley dead-letters list --channel mobile-app --json',
  ],
  remote: 'it reads the database itself',
  run: async (call) => {
    const limit = readLimit(textOption(call, 'limit'));
    const { letters, hasMore } = await withStore('dead-letters list', async (pool) => {
      const all: DeadLetter[] = [];
      for await (const page of pagesOf(pool, await scopeOf(pool, call), limit + 1)) {
        all.push(...page);
        if (all.length > limit) break;
      }
      return { letters: all.slice(0, limit), hasMore: all.length > limit };
    });
    printList(call, letters, {
      json: letterJson,
      headings: ['EVENT', 'CHANNEL', 'NAME', 'CONVERSATION', 'DEAD SINCE', 'RESEND', 'REASON'],
      row: (letter) => [
        idOf(letter),
        letter.channel,
        letter.name,
        `${letter.conversationId} #${letter.sequence}`,
        timeText(letter.parkedAt),
        letter.isRequested ? 'soon' : 'no',
        onOneLine(letter.reason),
      ],
      whenEmpty: 'No dead letters.',
    });
    if (hasMore && !call.isJson) {
      call.print('There are more: `parley dead-letters summary` counts them.');
    }
    return 0;
  },
};

export const deadLettersSummary: Command = {
  name: 'dead-letters summary',
  about: 'Count the events that could not be delivered, by channel and reason.',
  details: `The most frequent first, with the oldest and the newest; at most ${SUMS_MAX} lines.`,
  options: {
    workspace: workspaceOption,
    channel: { type: 'string', placeholder: 'name', about: 'Only of this channel.' },
  },
  examples: ['parley dead-letters summary', 'parley dead-letters summary --channel mobile-app'],
  remote: 'it reads the database itself',
  run: async (call) => {
    const sums = await withStore('dead-letters summary', async (pool) =>
      sumDeadLetters(pool, await scopeOf(pool, call), SUMS_MAX),
    );
    printList(call, sums, {
      json: ({ oldestAt, newestAt, ...sum }) => ({
        ...sum,
        oldest_at: timeText(oldestAt),
        newest_at: timeText(newestAt),
      }),
      headings: ['EVENTS', 'CONVERSATIONS', 'CHANNEL', 'OLDEST', 'NEWEST', 'REASON'],
      row: ({ count, conversations, channel, oldestAt, newestAt, reason }) => [
        String(count),
        String(conversations),
        channel,
        timeText(oldestAt),
        timeText(newestAt),
        onOneLine(reason),
      ],
      whenEmpty: 'No dead letters.',
    });
    return 0;
  },
};

export const deadLettersResend: Command = {
  name: 'dead-letters resend',
  about: 'Send dead letters to the callback again.',
  details: 'Delivered events leave the dead letters; events that fail again stay.',
  arguments: [{ name: 'event_id', about: 'The events; or --all.', isList: true }],
  options: {
    workspace: workspaceOption,
    all: { type: 'boolean', about: 'All of them.' },
    channel: { type: 'string', placeholder: 'name', about: 'With --all: only of this channel.' },
    'dry-run': { type: 'boolean', about: 'Only count them.' },
  },
  examples: [
    'parley dead-letters resend 01a1ee87-3200-7000-8000-007d20200001',
    'parley dead-letters resend --all --channel mobile-app',
  ],
  remote: 'it reads the database itself',
  run: resend,
};

async function resend(call: CommandCall): Promise<number> {
  const isAll = call.options.all === true;
  const wanted = call.positionals.map(readEventKey);
  if (isAll === wanted.length > 0) {
    throw new CommandFailed('name events, or --all\nSee: parley dead-letters resend --help', 2);
  }
  if (!isAll && textOption(call, 'channel') !== undefined) {
    throw new CommandFailed('--channel requires --all', 2);
  }
  const isDryRun = call.options['dry-run'] === true;
  const count = await withStore('dead-letters resend', async (pool) => {
    const scope = await scopeOf(pool, call);
    let sum = noResends;
    if (!isAll) {
      await allDeadOrFail(pool, scope.workspaceId, wanted, call.positionals);
      return resendAudited(pool, scope.workspaceId, wanted, isDryRun);
    }
    for await (const page of pagesOf(pool, scope)) {
      sum = addCounts(sum, await resendAudited(pool, scope.workspaceId, page, isDryRun));
    }
    return sum;
  });
  printResends(call, count, isDryRun);
  return 0;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandFailed(`--limit must be a whole number from 1, not "${text}"`, 2);
}

/** Reads --workspace and --channel. */
export async function scopeOf(pool: Pool, call: CommandCall): Promise<DeadLetterScope> {
  const workspace = await workspaceOrFail(pool, workspaceNameOf(call));
  const name = textOption(call, 'channel');
  const channel = name === undefined ? null : await channelOrFail(pool, workspace, name);
  return { workspaceId: workspace.id, channelId: channel?.id ?? null };
}

async function* pagesOf(
  pool: Pool,
  scope: DeadLetterScope,
  pageMax = PAGE_LETTERS,
): AsyncGenerator<DeadLetter[]> {
  const limit = Math.min(pageMax, PAGE_LETTERS);
  for (let after: EventKey | null = null; ; ) {
    const page: DeadLetter[] = await listDeadLetters(pool, { ...scope, after, limit });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)!;
  }
}

/** Fails if one of the events is not among the dead letters. */
export async function allDeadOrFail(
  pool: Pool,
  workspaceId: number,
  keys: readonly EventKey[],
  ids: readonly string[],
): Promise<void> {
  for (const [index, key] of keys.entries()) {
    const after = { ...key, sequence: key.sequence - 1 };
    const query = { workspaceId, channelId: null, after, limit: 1 };
    const [found] = await listDeadLetters(pool, query);
    if (found?.conversationId === key.conversationId && found.sequence === key.sequence) continue;
    throw new CommandFailed(
      `${ids[index]} is not a dead letter; \`parley events resend\` sends any event again.`,
    );
  }
}

const idOf = ({ conversationId, sequence, createdAt }: DeadLetter): string =>
  eventId(conversationId, sequence, createdAt);

const letterJson = (letter: DeadLetter) => ({
  event_id: idOf(letter),
  channel: letter.channel,
  event_name: letter.name,
  conversation_id: String(letter.conversationId),
  sequence: letter.sequence,
  created_at: timeText(letter.createdAt),
  parked_at: timeText(letter.parkedAt),
  reason: letter.reason,
  resend_requested: letter.isRequested,
});
