// Simulated customers of the chaos tests: run scripts against whichever server is up, retry each request until it gets
// a response, and see only what the callback received.

import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { ChaosCallback, Event } from './chaos-callback.ts';
import type { Customer, Script } from './chaos-scripts.ts';
import { type Client, find503Violation } from './client.ts';

/** What the customers of one test share. */
export type CustomerContext = {
  readonly callback: ChaosCallback;
  readonly random: SeededRandom;
  /** The client of the running server; undefined while none runs. */
  readonly client: () => Client | undefined;
  readonly tokenOf: (channel: string) => string;
  readonly violations: string[];
  /** Once true, customers stop waiting: the test has failed. */
  readonly isOver: () => boolean;
};

export type Session = { readonly script: Script; readonly externalId: string; isDone: boolean };

/** How many requests had to be repeated. */
export const repeats = { count: 0 };

let sessionCount = 0;

/** Runs a script as one customer. Resolves at its end. */
export async function runSession(
  script: Script,
  prefix: string,
  context: CustomerContext,
  record: (session: Session) => void,
): Promise<void> {
  sessionCount += 1;
  const externalId = `${prefix}_${sessionCount}_${script.name}`;
  const session: Session = { script, externalId, isDone: false };
  record(session);
  await script.run(customerOf(script, externalId, context));
  session.isDone = true;
}

function customerOf(
  { channel, customerName }: Script,
  externalId: string,
  context: CustomerContext,
): Customer {
  const { callback, random } = context;
  const contact = {
    type: 'user',
    external_id: `contact_of_${externalId}`,
    name: customerName,
    email: `${externalId.toLowerCase()}@example.com`,
  };
  let actions = 0;
  const act = async (kind: string, fields: object) => {
    actions += 1;
    await pause(random.between(0, 30));
    const event_id = `evt_${externalId}_${actions}`;
    const body = { event_id, external_conversation_id: externalId, contact, ...fields };
    const send = () => sendUntilAnswered(kind, body, channel, context);
    // Now and then an app sends the same event twice at once.
    await Promise.all(random.chance(0.05) ? [send(), send()] : [send()]);
  };
  const events = () => callback.eventsOf(channel, externalId);
  return {
    start: () => act('new_conversation', {}),
    say: (body) => act('new_message', { body }),
    giveOrderNumber: (value) =>
      act('attribute_collected', { attribute: { id: 'order_number', value } }),
    click(text) {
      const prompt = events().findLast(
        ({ event_name }) => event_name === 'quick_replies_presented',
      );
      const option = prompt.quick_reply_options.find((one: Event) => one.text === text);
      return act('quick_reply_selected', { quick_reply_option_id: option.id });
    },
    async waitFor(eventName, count = 1) {
      const counted = () => events().filter(({ event_name }) => event_name === eventName).length;
      while (counted() < count) {
        if (context.isOver()) throw new Error(`${externalId} waits for ${eventName} ${count}`);
        await pause(15);
      }
    },
  };
}

/** Sends an event until it gets a response. */
async function sendUntilAnswered(
  kind: string,
  body: { readonly external_conversation_id: string },
  channel: string,
  context: CustomerContext,
): Promise<void> {
  for (;;) {
    if (context.isOver()) throw new Error(`${kind} was not answered`);
    const client = context.client();
    if (client !== undefined) {
      const path = `/custom_channel_events/notify_${kind}`;
      const outcome = await client.post(path, body, context.tokenOf(channel));
      if (outcome.kind === 'answered' && outcome.status === 200) {
        if (outcome.body.external_conversation_id !== body.external_conversation_id) {
          context.violations.push(
            `response for another conversation: ${JSON.stringify(outcome.body)}`,
          );
        }
        return;
      }
      if (outcome.kind === 'answered') {
        const violation = find503Violation(outcome);
        if (violation !== undefined)
          context.violations.push(`${JSON.stringify(body)}: ${violation}`);
      }
      repeats.count += 1;
    }
    await pause(15);
  }
}
