// Requests by which another workspace's token would read the first one's events, and make them due.

import type { Isolation, Victim } from '../../../test/support/isolation.ts';

/** Names a conversation: without one the stream would never end. */
const ofConversation = ({ conversationId }: Victim) => ({
  query: `?conversation_id=${conversationId}&after=0`,
});

export const isolation: Isolation = {
  'GET /parley/v1/events': ofConversation,
  'GET /parley/v1/events/stream': ofConversation,
  'POST /parley/v1/events/send_now': ({ conversationId }) => ({
    body: { conversation_id: conversationId },
  }),
};
