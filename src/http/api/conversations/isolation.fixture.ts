// Requests by which another workspace's token would reach conversations.

import type { Isolation, Victim } from '../../../../test/support/isolation.ts';

const byId = ({ conversationId }: Victim) => ({ parameters: { id: conversationId } });

/** Names the external id, which both workspaces may use. */
const byExternalId = ({ externalId }: Victim) => ({
  parameters: { id: externalId },
  findsOwn: true,
});

/** Names the admin of the other workspace. */
const admin = ({ otherAdminId }: Victim) => ({ type: 'admin', admin_id: otherAdminId });

export const isolation: Isolation = {
  'GET /conversations/:id': byId,
  'POST /conversations/search': ({ conversationId }) => ({
    body: {
      query: {
        operator: 'OR',
        value: [
          { field: 'id', operator: '=', value: conversationId },
          { field: 'created_at', operator: '>', value: 0 },
        ],
      },
    },
  }),
  'POST /conversations/:id/reply': (victim) => ({
    ...byId(victim),
    body: { message_type: 'comment', ...admin(victim), body: 'Hello' },
  }),
  'POST /conversations/:id/parts': (victim) => ({
    ...byId(victim),
    body: { message_type: 'close', ...admin(victim) },
  }),
  'PUT /conversations/:id': (victim) => ({ ...byId(victim), body: { title: 'Taken over' } }),
  'DELETE /conversations/:id': byId,
  'POST /conversations/redact': ({ conversationId }) => ({
    body: {
      type: 'conversation_part',
      conversation_id: conversationId,
      conversation_part_id: conversationId,
    },
  }),
  'POST /conversations/:id/run_assignment_rules': byId,
  'POST /conversations/:id/convert': byId,
  'POST /conversations/:id/customers': (victim) => ({
    ...byId(victim),
    body: { customer: { intercom_user_id: victim.contactId } },
  }),
  'DELETE /conversations/:id/customers/:contact_id': ({ conversationId, contactId }) => ({
    parameters: { id: conversationId, contact_id: contactId },
  }),
  'GET /parley/v1/conversations/:id/state': byId,
  'GET /parley/v1/conversations/:id/trace': byId,
  'GET /parley/v1/conversations/external/:id/state': byExternalId,
  'GET /parley/v1/conversations/external/:id/trace': byExternalId,
};
