// What waits for the callback of each channel, since when and until when.

import { ok } from '../base/result.ts';
import { type ChannelBacklog, callbackStateOf, readBacklogsOf } from '../store/outbox/backlog.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import type { List, Operation } from './operation.ts';

export const listBacklogs: Operation<undefined, List<ReturnType<typeof present>>> = {
  method: 'GET',
  path: '/parley/v1/deliveries/backlog',
  async run({ workspaceId, readPool, services }) {
    const backlogs = await readAs(readPool, workspaceId, (connection) =>
      readBacklogsOf(connection, workspaceId, null),
    );
    const unreadable = backlogs.length === 0 ? [] : (await services.secretKey()).unreadable;
    return ok({
      type: 'list',
      data: backlogs.map((one) => present(one, callbackStateOf(one, unreadable))),
    });
  },
};

const timeText = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

const present = (backlog: ChannelBacklog, state: string) => ({
  type: 'backlog',
  channel: { type: 'channel', id: String(backlog.channelId), name: backlog.channel },
  callback_state: state,
  since: timeText(backlog.disabledAt ?? backlog.failingSince),
  reason: backlog.disabledReason ?? backlog.reason,
  waiting: {
    conversations: backlog.conversations,
    events: backlog.events,
    since: timeText(backlog.waitingSince),
    next_attempt_at: timeText(backlog.nextTryAt),
    last_attempt_at: timeText(backlog.lastTryAt),
  },
  dead_letters: backlog.deadLetters,
});
