// Customers of the chaos: walk through scripts by events to whatever server there is at the moment, and repeat what was
// not answered until it is. What they see is what the app was told.

import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosCallback, Event } from './chaos-callback.ts';
import type { Script, Talk } from './chaos-scripts.ts';
import { type Client, faultOfRefusal } from './client.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Where customers live. */
export type Surroundings = {
  readonly callback: ChaosCallback;
  readonly random: SeededRandom;
  /** The way to the server that runs; undefined while none does. */
  readonly client: () => Client | undefined;
  readonly tokenOf: (channel: string) => string;
  readonly faults: string[];
  /** Once it is true, whoever waits gives up: the test has failed. */
  readonly isOver: () => boolean;
};

export type Visit = { readonly script: Script; readonly externalId: string; isDone: boolean };

/** Counts requests that had to be repeated. */
export const repeats = { count: 0 };

let visits = 0;

/** Lets a customer walk through a script. Resolves at its end. */
export async function visit(
  script: Script,
  prefix: string,
  town: Surroundings,
  record: (visit: Visit) => void,
): Promise<void> {
  visits += 1;
  const externalId = `${prefix}_${visits}_${script.name}`;
  const one: Visit = { script, externalId, isDone: false };
  record(one);
  await script.play(talkOf(script, externalId, town));
  one.isDone = true;
}

function talkOf({ channel, called }: Script, externalId: string, town: Surroundings): Talk {
  const { callback, random } = town;
  const contact = {
    type: 'user',
    external_id: `contact_of_${externalId}`,
    name: called,
    email: `${externalId.toLowerCase()}@example.com`,
  };
  let actions = 0;
  const act = async (kind: string, fields: object) => {
    actions += 1;
    await pause(random.between(0, 30));
    const event_id = `evt_${externalId}_${actions}`;
    const body = { event_id, external_conversation_id: externalId, contact, ...fields };
    const send = () => sendUntilAnswered(kind, body, channel, town);
    // Now and then an app sends the same twice at once.
    await Promise.all(random.chance(0.05) ? [send(), send()] : [send()]);
  };
  const events = () => callback.eventsOf(channel, externalId);
  return {
    start: () => act('new_conversation', {}),
    say: (body) => act('new_message', { body }),
    give: (value) => act('attribute_collected', { attribute: { id: 'order_number', value } }),
    click(text) {
      const prompt = events().findLast(
        ({ event_name }) => event_name === 'quick_replies_presented',
      );
      const option = prompt.quick_reply_options.find((one: Event) => one.text === text);
      return act('quick_reply_selected', { quick_reply_option_id: option.id });
    },
    async sees(eventName, count = 1) {
      const counted = () => events().filter(({ event_name }) => event_name === eventName).length;
      while (counted() < count) {
        if (town.isOver()) throw new Error(`${externalId} waits for ${eventName} ${count}`);
        await pause(15);
      }
    },
  };
}

/** Sends an event until somebody answers it. */
async function sendUntilAnswered(
  kind: string,
  body: { readonly external_conversation_id: string },
  channel: string,
  town: Surroundings,
): Promise<void> {
  for (;;) {
    if (town.isOver()) throw new Error(`${kind} was not answered`);
    const client = town.client();
    if (client !== undefined) {
      const path = `/custom_channel_events/notify_${kind}`;
      const outcome = await client.post(path, body, town.tokenOf(channel));
      if (outcome.kind === 'answered' && outcome.status === 200) {
        if (outcome.body.external_conversation_id !== body.external_conversation_id) {
          town.faults.push(`answered for another: ${JSON.stringify(outcome.body)}`);
        }
        return;
      }
      if (outcome.kind === 'answered') {
        const fault = faultOfRefusal(outcome);
        if (fault !== undefined) town.faults.push(`${JSON.stringify(body)}: ${fault}`);
      }
      repeats.count += 1;
    }
    await pause(15);
  }
}
