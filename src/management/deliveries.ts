// Reading deliveries: the outbound events of the workspace with the state of each, and one event with its attempts.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readChoice, readText, readTime, readWholeNumber } from '../contract/query-parameters.ts';
import { readId } from '../contract/read-id.ts';
import { cleanText } from '../contract/text.ts';
import { presentAttempt, presentDelivery } from '../core/presenters/delivery.ts';
import {
  type DeliveryQuery,
  findDeliveries,
  listChannelIds,
  sourceOf,
} from '../store/outbox/deliveries.ts';
import { type Delivery, readDeliveries } from '../store/outbox/delivery-details.ts';
import { eventStateOf, eventStates } from '../store/outbox/due-now.ts';
import { findEventsByKey, listAttempts } from '../store/outbox/event-admin.ts';
import { idOfRow } from '../store/outbox/event-log.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { eventKeyOf, readPlace, writePlace } from './event-choice.ts';
import type { Operation, Page } from './operation.ts';

/** Deliveries on a page unless asked otherwise. */
export const deliveriesPerPage = 20;

export type PresentedDelivery = ReturnType<typeof presentDelivery>;

export type DeliveryWithAttempts = PresentedDelivery & {
  /** The attempts, the oldest first. */
  readonly history: readonly ReturnType<typeof presentAttempt>[];
  readonly event: object;
};

export const listDeliveries: Operation<undefined, Page<PresentedDelivery>> = {
  method: 'GET',
  path: '/parley/v1/deliveries',
  async run({ workspaceId, readPool }, { query }) {
    const asked = readQuery(workspaceId, query);
    if (!asked.ok) return asked;
    const { channelId, ...filter } = asked.value;
    return readAs(readPool, workspaceId, async (connection) => {
      const all = await listChannelIds(connection, workspaceId);
      if (channelId !== null && !all.includes(channelId)) {
        return fail(apiError('resourceNotFound', 'channel_id'));
      }
      const channelIds = channelId === null ? all : [channelId];
      const page = await findDeliveries(connection, { ...filter, channelIds });
      return ok({
        type: 'list',
        data: page.deliveries.map(present),
        next: page.end && writePlace(sourceOf(filter), page.end),
      });
    });
  },
};

export const showDelivery: Operation<undefined, DeliveryWithAttempts> = {
  method: 'GET',
  path: '/parley/v1/deliveries/:event_id',
  async run({ workspaceId, readPool }, { params }) {
    const key = eventKeyOf(params['event_id']!);
    if (key === null) return fail(apiError('eventNotFound'));
    return readAs(readPool, workspaceId, async (connection) => {
      const [row] = await findEventsByKey(connection, workspaceId, [key]);
      const [delivery] = await readDeliveries(connection, workspaceId, [key]);
      if (row === undefined || delivery === undefined || idOfRow(row) !== key.id) {
        return fail(apiError('eventNotFound'));
      }
      const attempts = await listAttempts(connection, workspaceId, key);
      return ok({
        ...present(delivery),
        history: attempts.map(presentAttempt),
        event: JSON.parse(row.body) as object,
      });
    });
  },
};

const present = (delivery: Delivery) =>
  presentDelivery({ ...delivery, state: eventStateOf(delivery, delivery.sequence) });

type Asked = Omit<DeliveryQuery, 'channelIds'> & { readonly channelId: number | null };

function readQuery(workspaceId: number, query: unknown): Result<Asked, ContractError> {
  const state = readChoice(query, 'state', eventStates);
  if (!state.ok) return state;
  const texts: Record<string, string | null> = {};
  for (const name of ['event_name', 'channel_id', 'conversation_id', 'starting_after']) {
    const text = readText(query, name);
    if (!text.ok) return text;
    texts[name] = text.value;
  }
  const since = readTime(query, 'since');
  if (!since.ok) return since;
  const until = readTime(query, 'until');
  if (!until.ok) return until;
  const bounds = { min: 1, max: limits.perPageMax };
  const count = readWholeNumber(query, 'per_page', bounds, deliveriesPerPage);
  if (!count.ok) return count;
  const idOf = (text: string | null) => (text === null ? null : readId(text));
  const eventName = texts['event_name']!;
  const filter = {
    workspaceId,
    channelId: idOf(texts['channel_id']!),
    conversationId: idOf(texts['conversation_id']!),
    state: state.value,
    eventName: eventName === null ? null : cleanText(eventName),
    sinceMs: since.value,
    untilMs: until.value,
    count: count.value,
  };
  const after = readPlace(texts['starting_after'], sourceOf(filter));
  return after.ok ? ok({ ...filter, after: after.value }) : after;
}
