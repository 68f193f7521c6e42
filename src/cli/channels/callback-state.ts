// The status of a channel's callback as the operator sees it, and what waits for it, since when and until when. Reads
// no database and changes nothing.

import type { PresentedChannel } from '../../management/channels.ts';
import {
  type CallbackState,
  type ChannelBacklog,
  callbackStateOf,
  isOfChannel,
} from '../../store/outbox/backlog.ts';
import type { UnreadableValue } from '../../store/secrets/sealed-values.ts';
import { counted, timeText } from '../kit/print.ts';

/** Advice for a disabled callback. */
export const HOW_TO_ENABLE =
  'Once the app accepts events again, `parley apply` with the file of this callback enables it.';

/** Advice for waiting events, once the app is back. */
const HOW_TO_HURRY =
  'Once the app accepts events again, `parley events send-now --channel <name>` sends waiting events at once.';

const HOW_TO_UNLOCK = '`parley doctor` explains what to do about the secret key.';

/** A channel whose oldest event has waited longer deserves a look. */
const WAITING_MAX_MS = 5 * 60_000;

type Backlog = Omit<ChannelBacklog, 'workspaceId' | 'channelId'>;

export type CallbackReport = Backlog & {
  readonly state: CallbackState;
  /** Sealed values that do not open. */
  readonly locked: readonly string[];
};

/** @param unreadable the sealed values that do not open. */
export const reportOf = (
  backlog: ChannelBacklog,
  unreadable: readonly UnreadableValue[],
): CallbackReport & Pick<ChannelBacklog, 'workspaceId' | 'channelId'> => ({
  ...backlog,
  state: callbackStateOf(backlog, unreadable),
  locked: unreadable.filter((value) => isOfChannel(value, backlog)).map(({ what }) => what),
});

/** The report on the callback of a channel; undefined if it has none. */
export function reportFrom(channel: PresentedChannel): CallbackReport | undefined {
  const { callback } = channel;
  if (callback === null) return undefined;
  const { waiting } = callback;
  const ms = (time: string | null) => (time === null ? null : Date.parse(time));
  return {
    workspace: channel.workspace,
    channel: channel.name,
    state: callback.state,
    disabledAt: ms(callback.disabled_at),
    disabledReason: callback.disabled_reason,
    failingSince: ms(callback.failing_since),
    reason: callback.failing_reason,
    locked: callback.locked,
    conversations: waiting.conversations,
    events: waiting.events,
    waitingSince: ms(waiting.since),
    nextTryAt: ms(waiting.next_try_at),
    lastTryAt: ms(waiting.last_try_at),
    deadLetters: callback.dead_letters,
    now: Date.parse(callback.as_of),
  };
}

/** The status in one word, for a table. */
export function callbackWord(report: CallbackReport | undefined): string {
  if (report === undefined) return 'none';
  return report.state === 'healthy' ? 'called' : report.state;
}

/** The report for programs; null if the channel has no callback. */
export function callbackJson(report: CallbackReport | undefined): object | null {
  if (report === undefined) return null;
  const time = (ms: number | null) => (ms === null ? null : timeText(ms));
  return {
    state: report.state,
    disabled_at: time(report.disabledAt),
    disabled_reason: report.disabledReason,
    failing_since: time(report.failingSince),
    failing_reason: report.reason,
    locked: report.locked,
    waiting: {
      conversations: report.conversations,
      events: report.events,
      since: time(report.waitingSince),
      next_try_at: time(report.nextTryAt),
      last_try_at: time(report.lastTryAt),
    },
    dead_letters: report.deadLetters,
    advice: adviceOn(report),
  };
}

/** Advice on the callback; null if nothing is to be done. */
export function adviceOn(report: CallbackReport): string | null {
  if (report.state === 'disabled') return HOW_TO_ENABLE;
  if (report.state === 'locked') return HOW_TO_UNLOCK;
  return report.state === 'failing' || isLate(report) ? HOW_TO_HURRY : null;
}

/** Whether an event waits longer than a few retries explain. */
export const isLate = ({ waitingSince, now }: Backlog): boolean =>
  waitingSince !== null && now - waitingSince > WAITING_MAX_MS;

/** Describes a callback that deserves a look: which, since when, why, and what waits; null if it does not. */
export function troubleOf(report: CallbackReport): string | null {
  const illness = illnessOf(report);
  if (illness !== null) return `${illness}: ${waitingText(report)}.`;
  return isLate(report) ? `${nameOf(report)} accepts events, but ${waitingText(report)}.` : null;
}

/** Describes what is wrong with the callback itself; null if nothing is. */
export function illnessOf(report: CallbackReport): string | null {
  const { state, disabledAt, disabledReason, failingSince, reason } = report;
  const name = nameOf(report);
  const why = (text: string | null) => (text === null ? '' : ` (${text})`);
  switch (state) {
    case 'disabled':
      return `${name} has been disabled since ${timeText(disabledAt!)}${why(disabledReason)}`;
    case 'locked':
      return `${name} is not called, because ${report.locked.join(' and ')} cannot be opened`;
    case 'failing':
      return `${name} has been failing since ${timeText(failingSince!)}${why(reason)}`;
    case 'healthy':
      return null;
  }
}

const nameOf = ({ workspace, channel }: CallbackReport): string =>
  `The callback of channel "${channel}" in workspace "${workspace}"`;

/** `600 events in 200 conversations have been waiting since …, next try at …`. */
export function waitingText(report: Backlog): string {
  const { conversations, events, waitingSince, nextTryAt, lastTryAt, now } = report;
  if (conversations === 0) return 'nothing is waiting';
  const what = `${counted(events, 'event')} in ${counted(conversations, 'conversation')}`;
  const isOne = events === 1;
  const since =
    waitingSince === null
      ? ` ${isOne ? 'is' : 'are'} waiting`
      : ` ${isOne ? 'has' : 'have'} been waiting since ${timeText(waitingSince)}`;
  if (report.disabledAt !== null || nextTryAt === null || lastTryAt === null) return what + since;
  const next = nextTryAt <= now ? 'next try due now' : `next try at ${timeText(nextTryAt)}`;
  const last =
    lastTryAt > Math.max(nextTryAt, now) + 1_000 ? `, the last one at ${timeText(lastTryAt)}` : '';
  return `${what}${since}, ${next}${last}`;
}
