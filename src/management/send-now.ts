// Making waiting events due now, after an outage of an app: named events, a conversation or a channel.

import { fail, ok, type Result } from '../base/result.ts';
import { record } from '../commands/record.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readId } from '../contract/read-id.ts';
import { type ChannelBacklog, callbackStateOf } from '../store/outbox/backlog.ts';
import { listChannelIds } from '../store/outbox/deliveries.ts';
import { readDeliveries } from '../store/outbox/delivery-details.ts';
import { type EventState, findChannelOfConversation } from '../store/outbox/due-now.ts';
import { idOfRow } from '../store/outbox/event-log.ts';
import type { SendNowRequest } from '../store/outbox/send-now.ts';
import type { UnreadableValue } from '../store/secrets/sealed-values.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { isGiven, noSuchEvents, readEventIds } from './event-choice.ts';
import type { Operation, OperationContext } from './operation.ts';

export type SendNowBody = {
  readonly event_ids?: readonly string[] | null;
  readonly conversation_id?: string | number | null;
  readonly channel_id?: string | number | null;
};

export type SentNow = {
  readonly type: 'send_now';
  readonly conversations: number;
  readonly events: number;
  readonly under_way: number;
  readonly event_states: readonly {
    readonly event_id: string;
    readonly state: EventState | null;
  }[];
  readonly callbacks: readonly {
    readonly channel: {
      readonly type: 'channel';
      readonly id: string;
      readonly name: string | null;
    };
    readonly state: string;
    readonly reason: string | null;
  }[];
};

export const sendDeliveriesNow: Operation<SendNowBody, SentNow> = {
  method: 'POST',
  path: '/parley/v1/deliveries/send_now',
  async run(context, { body }) {
    const wishes = await readWishes(context, body);
    if (!wishes.ok) return wishes;
    const count = { conversations: 0, events: 0, under_way: 0 };
    const states: SentNow['event_states'][number][] = [];
    const backlogs = new Map<number, ChannelBacklog | null>();
    for (const wish of wishes.value) {
      const result = await context.services.sendNow((entry) => record(context, entry), wish);
      if (result === null) {
        return fail(wish.what === 'event' ? noSuchEvents([wish.eventId]) : noSuchConversation());
      }
      count.conversations += result.madeDue;
      count.events += result.events;
      count.under_way += result.inFlight;
      if (wish.what === 'event') states.push({ event_id: wish.eventId, state: result.eventState });
      if (!backlogs.has(wish.channelId)) backlogs.set(wish.channelId, result.backlog);
    }
    const { unreadable } = await context.services.secretKey();
    const callbacks = [...backlogs].map(([id, backlog]) =>
      presentCallback(id, backlog, unreadable),
    );
    return ok({ type: 'send_now', ...count, event_states: states, callbacks });
  },
};

const presentCallback = (
  channelId: number,
  backlog: ChannelBacklog | null,
  unreadable: readonly UnreadableValue[],
): SentNow['callbacks'][number] => ({
  channel: { type: 'channel', id: String(channelId), name: backlog?.channel ?? null },
  state: backlog === null ? 'none' : callbackStateOf(backlog, unreadable),
  reason: backlog?.disabledReason ?? backlog?.reason ?? null,
});

/** The code is that of an unknown route: the message tells them apart. */
const noSuchConversation = (): ContractError =>
  apiError('resourceNotFound', 'conversation_id', 'No such conversation');

/** Reads what is to be sent now. All of it belongs to the workspace. */
async function readWishes(
  { workspaceId, readPool }: OperationContext,
  { event_ids: ids, conversation_id: conversation, channel_id: channel }: SendNowBody,
): Promise<Result<readonly SendNowRequest[], ContractError>> {
  if ([ids, conversation, channel].filter(isGiven).length !== 1) {
    const message = 'Name event_ids, conversation_id or channel_id';
    return fail(apiError('parameterInvalid', 'event_ids', message));
  }
  const named = isGiven(ids) ? readEventIds(ids) : ok([]);
  if (!named.ok) return named;
  return readAs(readPool, workspaceId, async (connection) => {
    if (isGiven(channel)) {
      const channelId = readId(channel);
      const isThere = (await listChannelIds(connection, workspaceId)).includes(channelId);
      if (!isThere) return fail(apiError('resourceNotFound', 'channel_id'));
      return ok([{ workspaceId, channelId, what: 'channel' }]);
    }
    if (isGiven(conversation)) {
      const conversationId = readId(conversation);
      const channelId = await findChannelOfConversation(connection, workspaceId, conversationId);
      if (channelId === null) return fail(noSuchConversation());
      return ok([{ workspaceId, channelId, what: 'conversation', conversationId }]);
    }
    const found = await readDeliveries(connection, workspaceId, named.value);
    const channelOf = new Map(found.map((row) => [idOfRow(row), row.channelId]));
    const absent = named.value.map(({ id }) => id).filter((id) => !channelOf.has(id));
    if (absent.length > 0) return fail(noSuchEvents(absent));
    return ok(
      named.value.map(({ id, ...key }) => ({
        workspaceId,
        channelId: channelOf.get(id)!,
        what: 'event',
        key,
        eventId: id,
      })),
    );
  });
}
