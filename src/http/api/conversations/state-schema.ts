// Response schemas of the state and the trace of a conversation. They are Parley's own design: no public API has them.

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
    for: oneOf(['quick_reply', 'attribute', 'message', 'time', 'webhook'], 'The awaited input.'),
    since: timestamp({ description: 'Start of the wait, in unix seconds.' }),
    until: nullableTimestamp({
      description: 'When the workflow continues without input, in unix seconds; null: never.',
    }),
    attribute: Type.String({ description: 'For `attribute`: its name.' }),
    attempt: Type.Integer({ description: 'For `attribute`: number of times it was asked for.' }),
    options: Type.Array(
      Type.Object({
        id: Type.String({ description: 'The app sends it as `quick_reply_option_id`.' }),
        text: Type.String(),
      }),
      { description: 'For `quick_reply`: the buttons of the current question.' },
    ),
  },
  ['attribute', 'attempt', 'options'],
  'The input that the workflow waits for; null if no workflow waits.',
);

const workflow = nullableObject(
  {
    id: Type.String({ description: 'The workflow.' }),
    run_id: Type.String({ description: 'The id of this run, as in the trace.' }),
    name: Type.String(),
    version: Type.Integer({ description: 'A run keeps the version that it started with.' }),
    step: nullable('string', { description: 'The step at which it waits, or its last step.' }),
    started_at: timestamp(),
    steps_done: Type.Integer(),
    ended_at: nullableTimestamp(),
    end_reason: nullable('string', {
      description:
        'completed, closed, taken_over, contact_gone, handed_on, step_limit, message_limit or broken.',
    }),
  },
  [],
  'The active run, or the last one; null if there was none.',
);

export const conversationState = Type.Object(
  {
    type: Type.Literal('conversation_state'),
    conversation_id: Type.String(),
    external_conversation_id: Type.String({ description: 'Your id of the conversation.' }),
    state: oneOf(
      ['running', 'waiting', 'idle', 'closed'],
      '`running`: the workflow waits for a webhook’s response.',
    ),
    waiting,
    workflow,
    held_by: Type.Object(
      {
        type: oneOf(['workflow', 'admin', 'nobody'], 'A teammate holds it until it is closed.'),
        id: nullable('string'),
        name: nullable('string'),
      },
      { description: 'Who handles the conversation.' },
    ),
    next_timer: nullableObject(
      {
        at: timestamp(),
        for: oneOf(
          ['workflow', 'snooze', 'webhook'],
          'What happens then; `webhook`: a failed call is retried.',
        ),
      },
      [],
      'The next scheduled action.',
    ),
  },
  { title: 'Conversation state' },
);

const traceEntry = Type.Object({
  run_id: Type.String(),
  workflow: Type.String({ description: 'The name of the workflow.' }),
  version: Type.Integer(),
  step: nullable('string', { description: 'The step; null for an entry about the whole run.' }),
  do: Type.String({ description: 'The kind of step, or `run`.' }),
  what: Type.String({ description: 'What the step did and why, as a sentence for people.' }),
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
          description: 'The kind of signal, such as new_message, teammate, timer or job_finished.',
        }),
        content: Type.Record(Type.String(), Type.Unknown(), {
          description: 'Its fields, except texts, which are in the parts.',
        }),
        entries: Type.Array(traceEntry, { description: 'What workflows did, in order.' }),
      }),
      { description: 'Oldest first.' },
    ),
    last_ordinal: Type.Integer({
      description: 'Ordinal of the newest signal; 0 if there is none.',
    }),
    previous: nullable('integer', {
      description: '`after` of the previous page; null on the first page.',
    }),
    next: nullable('integer', {
      description: '`after` of the next page; null on the newest page.',
    }),
  },
  { title: 'Conversation trace' },
);
