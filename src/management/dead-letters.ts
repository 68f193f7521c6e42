// Dead letters in groups, and those that an operator discards.

import { fail, ok, type Result } from '../base/result.ts';
import { type DiscardChoice, discardDeadLetters } from '../commands/discard-dead-letters.ts';
import { rejectOthers } from '../commands/resend-events.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readText } from '../contract/query-parameters.ts';
import { readId } from '../contract/read-id.ts';
import { cleanText } from '../contract/text.ts';
import {
  countDeadLetters,
  type DeadLetterSum,
  sumDeadLetters,
} from '../store/outbox/dead-letters.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { isGiven, readEventIds } from './event-choice.ts';
import type { List, Operation } from './operation.ts';

/** The most groups of a response. */
export const deadLetterGroupsMax = 100;

export type DiscardBody = {
  readonly event_ids?: readonly string[] | null;
  readonly all?: boolean | null;
  readonly channel_id?: string | number | null;
  readonly reason?: string | null;
  readonly older_than_seconds?: number | null;
  readonly dry_run?: boolean | null;
};

export type DiscardResult = {
  readonly type: 'discard';
  readonly dry_run: boolean;
  readonly discarded: number;
  readonly has_more: boolean;
};

export const groupDeadLetters: Operation<undefined, List<ReturnType<typeof present>>> = {
  method: 'GET',
  path: '/parley/v1/dead_letters/groups',
  async run({ workspaceId, readPool }, { query }) {
    const channel = readText(query, 'channel_id');
    if (!channel.ok) return channel;
    const channelId = channel.value === null ? null : readId(channel.value);
    const groups = await readAs(readPool, workspaceId, (connection) =>
      sumDeadLetters(connection, { workspaceId, channelId }, deadLetterGroupsMax),
    );
    return ok({ type: 'list', data: groups.map(present) });
  },
};

const present = (group: DeadLetterSum) => ({
  type: 'dead_letter_group',
  channel: { type: 'channel', id: String(group.channelId), name: group.channel },
  reason: group.reason,
  events: group.count,
  conversations: group.conversations,
  oldest_at: new Date(group.oldestAt).toISOString(),
  newest_at: new Date(group.newestAt).toISOString(),
});

export const discardLetters: Operation<DiscardBody, DiscardResult> = {
  method: 'POST',
  path: '/parley/v1/dead_letters/discard',
  async run(context, { body }) {
    const choice = readChoice(body);
    if (!choice.ok) return choice;
    if (body.dry_run !== true) {
      const done = await discardDeadLetters(context, choice.value);
      return done.ok ? ok(resultOf(false, done.value.count, done.value.hasMore)) : done;
    }
    const { workspaceId, readPool } = context;
    return readAs(readPool, workspaceId, async (connection) => {
      const { named, ...filter } = choice.value;
      const error = named && (await rejectOthers(connection, workspaceId, named));
      if (error !== null) return fail(error);
      const asked = { ...filter, workspaceId, keys: named };
      return ok(resultOf(true, await countDeadLetters(connection, asked), false));
    });
  },
};

const resultOf = (isDryRun: boolean, discarded: number, hasMore: boolean): DiscardResult => ({
  type: 'discard',
  dry_run: isDryRun,
  discarded,
  has_more: hasMore,
});

function readChoice({
  event_ids: ids,
  all,
  channel_id: channel,
  reason,
  older_than_seconds: age,
}: DiscardBody): Result<DiscardChoice, ContractError> {
  if (isGiven(ids) === (all === true)) {
    return fail(apiError('parameterInvalid', 'event_ids', 'Name event_ids, or all'));
  }
  const named = isGiven(ids) ? readEventIds(ids) : ok(null);
  if (!named.ok) return named;
  return ok({
    named: named.value,
    channelId: isGiven(channel) ? readId(channel) : null,
    reason: isGiven(reason) ? cleanText(reason) : null,
    olderThanMs: isGiven(age) ? age * 1000 : null,
  });
}
