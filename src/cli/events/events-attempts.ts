// `parley events attempts`: every attempt to deliver an event to the callback, and the next one.

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
import { type CallbackReport, reportOf } from '../channels/callback-state.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { printList, timeText } from '../kit/print.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';
import { onOneLine, readEventKey } from './events-show.ts';

export const eventsAttempts: Command = {
  name: 'events attempts',
  about: 'Show every attempt to deliver an event to the callback, and when the next is due.',
  details: [
    'For a waiting event the last line shows since when, until when, and behind which event. --json shows the',
    'responses in full, up to the stored 2 KB each.',
  ].join('\n'),
  arguments: [{ name: 'event_id', about: 'The event.' }],
  options: {
    workspace: workspaceOption,
  },
  examples: ['parley events attempts 01a1ee87-3200-7000-8000-007d20200001'],
  remote: 'it reads the database itself',
  run: showAttempts,
};

/** An attempt, or the next one. */
type Line = Omit<Attempt, 'attemptedAt' | 'latencyMs' | 'outcome'> & {
  /** Null: unknown. */
  readonly at: number | null;
  readonly outcome: Attempt['outcome'] | 'waiting' | 'discarded';
  readonly latencyMs: number | null;
  readonly waiting: Waiting | null;
};

type Waiting = {
  readonly since: number;
  readonly nextTryAt: number | null;
  /** The event that must be delivered first. */
  readonly behind: string | null;
};

async function showAttempts(call: CommandCall): Promise<number> {
  const id = call.positionals[0]!;
  const key = readEventKey(id);
  const workspaceName = workspaceNameOf(call);
  const lines = await withStore('events attempts', async (pool) => {
    const { id: workspaceId } = await workspaceOrFail(pool, workspaceName);
    const standing = await findDeliveryState(pool, workspaceId, key.conversationId, key.sequence);
    if (standing === null) {
      throw new CommandFailed(`workspace "${workspaceName}" has no event ${id}.`);
    }
    const attempts = await listAttempts(pool, workspaceId, key);
    const last = await lastLine(pool, workspaceId, key, standing);
    return [...attempts.map(asLine), ...(last === null ? [] : [last])];
  });
  printList(call, lines, {
    json: lineJson,
    headings: ['WHEN', 'OUTCOME', 'STATUS', 'MS', 'RESPONSE'],
    row: ({ at, outcome, status, latencyMs, detail }) => [
      at === null ? '-' : new Date(at).toISOString(),
      outcome,
      status === null ? '-' : String(status),
      latencyMs === null ? '-' : String(latencyMs),
      outcome === 'waiting' ? detail : onOneLine(detail),
    ],
    whenEmpty: 'No attempts: the channel had no callback when the event was created.',
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

/** The next attempt, or an end without an attempt; null if the attempts show everything. */
async function lastLine(
  pool: Pool,
  workspaceId: number,
  key: EventKey,
  standing: EventDeliveryState,
): Promise<Line | null> {
  const state = eventStateOf(standing, key.sequence);
  const none = { status: null, latencyMs: null, waiting: null };
  if (state === 'discarded') {
    const detail = 'removed from the dead letters';
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

/** The event at the head of the conversation's lane, if it is another one. */
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
  const tries = attempt === 0 ? 'not tried yet' : `failed attempts: ${attempt}`;
  const place = behind === null ? '' : `, behind ${behind} (${tries})`;
  return `${since}${place}${until(report, isInFlight, nextTryAt)}`;
}

function until(
  report: CallbackReport | null,
  isInFlight: boolean,
  nextTryAt: number | null,
): string {
  if (report === null) return '; the channel no longer has a callback';
  if (report.state === 'disabled') {
    return `; the callback has been disabled since ${timeText(report.disabledAt!)} (${report.disabledReason})`;
  }
  if (report.state === 'locked') return `; ${report.locked.join(' and ')} cannot be opened`;
  const failing =
    report.state === 'failing'
      ? `; the callback has been failing since ${timeText(report.failingSince!)}`
      : '';
  if (isInFlight || nextTryAt === null) return `${failing}; its conversation is in flight`;
  return `${failing}; the next try is ${nextTryAt <= report.now ? 'due now' : `at ${timeText(nextTryAt)}`}`;
}
