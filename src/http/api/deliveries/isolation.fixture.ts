// Requests by which another workspace's token would read the first one's deliveries, and send or discard them.

import type { Isolation } from '../../../../test/support/isolation.ts';
import { eventId } from '../../../core/conversation/outbound-event-id.ts';

/** The id of the first event of a conversation: only its time is unknown to the other workspace. */
const idOf = (conversationId: string) => eventId(Number(conversationId), 1, 1_800_000_000_000);

export const isolation: Isolation = {
  'GET /parley/v1/deliveries': ({ conversationId }) => ({
    query: `?conversation_id=${conversationId}`,
  }),
  'GET /parley/v1/deliveries/:event_id': ({ conversationId }) => ({
    parameters: { event_id: idOf(conversationId) },
  }),
  'POST /parley/v1/deliveries/resend': () => ({
    body: { since: '2000-01-01', channel_id: '1' },
  }),
  'POST /parley/v1/deliveries/send_now': () => ({ body: { channel_id: '1' } }),
  'GET /parley/v1/dead_letters/groups': () => ({ query: '?channel_id=1' }),
  'POST /parley/v1/dead_letters/resend': () => ({ body: { all: true, channel_id: '1' } }),
  'POST /parley/v1/dead_letters/discard': () => ({ body: { all: true, channel_id: '1' } }),
};
