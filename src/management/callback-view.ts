// A callback as the API shows it: its settings, its state, and what waits for it. Without secrets.

import { presentCallbackSettings } from '../core/presenters/callback.ts';
import {
  type CallbackState,
  type ChannelBacklog,
  callbackStateOf,
  isOfChannel,
} from '../store/outbox/backlog.ts';
import type { CallbackRow } from '../store/outbox/callback-settings.ts';
import type { UnreadableValue } from '../store/secrets/sealed-values.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

export type PresentedCallback = Omit<ReturnType<typeof presentCallbackSettings>, 'disabled'> & {
  readonly state: CallbackState;
  readonly disabled_at: string | null;
  readonly disabled_reason: string | null;
  readonly failing_since: string | null;
  readonly failing_reason: string | null;
  /** Sealed values that do not open. */
  readonly locked: readonly string[];
  readonly waiting: {
    readonly conversations: number;
    readonly events: number;
    readonly since: string | null;
    readonly next_try_at: string | null;
    readonly last_try_at: string | null;
  };
  readonly dead_letters: number;
  readonly previous_secret_until: string | null;
  /** The time of the database at which this was true. */
  readonly as_of: string;
};

export function presentCallback(
  row: CallbackRow,
  backlog: ChannelBacklog,
  unreadable: readonly UnreadableValue[],
): PresentedCallback {
  const { disabled: _, ...settings } = presentCallbackSettings(row);
  return {
    ...settings,
    state: callbackStateOf(backlog, unreadable),
    disabled_at: isoTimeOrNull(backlog.disabledAt),
    disabled_reason: backlog.disabledReason,
    failing_since: isoTimeOrNull(backlog.failingSince),
    failing_reason: backlog.reason,
    locked: unreadable.filter((value) => isOfChannel(value, backlog)).map(({ what }) => what),
    waiting: {
      conversations: backlog.conversations,
      events: backlog.events,
      since: isoTimeOrNull(backlog.waitingSince),
      next_try_at: isoTimeOrNull(backlog.nextTryAt),
      last_try_at: isoTimeOrNull(backlog.lastTryAt),
    },
    dead_letters: backlog.deadLetters,
    previous_secret_until: isoTimeOrNull(row.previousUntil),
    as_of: isoTime(backlog.now),
  };
}
