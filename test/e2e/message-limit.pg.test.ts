// The message limit for workflows that would flood a contact, counted at a real callback.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyForTest } from '../support/apply.ts';
import { startReceiver } from '../support/callback-receiver.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { person, startTestParley } from '../support/server.ts';

const say = (id: string) => `  - { id: ${id}, do: send_message, body: "From ${id}" }\n`;
const many = Array.from({ length: 9 }, (_, index) => say(`m${index}`)).join('');
const start = (word: string) =>
  `trigger: { on: new_message }\nwhen: { field: message.body, operator: "=", value: ${word} }\nsteps:\n`;

const workflows = {
  'row.yaml': `name: Row\n${start('row')}${many}  - { id: on, do: run_workflow, workflow: More }\n`,
  'more.yaml': `name: More\n${start('more')}${many}`,
  'circle.yaml': `name: Circle\n${start('circle')}${say('c0')}${say('c1')}  - { id: w, do: wait, for: 1s }
  - { id: again, do: run_workflow, workflow: Circle }\n`,
};

const database = await openTestDatabase();
const receiver = await startReceiver();
await applyForTest(
  database,
  {
    channels: [{ name: 'default', callback: { url: receiver.url, allow_cidrs: ['127.0.0.0/8'] } }],
    workflows: Object.keys(workflows),
  },
  workflows,
);
const parley = await startTestParley({}, database);

/** Sends a message, and waits for the end of the run. */
async function floodBy(word: string, timeoutMs: number) {
  const fields = { external_conversation_id: `flood_${word}`, contact: person(`reader_${word}`) };
  await parley.notify('new_conversation', fields);
  const { status, body } = await parley.notify('new_message', { ...fields, body: word });
  assert.equal(status, 200);
  const path = `/parley/v1/conversations/${body.conversation_id}/state`;
  let state = await parley.call('GET', path);
  const endsAt = Date.now() + timeoutMs;
  while (state.body.workflow?.end_reason == null && Date.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    state = await parley.call('GET', path);
  }
  const messages = () =>
    receiver.of(fields.external_conversation_id).filter((one) => one.event_name === 'new_message');
  await receiver.until('ten messages', () => messages().length >= 10);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return { reason: JSON.stringify(state.body), count: messages().length };
}

test('messages: ten of 18 by two workflows for one signal arrive', async () => {
  const { reason, count } = await floodBy('row', 5_000);
  assert.match(reason, /"end_reason":"message_limit"/);
  assert.equal(count, 10);
});

test('messages: ten of a loop that waits a second arrive', async () => {
  const { reason, count } = await floodBy('circle', 15_000);
  assert.match(reason, /"end_reason":"message_limit"/);
  assert.equal(count, 10);
  const { body } = await parley.call('GET', '/metrics');
  assert.match(body, /parley_workflow_runs_cut_total\{reason="message_limit"\} 2/);
});
