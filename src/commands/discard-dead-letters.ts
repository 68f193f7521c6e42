// Discards dead letters: they are not sent again, and stay in the log. At most as many as one statement discards.

import { fail, ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import {
  type DeadLetterChoice,
  discardedAtOnceMax,
  discardDeadLetters as discardRows,
} from '../store/outbox/dead-letters.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';
import { type NamedEvent, namesOf, rejectOthers } from './resend-events.ts';

export type DiscardChoice = Omit<DeadLetterChoice, 'workspaceId' | 'keys'> & {
  /** Null: all that match the other fields. */
  readonly named: readonly NamedEvent[] | null;
};

export type DiscardCount = {
  readonly count: number;
  /** Whether there may be more. */
  readonly hasMore: boolean;
};

/** Discards the dead letters that are chosen. */
export const discardDeadLetters = (
  context: CommandContext,
  { named, ...choice }: DiscardChoice,
): Promise<Result<DiscardCount, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const error = named && (await rejectOthers(connection, workspaceId, named));
    if (error !== null) return fail(error);
    const count = await discardRows(connection, { ...choice, workspaceId, keys: named });
    const { channelId, reason } = choice;
    const channel = channelId === null ? null : String(channelId);
    if (count > 0) {
      await addAuditEntry(connection, workspaceId, {
        action: 'dead_letter.discarded',
        actor,
        object: { type: 'workspace', id: String(workspaceId) },
        relatedId: null,
        details: { count, channel_id: channel, reason, events: namesOf(named ?? []) },
      });
    }
    return ok({ count, hasMore: count === discardedAtOnceMax });
  });
