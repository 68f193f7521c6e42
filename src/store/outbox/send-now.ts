// Makes waiting events due now, for the endpoint and the command: one event, a conversation, or a whole channel.
// Reports what was found.

import { eventId } from '../../core/conversation/outbound-event-id.ts';
import type { AuditEntry } from '../../core/model/audit.ts';
import type { Pool } from '../../database/pool.ts';
import { type ChannelBacklog, readBacklog } from './backlog.ts';
import {
  type EventState,
  eventStateOf,
  findChannelOfConversation,
  findDeliveryState,
  type SendNowCount,
  sendNow,
} from './due-now.ts';
import type { EventKey } from './event-admin.ts';

export type SendNowRequest = {
  readonly workspaceId: number;
  readonly channelId: number;
} & (
  | { readonly what: 'channel' }
  | { readonly what: 'conversation'; readonly conversationId: number }
  | { readonly what: 'event'; readonly key: EventKey; readonly eventId: string }
);

export type SendNowResult = SendNowCount & {
  /** The state of the named event; null if none was named. */
  readonly eventState: EventState | null;
  /** The backlog before; null: the channel has no callback. */
  readonly backlog: ChannelBacklog | null;
};

/** Writes an entry of the audit log, of the one who asked. */
export type RecordRequest = (entry: Omit<AuditEntry, 'actor'>) => Promise<unknown>;

/**
 * Makes waiting events due now.
 * @param pool a pool that sees all workspaces and may write.
 * @param record writes the entry of the audit log, before anything is made due: that happens in steps, which a kill may
 *   interrupt.
 * @returns null if the channel has no such conversation or event.
 */
export async function sendEventsNow(
  pool: Pool,
  record: RecordRequest,
  wish: SendNowRequest,
): Promise<SendNowResult | null> {
  const { workspaceId, channelId } = wish;
  let conversationId: number | null = null;
  let eventState: EventState | null = null;
  if (wish.what === 'conversation') {
    const owner = await findChannelOfConversation(pool, workspaceId, wish.conversationId);
    if (owner !== channelId) return null;
    conversationId = wish.conversationId;
  }
  if (wish.what === 'event') {
    const { conversationId: id, sequence } = wish.key;
    const standing = await findDeliveryState(pool, workspaceId, id, sequence);
    if (standing === null || standing.channelId !== channelId) return null;
    if (eventId(id, sequence, standing.createdAt) !== wish.eventId.toLowerCase()) return null;
    eventState = eventStateOf(standing, sequence);
    conversationId = id;
  }
  const backlog = await readBacklog(pool, workspaceId, channelId);
  const isWaiting = eventState === null || eventState === 'waiting' || eventState === 'resending';
  if (isWaiting) await record(requestOf(wish));
  const count = isWaiting
    ? await sendNow(pool, { workspaceId, channelId, conversationId })
    : { madeDue: 0, events: 0, inFlight: 0 };
  return { ...count, eventState, backlog };
}

const requestOf = (wish: SendNowRequest): Omit<AuditEntry, 'actor'> => ({
  action: 'event.send_now_requested',
  object: { type: 'channel', id: String(wish.channelId) },
  relatedId: null,
  details: detailsOf(wish),
});

function detailsOf(wish: SendNowRequest): { readonly [name: string]: string } {
  if (wish.what === 'conversation') return { conversation_id: String(wish.conversationId) };
  return wish.what === 'event' ? { event_id: wish.eventId } : {};
}
