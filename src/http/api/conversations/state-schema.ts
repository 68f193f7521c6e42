// The answers that tell where a conversation stands in its workflow and how it came there. Our own design: no public
// API has them.

import { Type } from 'typebox';
import { nullable, nullableTimestamp, timestamp } from '../../../contract/schema-pieces.ts';

const oneOf = (texts: readonly string[], description: string) =>
  Type.Unsafe<string>({ type: 'string', enum: texts, description });

/** An object that may be null, with its fields. */
const nullableObject = (
  properties: Readonly<Record<string, unknown>>,
  optional: readonly string[],
  description: string,
) =>
  Type.Unsafe<object | null>({
    type: ['object', 'null'],
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    description,
  });

const waiting = nullableObject(
  {
    for: oneOf(['quick_reply', 'attribute', 'message', 'time', 'webhook'], 'What it waits for.'),
    since: timestamp({ description: 'Since when, in unix seconds.' }),
    until: nullableTimestamp({
      description: 'When it goes on by itself, in unix seconds; null: never.',
    }),
    attribute: Type.String({ description: 'Of `attribute`: which one.' }),
    attempt: Type.Integer({ description: 'For `attribute`: how often it was asked for so far.' }),
    options: Type.Array(
      Type.Object({
        id: Type.String({ description: 'What the app sends as `quick_reply_option_id`.' }),
        text: Type.String(),
      }),
      { description: 'Of `quick_reply`: the buttons of the present question.' },
    ),
  },
  ['attribute', 'attempt', 'options'],
  'What the workflow waits for; null when none waits.',
);

const workflow = nullableObject(
  {
    id: Type.String({ description: 'The workflow.' }),
    run_id: Type.String({ description: 'This run of it; lines of the trace carry it.' }),
    name: Type.String(),
    version: Type.Integer({ description: 'A run keeps the version that it began with.' }),
    step: nullable('string', { description: 'The step it waits at, or the last one it did.' }),
    started_at: timestamp(),
    steps_done: Type.Integer(),
    ended_at: nullableTimestamp(),
    end_reason: nullable('string', {
      description: 'completed, closed, taken_over, handed_on, step_limit, message_limit or broken.',
    }),
  },
  [],
  'The present run, or the last one; null when there never was one.',
);

export const conversationState = Type.Object(
  {
    type: Type.Literal('conversation_state'),
    conversation_id: Type.String(),
    external_conversation_id: Type.String({ description: 'Your id of the conversation.' }),
    state: oneOf(['running', 'waiting', 'idle', 'closed'], '`running`: a webhook is being called.'),
    waiting,
    workflow,
    held_by: Type.Object(
      {
        type: oneOf(['workflow', 'admin', 'nobody'], 'A teammate holds it until it is closed.'),
        id: nullable('string'),
        name: nullable('string'),
      },
      { description: 'Who acts in it.' },
    ),
    next_timer: nullableObject(
      {
        at: timestamp(),
        for: oneOf(
          ['workflow', 'snooze', 'webhook'],
          'What goes on then; `webhook`: a call that failed is made again.',
        ),
      },
      [],
      'What happens by itself next.',
    ),
  },
  { title: 'Conversation state' },
);

const traceEntry = Type.Object({
  run_id: Type.String(),
  workflow: Type.String({ description: 'Its name.' }),
  version: Type.Integer(),
  step: nullable('string', { description: 'Null: about the run as a whole.' }),
  do: Type.String({ description: 'The kind of step, or `run`.' }),
  what: Type.String({ description: 'What it did and why, in a sentence for people.' }),
});

export const conversationTrace = Type.Object(
  {
    type: Type.Literal('conversation_trace'),
    conversation_id: Type.String(),
    data: Type.Array(
      Type.Object({
        ordinal: Type.Integer({ description: '1, 2, 3… in the conversation.' }),
        at: timestamp(),
        signal: Type.String({
          description: 'What happened, for example new_message, teammate, timer or job_finished.',
        }),
        content: Type.Record(Type.String(), Type.Unknown(), {
          description: 'What is known of it besides the words, which are in the parts.',
        }),
        entries: Type.Array(traceEntry, { description: 'What workflows made of it, in order.' }),
      }),
      { description: 'Oldest first.' },
    ),
    last_ordinal: Type.Integer({ description: 'Of the newest signal; 0 if there is none.' }),
    previous: nullable('integer', {
      description: '`after` of the page before; null at the first.',
    }),
    next: nullable('integer', { description: '`after` of the next page; null at the newest.' }),
  },
  { title: 'Conversation trace' },
);
