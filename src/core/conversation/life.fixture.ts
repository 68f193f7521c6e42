// Random lives of a conversation for tests: signals of its contact and of two teammates, applied one after the other.

import fc from 'fast-check';
import type { Conversation, Part } from '../model/model.ts';
import { contextOf, nowMs, testContact } from '../workflow/run/context.fixture.ts';
import type { Signal, TeammateAction } from './signal.ts';
import { transition } from './transition.ts';

/** One signal: its effect, and when. */
type Step = { readonly act: Act; readonly afterMs: number };
type Act =
  | { readonly by: 'contact'; readonly body: string }
  | { readonly by: 'form'; readonly value: string }
  | { readonly by: 11 | 12; readonly action: TeammateAction };

const body = fc.constantFrom('', 'Hello');
const bodyOrNull = fc.option(body);
const someone = fc.constantFrom(
  { type: 'admin', id: 11 } as const,
  { type: 'admin', id: 12 } as const,
  { type: 'team', id: 21 } as const,
  null,
);
const action: fc.Arbitrary<TeammateAction> = fc.oneof(
  fc.record({ do: fc.constantFrom('comment', 'note'), body }),
  fc.record({ do: fc.constant('close'), body: bodyOrNull }),
  fc.record({ do: fc.constant('open') }),
  fc.record({ do: fc.constant('snooze'), untilMs: fc.constant(nowMs * 2) }),
  fc.record({ do: fc.constant('assign'), to: someone, body: bodyOrNull }),
  fc.record({
    do: fc.constant('quick_reply'),
    body: bodyOrNull,
    options: fc.constant([{ id: 'yes', text: 'Yes' }]),
  }),
);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ by: fc.constant('contact'), body }) },
  {
    weight: 4,
    arbitrary: fc.record({ by: fc.constantFrom(11, 12), action }),
  },
);
/** An answer to a form leaves no part of the contact. */
const actOrForm: fc.Arbitrary<Act> = fc.oneof(
  { weight: 7, arbitrary: act },
  fc.record({ by: fc.constant('form'), value: fc.constantFrom('1', '2') }),
);

const stepsOf = (arbitrary: fc.Arbitrary<Act>) =>
  fc.array(fc.record({ act: arbitrary, afterMs: fc.integer({ min: 1, max: 5_000_000 }) }), {
    maxLength: 30,
  });

export const steps = stepsOf(act);
export const stepsWithForms = stepsOf(actOrForm);

/** A part, with the state of the conversation before its signal. */
export type Lived = { readonly part: Part; readonly before: Conversation | null };

/** Applies the steps to a new conversation. */
export function live(given: readonly Step[]): {
  readonly conversation: Conversation;
  readonly lived: readonly Lived[];
} {
  let conversation: Conversation | null = null;
  let contact = testContact;
  let now = nowMs;
  const lived: Lived[] = [];
  const begin: Signal = { kind: 'channel_event', event: { ...event, kind: 'new_conversation' } };
  const signals = [begin, ...given.map((step) => step)];
  for (const [index, step] of signals.entries()) {
    now += 'afterMs' in step ? step.afterMs : 0;
    const signal: Signal = 'act' in step ? signalOf(step.act, conversation!) : step;
    const outcome = transition(
      {
        contact,
        conversation,
        offeredOption: null,
        isAttributeRequested: true,
        dataAttributes: [],
        joining: [],
        presentIds: [],
      },
      signal,
      contextOf([], { nowMs: now, signalNumber: 900 + index }),
    );
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
    for (const part of outcome.value.parts) lived.push({ part, before: conversation });
    ({ conversation, contact } = outcome.value);
  }
  return { conversation: conversation!, lived };
}

const event = {
  eventId: 'event',
  externalConversationId: 'thread-1',
  contact: {
    type: 'user',
    externalId: testContact.externalId!,
    name: testContact.name,
    email: testContact.email,
  },
} as const;

function signalOf(given: Act, { id }: Conversation): Signal {
  switch (given.by) {
    case 'contact':
      return {
        kind: 'channel_event',
        event: { ...event, kind: 'new_message', body: given.body },
      };
    case 'form':
      return {
        kind: 'channel_event',
        event: { ...event, kind: 'attribute_collected', attributeId: 'x', value: given.value },
      };
    default:
      return { kind: 'teammate', conversationId: id, adminId: given.by, action: given.action };
  }
}
