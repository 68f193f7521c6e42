import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestParley } from '../support/server.ts';

test('first request: gets four ids for a new conversation that can be read at once', async () => {
  const parley = await startTestParley();
  const response = await parley.notify('new_conversation', { external_conversation_id: 'conv_a' });
  assert.equal(response.status, 200);
  assert.equal(response.body.external_conversation_id, 'conv_a');
  const conversation = await parley.call('GET', `/conversations/${response.body.conversation_id}`);
  assert.equal(conversation.body.external_references[0].id, 'conv_a');
  const contact = await parley.call('GET', `/contacts/${response.body.contact_id}`);
  assert.equal(contact.body.external_id, response.body.external_contact_id);
});
