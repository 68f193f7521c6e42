// The scripts of the simulated customers: each is one path through a workflow. A script waits for callback events and
// nothing else, so its outcome does not depend on the injected faults.

import type { Event } from './chaos-callback.ts';

/** What a script can do as its customer. */
export type Customer = {
  start(): Promise<void>;
  say(body: string): Promise<void>;
  /** Gives the order number. */
  giveOrderNumber(value: string): Promise<void>;
  /** Clicks the quick reply with this text in the latest question. */
  click(text: string): Promise<void>;
  /** Waits until the callback has received so many events of this name. */
  waitFor(eventName: string, count?: number): Promise<void>;
};

export type Script = {
  readonly name: string;
  readonly channel: string;
  /** The name of the customer. */
  readonly customerName: string;
  readonly run: (customer: Customer) => Promise<void>;
};

const choose = async (customer: Customer, button: string) => {
  await customer.start();
  await customer.waitFor('quick_replies_presented');
  await customer.click(button);
};

const untilAsked = async (customer: Customer) => {
  await choose(customer, 'An order');
  await customer.waitFor('attribute_requested');
};

/** Runs to the end, with the order number given by an `attribute_collected` event. */
const european = async (customer: Customer) => {
  await untilAsked(customer);
  await customer.giveOrderNumber('EU-1234');
  await customer.waitFor('status_updated');
};

const person = async (customer: Customer) => {
  await choose(customer, 'Talk to a person');
  await customer.waitFor('conversation_assigned');
};

const typed = async (customer: Customer) => {
  await customer.start();
  await customer.waitFor('quick_replies_presented');
  await customer.say('I would rather write');
  await customer.waitFor('conversation_assigned');
};

/** Paths through the workflow order-help. */
const orderHelp: Readonly<Record<string, Script['run']>> = {
  european,
  person,
  typed,
  async american(customer) {
    await untilAsked(customer);
    await customer.say('US-9999');
    await customer.waitFor('conversation_assigned');
  },
  async nonsense(customer) {
    await untilAsked(customer);
    for (const [index, words] of ['what?', 'no idea'].entries()) {
      await customer.say(words);
      await customer.waitFor('attribute_requested', index + 2);
    }
    await customer.say('still no');
    await customer.waitFor('conversation_assigned');
  },
  async stubborn(customer) {
    await untilAsked(customer);
    await customer.say('eh?');
    await customer.waitFor('attribute_requested', 2);
    await customer.say('EU-77-X');
    await customer.waitFor('status_updated');
  },
  async lateClick(customer) {
    await typed(customer);
    await customer.click('An order');
    await customer.say('Hello? Is anybody there?');
  },
  async backAgain(customer) {
    await european(customer);
    await customer.say('One more thing');
  },
};

/** Scripts that never wait for an event that the receiver rejects. */
const picky: Readonly<Record<string, Script['run']>> = {
  european,
  async person(customer) {
    await choose(customer, 'Talk to a person');
  },
  async rejected(customer) {
    await customer.start();
    await customer.say('Rejected, whatever I say');
  },
};

const shop: Readonly<Record<string, Script['run']>> = {
  async order(customer) {
    await customer.start();
    await customer.waitFor('new_message', 2);
    await customer.say('Thank you');
    await customer.waitFor('status_updated');
  },
  async rejected(customer) {
    await customer.start();
    await customer.waitFor('conversation_assigned');
  },
};

const onChannel = (
  channel: string,
  customerName: string,
  runs: Readonly<Record<string, Script['run']>>,
): Script[] =>
  Object.entries(runs).map(([name, run]) => ({
    name: `${channel}_${customerName}_${name}`.replaceAll(' ', '_'),
    channel,
    customerName,
    run,
  }));

/** A customer whose events are all accepted. */
const acceptedName = 'Accepted Customer';
/** A customer whose greeting the receiver of `picky` always rejects. */
export const rejectedName = 'Rejected Customer';

export const scripts = {
  /** On channels whose receivers inject random faults. */
  faulty: [
    ...onChannel('default', acceptedName, orderHelp),
    ...onChannel('shop', acceptedName, shop),
  ],
  picky: [...onChannel('picky', acceptedName, picky), ...onChannel('picky', rejectedName, picky)],
  /** On channels whose receivers respond with 410, or never, until the faults end. */
  gone: onChannel('gone', acceptedName, { european, person }),
  hanging: onChannel('hanging', acceptedName, { european, typed }),
};

export const channels = ['default', 'shop', 'picky', 'gone', 'hanging'] as const;
export type ChannelName = (typeof channels)[number];

/**
 * Gives what the receiver of `picky` always rejects: 400 is a dead letter at once, 500 after all retries.
 * @returns the status, or null for an accepted event.
 */
export function rejectionStatusOf(channel: string, event: Event): number | null {
  if (channel !== 'picky') return null;
  if (event.event_name === 'conversation_assigned') return 400;
  const { body_text: text } = event.message ?? {};
  if (text === 'All set.') return 500;
  return event.event_name === 'new_message' && text === `Hi ${rejectedName}!` ? 400 : null;
}

/** The workflow of the channel `shop`: a slow webhook call whose response is saved. */
export const shopWorkflow = (webhookUrl: string): string => `name: Shop
trigger: { on: new_conversation, channels: [shop] }
steps:
  - { id: hello, do: send_message, body: "One moment." }
  - id: look
    do: call_webhook
    url: "${webhookUrl}"
    body:
      conversation: "{{ conversation.external_id }}"
      rejected: "{% if conversation.external_id contains 'rejected' %}yes{% else %}no{% endif %}"
    timeout: 1s
    retries: [1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s]
    save: { order_status: /order/status }
    failed: handover
  - { id: tell, do: send_message, body: "It is {{ conversation.custom_attributes.order_status }}." }
  - { id: hear, do: wait, until: message }
  - { id: bye, do: close, body: "You are welcome." }
  - { id: handover, do: assign, team: Support }
`;
