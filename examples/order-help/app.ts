// A complete app: a chat in the terminal. Input goes to Parley with the official SDK; the workflow's replies come back
// as signed events. Copy it into your app and replace the terminal by your own chat.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createReceiver, type EventOf } from '@parley-server/receiver';
import { IntercomClient } from 'intercom-client';

const {
  PARLEY_URL = 'http://127.0.0.1:3000',
  PARLEY_TOKEN = '',
  PARLEY_CALLBACK_SECRET = '',
  PORT = '4000',
} = process.env;

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}
if (!PARLEY_TOKEN) stop('Set PARLEY_TOKEN to the token that Parley printed.');
if (!/^whsec_./.test(PARLEY_CALLBACK_SECRET))
  stop('Set PARLEY_CALLBACK_SECRET to the whsec_… that `parley apply` printed.');

const parley = new IntercomClient({ token: PARLEY_TOKEN, baseUrl: PARLEY_URL }).customChannelEvents;
const conversation = {
  external_conversation_id: randomUUID(),
  contact: { type: 'user' as const, external_id: 'dana', name: 'Dana', email: 'dana@example.com' },
};
// An id for each event: the SDK retries failed requests, and Parley recognises a repeat by it.
const about = () => ({ event_id: randomUUID(), ...conversation });

/** The last question, which determines what the next line means. */
let buttons: EventOf<'quick_replies_presented'>['quick_reply_options'] = [];
let attributeId: string | null = null;
let heardAt: number | null = null;

const receiver = createReceiver({
  secrets: PARLEY_CALLBACK_SECRET,
  onEvent(event) {
    // Another terminal may have chatted before: its events are not for this one.
    if (event.event_name === 'ping') return;
    if (event.external_conversation_id !== conversation.external_conversation_id) return;
    heardAt = performance.now();
    if (event.event_name === 'new_message') {
      console.log(`${event.message.author.name}: ${event.message.body_text}`);
    } else if (event.event_name === 'quick_replies_presented') {
      buttons = event.quick_reply_options;
      if (event.message.body_text)
        console.log(`${event.message.author.name}: ${event.message.body_text}`);
      for (const [index, { text }] of buttons.entries()) console.log(`  [${index + 1}] ${text}`);
    } else if (event.event_name === 'attribute_requested') {
      attributeId = event.attribute.id;
      console.log(`  (${event.attribute.label}?)`);
    } else if (event.event_name === 'conversation_assigned') {
      console.log(`  (now with ${event.assignee.name ?? 'nobody'})`);
    } else if (event.event_name === 'status_updated') {
      console.log(`  (the conversation is ${event.status})`);
    }
  },
});

/** Waits until Parley has asked its next question, which a line that was typed ahead answers. */
async function listen(): Promise<void> {
  const endMs = performance.now() + 3_000;
  while (performance.now() < Math.min(endMs, (heardAt ?? endMs) + 300)) await pause(20);
  heardAt = null;
}

async function say(line: string): Promise<void> {
  const button = buttons[Number(line) - 1];
  const attribute = attributeId;
  [buttons, attributeId] = [[], null];
  if (button) {
    await parley.notifyQuickReplySelected({ ...about(), quick_reply_option_id: button.id });
  } else if (attribute) {
    await parley.notifyAttributeCollected({
      ...about(),
      attribute: { id: attribute, value: line },
    });
  } else {
    await parley.notifyNewMessage({ ...about(), body: line });
  }
}

/** Returns Parley's error message, else the network's. */
function explain(error: unknown): string {
  const { body, message } = error as { body?: { errors?: { message: string }[] }; message: string };
  return body?.errors?.[0]?.message ?? message;
}

const server = createServer(receiver.node).listen(Number(PORT), async () => {
  await parley.notifyNewConversation(about()).catch((error) => {
    stop(`No conversation at ${PARLEY_URL} (check PARLEY_URL and PARLEY_TOKEN): ${explain(error)}`);
  });
  for await (const line of createInterface({ input: process.stdin })) {
    await listen();
    await say(line).catch((error) => console.log(`  (not sent: ${explain(error)})`));
  }
  await listen();
  process.exit();
});
server.on('error', ({ message }) => stop(`Port ${PORT} cannot be used (set PORT): ${message}`));
