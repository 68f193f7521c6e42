// Sending events to their callbacks again: named ones, those of a channel since a time, and dead letters.

import { fail, ok, type Result } from '../base/result.ts';
import { countResends, type ResendChoice, resendEvents } from '../commands/resend-events.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { parseTime } from '../contract/query-parameters.ts';
import { readId } from '../contract/read-id.ts';
import { cleanText } from '../contract/text.ts';
import { listChannelIds } from '../store/outbox/deliveries.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { isGiven, readEventIds, readPlace, writePlace } from './event-choice.ts';
import type { Operation, OperationContext } from './operation.ts';

type Id = string | number;

export type ResendBody = {
  readonly event_ids?: readonly string[] | null;
  readonly since?: string | null;
  readonly channel_id?: Id | null;
  readonly starting_after?: string | null;
  readonly dry_run?: boolean | null;
};

export type DeadLetterResendBody = Omit<ResendBody, 'since'> & {
  readonly all?: boolean | null;
  readonly reason?: string | null;
};

export type ResendResult = {
  readonly type: 'resend';
  readonly dry_run: boolean;
  readonly requested: number;
  readonly upcoming: number;
  readonly without_callback: number;
  readonly next: string | null;
};

export const resendDeliveries: Operation<ResendBody, ResendResult> = {
  method: 'POST',
  path: '/parley/v1/deliveries/resend',
  run: async (context, { body }) => resend(context, body, await chooseEvents(context, body)),
};

export const resendLetters: Operation<DeadLetterResendBody, ResendResult> = {
  method: 'POST',
  path: '/parley/v1/dead_letters/resend',
  run: (context, { body }) => resend(context, body, chooseLetters(body)),
};

/** Sends again, or counts only. */
async function resend(
  context: OperationContext,
  body: Pick<ResendBody, 'dry_run'>,
  choice: Result<ResendChoice, ContractError>,
): Promise<Result<ResendResult, ContractError>> {
  if (!choice.ok) return choice;
  const { workspaceId, readPool } = context;
  const isDryRun = body.dry_run === true;
  const done = isDryRun
    ? await readAs(readPool, workspaceId, (connection) =>
        countResends(connection, workspaceId, choice.value),
      )
    : await resendEvents(context, choice.value);
  if (!done.ok) return done;
  const { requested, upcoming, withoutCallback, end } = done.value;
  return ok({
    type: 'resend',
    dry_run: isDryRun,
    requested,
    upcoming,
    without_callback: withoutCallback,
    next: end && writePlace(choice.value.what, { ...end, place: end.position }),
  });
}

async function chooseEvents(
  { workspaceId, readPool }: OperationContext,
  { event_ids: ids, since, channel_id: channel, starting_after: cursor }: ResendBody,
): Promise<Result<ResendChoice, ContractError>> {
  if (isGiven(ids) === isGiven(since)) {
    return fail(apiError('parameterInvalid', 'event_ids', 'Name event_ids, or since'));
  }
  if (isGiven(ids)) {
    const named = readEventIds(ids);
    return named.ok ? ok({ what: 'events', named: named.value }) : named;
  }
  const sinceMs = parseTime(since ?? '');
  if (sinceMs === null) {
    const message = 'since must be a time such as 2026-12-01T00:00:00Z';
    return fail(apiError('parameterInvalid', 'since', message));
  }
  if (!isGiven(channel)) return fail(apiError('parameterRequired', 'channel_id'));
  const channelId = readId(channel);
  const begin = readPlace(cursor, 'events_since');
  if (!begin.ok) return begin;
  const all = await readAs(readPool, workspaceId, (connection) =>
    listChannelIds(connection, workspaceId),
  );
  if (!all.includes(channelId)) return fail(apiError('resourceNotFound', 'channel_id'));
  const before = begin.value && { ...begin.value, position: begin.value.place };
  return ok({ what: 'events_since', channelId, sinceMs, before });
}

function chooseLetters(body: DeadLetterResendBody): Result<ResendChoice, ContractError> {
  const { event_ids: ids, all, channel_id: channel, reason, starting_after: cursor } = body;
  if (isGiven(ids) === (all === true)) {
    return fail(apiError('parameterInvalid', 'event_ids', 'Name event_ids, or all'));
  }
  if (isGiven(ids)) {
    const named = readEventIds(ids);
    return named.ok ? ok({ what: 'dead_letters', named: named.value }) : named;
  }
  const after = readPlace(cursor, 'all_dead_letters');
  if (!after.ok) return after;
  return ok({
    what: 'all_dead_letters',
    channelId: isGiven(channel) ? readId(channel) : null,
    reason: isGiven(reason) ? cleanText(reason) : null,
    after: after.value,
  });
}
