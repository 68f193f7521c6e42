// Runs every branch of the workflow order-help of examples/: the official SDK as the app, a real HTTP server as its
// callback, and `parley apply` for the setup.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { IntercomClient } from 'intercom-client';
import { Webhook } from 'standardwebhooks';
import { applyForTest } from '../support/apply.ts';
import { startReceiver } from '../support/callback-receiver.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { nextNumber, person, startTestParley } from '../support/server.ts';
import { until } from '../support/until.ts';

const receiver = await startReceiver();
const database = await openTestDatabase();
const workflow = new URL('../../examples/order-help/workflows/order-help.yaml', import.meta.url);
const { secretOf } = await applyForTest(
  database,
  {
    admins: [{ name: 'Ada', email: 'ada@example.com' }],
    teams: [{ name: 'Support', members: ['ada@example.com'] }],
    data_attributes: [{ name: 'order_number', model: 'conversation', type: 'string' }],
    channels: [
      { name: 'default', callback: { url: receiver.url, allow_cidrs: ['127.0.0.0/8'] } },
      { name: 'mobile-app', callback: { url: receiver.url, allow_cidrs: ['127.0.0.0/8'] } },
    ],
    workflows: ['order-help.yaml'],
  },
  {
    'order-help.yaml': readFileSync(workflow, 'utf8').replace(/, channels: \[[^\]]*\]/, ''),
  },
);
const parley = await startTestParley({}, database);
const client = new IntercomClient({ token: parley.token, baseUrl: parley.url, maxRetries: 0 });

/** Starts a conversation of a new contact, as the app sees it. */
function talk() {
  const number = nextNumber();
  const id = `order_help_${number}`;
  const contact = person(`shopper_${number}`) as never;
  const base = () => ({
    event_id: `evt_order_help_${nextNumber()}`,
    external_conversation_id: id,
    contact,
  });
  const events = () => receiver.of(id);
  const names = () => events().map(({ event_name }) => event_name);
  return {
    id,
    events,
    names,
    start: () => client.customChannelEvents.notifyNewConversation(base()),
    say: (body: string) => client.customChannelEvents.notifyNewMessage({ ...base(), body }),
    give: (value: string) =>
      client.customChannelEvents.notifyAttributeCollected({
        ...base(),
        attribute: { id: 'order_number', value },
      }),
    /** Clicks the quick reply with this text in the latest prompt. */
    click(text: string) {
      const prompt = events().findLast(
        ({ event_name }) => event_name === 'quick_replies_presented',
      );
      const option = prompt.quick_reply_options.find((one: { text: string }) => one.text === text);
      return client.customChannelEvents.notifyQuickReplySelected({
        ...base(),
        quick_reply_option_id: option.id,
      });
    },
    /** Waits until the app has received this many events. */
    told: (count: number) =>
      until(`${id}: ${count} events, have ${names()}`, () => events().length >= count),
    /** Makes the time limit of the waiting step pass. */
    async letTimePass() {
      await database.sql(
        `update conversations set wake_at = now(), version = version + 1,
           run = jsonb_set(run::jsonb, '{waiting,untilMs}', to_jsonb(ms(now())))
         where external_id = $1`,
        [id],
      );
    },
    state: async () =>
      (
        await database.sql<Record<string, unknown>>(
          `select state, team_assignee_id is not null as "isAssigned", custom_attributes as attributes,
             run ->> 'status' as run, run ->> 'endReason' as reason
           from conversations where external_id = $1`,
          [id],
        )
      )[0]!,
  };
}

/** Checks what the app received of a conversation: sequences 1, 2, 3… in order, signed and addressed. */
function assertOrdered(id: string): void {
  const mine = receiver.received.filter(({ event }) => event.external_conversation_id === id);
  assert.deepEqual(
    mine.map(({ event }) => event.sequence),
    mine.map((_, index) => index + 1),
  );
  for (const { headers, text, event } of mine) {
    new Webhook(secretOf('default')).verify(text, headers as Record<string, string>);
    assert.equal(headers['webhook-id'], event.event_id);
  }
}

test('order help: greets, asks, takes the number by event, waits and closes', async () => {
  const shopper = talk();
  await shopper.start();
  await shopper.told(2);
  assert.equal(
    shopper.events()[0].message.body_text,
    `Hi Name of shopper_${shopper.id.split('_')[2]}!`,
  );
  assert.deepEqual(shopper.names(), ['new_message', 'quick_replies_presented']);
  await shopper.click('An order');
  await shopper.told(4);
  assert.deepEqual(shopper.names().slice(2), ['new_message', 'attribute_requested']);
  assert.equal(shopper.events()[3].attribute.id, 'order_number');
  await shopper.give('EU-1234');
  await shopper.told(6);
  assert.deepEqual(shopper.names().slice(4), ['new_message', 'status_updated']);
  assert.equal(shopper.events()[4].message.body_text, 'All set.');
  assert.deepEqual(await shopper.state(), {
    state: 'closed',
    isAssigned: false,
    attributes: { order_number: 'EU-1234' },
    run: 'ended',
    reason: 'closed',
  });
  assertOrdered(shopper.id);
});

test('order help: hands over a typed number of another region to the team', async () => {
  const shopper = talk();
  await shopper.start();
  await shopper.told(2);
  await shopper.click('An order');
  await shopper.told(4);
  await shopper.say('US-9999');
  await shopper.told(5);
  assert.equal(shopper.events()[4].event_name, 'conversation_assigned');
  assert.equal(shopper.events()[4].assignee.name, 'Support');
  const { isAssigned, attributes } = await shopper.state();
  assert.deepEqual(
    { isAssigned, attributes },
    { isAssigned: true, attributes: { order_number: 'US-9999' } },
  );
  assertOrdered(shopper.id);
});

test('order help: hands over after three invalid numbers', async () => {
  const shopper = talk();
  await shopper.start();
  await shopper.told(2);
  await shopper.click('An order');
  await shopper.told(4);
  for (const [count, word] of [
    [6, 'what?'],
    [8, 'no idea'],
    [9, 'still no'],
  ] as const) {
    await shopper.say(word);
    await shopper.told(count);
  }
  assert.equal(shopper.events()[4].message.body_text, 'That does not look like an order number.');
  assert.equal(shopper.events()[8].event_name, 'conversation_assigned');
  assertOrdered(shopper.id);
});

test('order help: hands over when a person is asked for by button', async () => {
  const shopper = talk();
  await shopper.start();
  await shopper.told(2);
  await shopper.click('Talk to a person');
  await shopper.told(3);
  assert.equal((await shopper.state()).isAssigned, true);
  assertOrdered(shopper.id);
});

test('order help: hands over when the contact types instead of clicking', async () => {
  const shopper = talk();
  await shopper.start();
  await shopper.told(2);
  await shopper.say('I would rather write');
  await shopper.told(3);
  assert.equal(shopper.events()[2].event_name, 'conversation_assigned');
  assertOrdered(shopper.id);
});

test('order help: hands over after a day without answer; an old button does nothing', async () => {
  const shopper = talk();
  await shopper.start();
  await shopper.told(2);
  await shopper.letTimePass();
  await shopper.told(3);
  assert.equal(shopper.events()[2].event_name, 'conversation_assigned');
  await shopper.click('An order');
  assert.equal((await shopper.state()).run, 'ended');
  assert.equal(shopper.events().length, 3);
  assertOrdered(shopper.id);
});
