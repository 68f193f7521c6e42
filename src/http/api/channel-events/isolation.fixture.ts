// Events by which another workspace's token would reach the first one's conversation and contact.

import type { Isolation, Victim } from '../../../../test/support/isolation.ts';
import { type EventKind, eventBody } from '../../../../test/support/server.ts';

const event =
  (kind: EventKind) =>
  ({ externalId }: Victim) => ({
    body: eventBody(kind, {
      external_conversation_id: externalId,
      contact: { type: 'lead', external_id: externalId },
    }),
  });

export const isolation: Isolation = {
  'POST /custom_channel_events/notify_new_conversation': event('new_conversation'),
  'POST /custom_channel_events/notify_new_message': event('new_message'),
  'POST /custom_channel_events/notify_quick_reply_selected': event('quick_reply_selected'),
  'POST /custom_channel_events/notify_attribute_collected': event('attribute_collected'),
};
