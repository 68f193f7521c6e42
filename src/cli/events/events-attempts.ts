// `parley events attempts`: what became of an event at the callback, try by try, and the try that is still to come.

import { eventId } from '../../core/conversation/outbound-event-id.ts';
import type { Pool } from '../../database/pool.ts';
import { readBacklog } from '../../store/outbox/backlog.ts';
import {
  type EventDeliveryState,
  eventStateOf,
  findDeliveryState,
} from '../../store/outbox/due-now.ts';
import {
  type Attempt,
  type EventKey,
  findCreatedAt,
  listAttempts,
} from '../../store/outbox/event-admin.ts';
import { findSecretKey } from '../../store/secrets/secret-key.ts';
import { defaultName } from '../../store/tenancy/first-start.ts';
import { type CallbackReport, reportOf } from '../channels/callback-state.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceOrFail } from '../kit/find-or-fail.ts';
import { printList, timeText } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';
import { onOneLine, readEventKey } from './events-show.ts';

export const eventsAttempts: Command = {
  name: 'events attempts',
  about: 'Show every attempt to deliver an event to the callback, and when the next one is due.',
  details: [
    'The last line of an event that waits says since when, until when, and behind what. With --json the answers are',
    'complete, up to the 2 KB that are kept of each.',
  ].join('\n'),
  arguments: [{ name: 'event_id', about: 'The event.' }],
  options: {
    workspace: { type: 'string', placeholder: 'name', about: 'Workspace; "default" if not given.' },
  },
  examples: ['parley events attempts 01a1ee87-3200-7000-8000-007d20200001'],
  run: showAttempts,
};

/** A try, or the one that is still to come. */
type Line = Omit<Attempt, 'attemptedAt' | 'latencyMs' | 'outcome'> & {
  /** Null: nobody can say when. */
  readonly at: number | null;
  readonly outcome: Attempt['outcome'] | 'waiting' | 'discarded';
  readonly latencyMs: number | null;
  readonly waiting: Waiting | null;
};

type Waiting = {
  readonly since: number;
  readonly nextTryAt: number | null;
  /** The event that has to be delivered before it. */
  readonly behind: string | null;
};

async function showAttempts(call: CommandCall): Promise<number> {
  const id = call.positionals[0]!;
  const key = readEventKey(id);
  const workspaceName = textOption(call, 'workspace') ?? defaultName;
  const lines = await withStore('events attempts', async (pool) => {
    const { id: workspaceId } = await workspaceOrFail(pool, workspaceName);
    const standing = await findDeliveryState(pool, workspaceId, key.conversationId, key.sequence);
    if (standing === null) {
      throw new CommandFailed(`the workspace "${workspaceName}" has no event ${id}.`);
    }
    const attempts = await listAttempts(pool, workspaceId, key);
    const last = await lastLine(pool, workspaceId, key, standing);
    return [...attempts.map(asLine), ...(last === null ? [] : [last])];
  });
  printList(call, lines, {
    json: lineJson,
    headings: ['WHEN', 'OUTCOME', 'STATUS', 'MS', 'ANSWER'],
    row: ({ at, outcome, status, latencyMs, detail }) => [
      at === null ? '-' : new Date(at).toISOString(),
      outcome,
      status === null ? '-' : String(status),
      latencyMs === null ? '-' : String(latencyMs),
      outcome === 'waiting' ? detail : onOneLine(detail),
    ],
    whenEmpty: 'It was not tried: the channel had no callback when it was written.',
  });
  return 0;
}

const asLine = ({ attemptedAt, ...attempt }: Attempt): Line => ({
  ...attempt,
  at: attemptedAt,
  waiting: null,
});

function lineJson({ at, outcome, status, latencyMs, detail, waiting }: Line): object {
  const isTry = waiting === null && outcome !== 'discarded';
  return {
    attempted_at: isTry && at !== null ? new Date(at).toISOString() : null,
    outcome,
    status,
    latency_ms: latencyMs,
    detail,
    ...(waiting === null
      ? {}
      : {
          since: timeText(waiting.since),
          next_try_at: waiting.nextTryAt === null ? null : timeText(waiting.nextTryAt),
          behind: waiting.behind,
        }),
    ...(outcome === 'discarded' && at !== null ? { discarded_at: timeText(at) } : {}),
  };
}

/** What is still to come, or how it ended apart from any try; null if the tries say all. */
async function lastLine(
  pool: Pool,
  workspaceId: number,
  key: EventKey,
  standing: EventDeliveryState,
): Promise<Line | null> {
  const state = eventStateOf(standing, key.sequence);
  const none = { status: null, latencyMs: null, waiting: null };
  if (state === 'discarded') {
    const detail = 'taken off the dead letters';
    return { ...none, at: standing.discardedAt, outcome: 'discarded', detail };
  }
  if (state !== 'waiting' && state !== 'resending') return null;
  const backlog = await readBacklog(pool, workspaceId, standing.channelId);
  const { unreadable } = await findSecretKey(pool, settingsOrFail());
  const report = backlog === null ? null : reportOf(backlog, unreadable);
  const behind = await eventBefore(pool, workspaceId, key, standing);
  const isHeld = report === null || report.state === 'disabled' || report.state === 'locked';
  const nextTryAt = isHeld || standing.isInFlight ? null : standing.dueAt;
  const detail = explain(standing, report, behind, nextTryAt);
  const waiting = { since: standing.createdAt, nextTryAt, behind };
  return { ...none, at: nextTryAt, outcome: 'waiting', detail, waiting };
}

/** The event at the head of the conversation, if it is another one. */
async function eventBefore(
  pool: Pool,
  workspaceId: number,
  { conversationId, sequence }: EventKey,
  { nextSequence }: EventDeliveryState,
): Promise<string | null> {
  if (nextSequence === null || nextSequence >= sequence) return null;
  const head = { conversationId, sequence: nextSequence };
  const createdAt = await findCreatedAt(pool, workspaceId, head);
  return createdAt === null ? null : eventId(conversationId, nextSequence, createdAt);
}

function explain(
  { createdAt, isInFlight, attempt }: EventDeliveryState,
  report: CallbackReport | null,
  behind: string | null,
  nextTryAt: number | null,
): string {
  const since = `since ${timeText(createdAt)}`;
  const tries = attempt === 0 ? 'not tried yet' : `tried in vain so far: ${attempt}`;
  const place = behind === null ? '' : `, behind ${behind} (${tries})`;
  return `${since}${place}${until(report, isInFlight, nextTryAt)}`;
}

function until(
  report: CallbackReport | null,
  isInFlight: boolean,
  nextTryAt: number | null,
): string {
  if (report === null) return '; the channel has no callback now';
  if (report.state === 'disabled') {
    return `; the callback has been disabled since ${timeText(report.disabledAt!)} (${report.disabledReason})`;
  }
  if (report.state === 'locked') return `; ${report.locked.join(' and ')} does not open`;
  const failing =
    report.state === 'failing'
      ? `; the callback has been failing since ${timeText(report.failingSince!)}`
      : '';
  if (isInFlight || nextTryAt === null) return `${failing}; its conversation is under way`;
  return `${failing}; the next try is ${nextTryAt <= report.now ? 'due now' : `at ${timeText(nextTryAt)}`}`;
}
