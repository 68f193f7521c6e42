// What customers do in the chaos: each script is one way through a workflow, told as a person would walk it, waiting
// for what the app is told and for nothing else. So its outcome does not depend on how badly things go.

import type { Event } from './chaos-callback.ts';

/** A customer's hands and eyes. */
export type Talk = {
  start(): Promise<void>;
  say(body: string): Promise<void>;
  /** Gives the order number. */
  give(value: string): Promise<void>;
  /** Presses the button of this text in the newest question. */
  click(text: string): Promise<void>;
  /** Waits until the app was told of an event of this name so many times. */
  sees(eventName: string, count?: number): Promise<void>;
};

export type Script = {
  readonly name: string;
  readonly channel: string;
  /** Of the customer. */
  readonly called: string;
  readonly play: (talk: Talk) => Promise<void>;
};

const choose = async (talk: Talk, button: string) => {
  await talk.start();
  await talk.sees('quick_replies_presented');
  await talk.click(button);
};

const untilAsked = async (talk: Talk) => {
  await choose(talk, 'An order');
  await talk.sees('attribute_requested');
};

/** To the end, with the number given by event. */
const european = async (talk: Talk) => {
  await untilAsked(talk);
  await talk.give('EU-1234');
  await talk.sees('status_updated');
};

const person = async (talk: Talk) => {
  await choose(talk, 'Talk to a person');
  await talk.sees('conversation_assigned');
};

const typed = async (talk: Talk) => {
  await talk.start();
  await talk.sees('quick_replies_presented');
  await talk.say('I would rather write');
  await talk.sees('conversation_assigned');
};

/** Ways through order-help. */
const orderHelp: Readonly<Record<string, Script['play']>> = {
  european,
  person,
  typed,
  async american(talk) {
    await untilAsked(talk);
    await talk.say('US-9999');
    await talk.sees('conversation_assigned');
  },
  async nonsense(talk) {
    await untilAsked(talk);
    for (const [index, words] of ['what?', 'no idea'].entries()) {
      await talk.say(words);
      await talk.sees('attribute_requested', index + 2);
    }
    await talk.say('still no');
    await talk.sees('conversation_assigned');
  },
  async stubborn(talk) {
    await untilAsked(talk);
    await talk.say('eh?');
    await talk.sees('attribute_requested', 2);
    await talk.say('EU-77-X');
    await talk.sees('status_updated');
  },
  async lateClick(talk) {
    await typed(talk);
    await talk.click('An order');
    await talk.say('Hello? Is anybody there?');
  },
  async backAgain(talk) {
    await european(talk);
    await talk.say('One more thing');
  },
};

/** Of those that the receiver refuses nobody waits for one. */
const picky: Readonly<Record<string, Script['play']>> = {
  european,
  async person(talk) {
    await choose(talk, 'Talk to a person');
  },
  async unread(talk) {
    await talk.start();
    await talk.say('Refused, whatever I say');
  },
};

const shop: Readonly<Record<string, Script['play']>> = {
  async order(talk) {
    await talk.start();
    await talk.sees('new_message', 2);
    await talk.say('Thank you');
    await talk.sees('status_updated');
  },
  async refused(talk) {
    await talk.start();
    await talk.sees('conversation_assigned');
  },
};

const onChannel = (
  channel: string,
  called: string,
  plays: Readonly<Record<string, Script['play']>>,
): Script[] =>
  Object.entries(plays).map(([name, play]) => ({
    name: `${channel}_${called}_${name}`.replaceAll(' ', '_'),
    channel,
    called,
    play,
  }));

/** Who is never refused anything. */
const someone = 'Some One';
/** A customer whose first and last words the receiver of `picky` never takes. */
export const unwelcome = 'Un Welcome';

export const scripts = {
  /** On channels whose receivers have bad days. */
  lively: [...onChannel('default', someone, orderHelp), ...onChannel('shop', someone, shop)],
  picky: [...onChannel('picky', someone, picky), ...onChannel('picky', unwelcome, picky)],
  /** Their receivers say 410, or nothing at all, until the chaos is over. */
  gone: onChannel('gone', someone, { european, person }),
  dead: onChannel('dead', someone, { european, typed }),
};

export const channels = ['default', 'shop', 'picky', 'gone', 'dead'] as const;
export type ChannelName = (typeof channels)[number];

/**
 * What the receiver of `picky` never takes: 400 is given up at once, 500 when all tries are used.
 * @returns the status of the refusal, or null.
 */
export function refusalOf(channel: string, event: Event): number | null {
  if (channel !== 'picky') return null;
  if (event.event_name === 'conversation_assigned') return 400;
  const { body_text: text } = event.message ?? {};
  if (text === 'All set.') return 500;
  return event.event_name === 'new_message' && text === `Hi ${unwelcome}!` ? 400 : null;
}

/** The workflow of the channel `shop`: a slow step whose answer is kept. */
export const shopWorkflow = (webhookUrl: string): string => `name: Shop
trigger: { on: new_conversation, channels: [shop] }
steps:
  - { id: hello, do: send_message, body: "One moment." }
  - id: look
    do: call_webhook
    url: "${webhookUrl}"
    body:
      conversation: "{{ conversation.external_id }}"
      refused: "{% if conversation.external_id contains 'refused' %}yes{% else %}no{% endif %}"
    timeout: 1s
    retries: [1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s]
    save: { order_status: /order/status }
    failed: handover
  - { id: tell, do: send_message, body: "It is {{ conversation.custom_attributes.order_status }}." }
  - { id: hear, do: wait, until: message }
  - { id: bye, do: close, body: "You are welcome." }
  - { id: handover, do: assign, team: Support }
`;
