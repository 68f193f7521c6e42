// The wire of the endpoint that hurries what waits for a callback: Parley's own.

import { Type } from 'typebox';
import { optionalText } from '../../contract/schema-pieces.ts';

const ID_CHARACTERS_MAX = 100;

export const sendNowBody = Type.Object(
  {
    event_id: optionalText(ID_CHARACTERS_MAX, {
      description: 'Only this event, and those of its conversation that must come before it.',
    }),
    conversation_id: optionalText(ID_CHARACTERS_MAX, {
      description: 'Only this conversation: `conversation_id` of a notify answer.',
    }),
  },
  { title: 'Send now request' },
);

export const sendNowSchema = Type.Object(
  {
    type: Type.Literal('send_now'),
    conversations: Type.Integer({
      description: 'Conversations whose next try was still to come, and is now.',
    }),
    events: Type.Integer({ description: 'Their events that wait.' }),
    under_way: Type.Integer({
      description:
        'Conversations that are on their way at this moment, or whose turn it was anyway.',
    }),
    event_state: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      enum: ['waiting', 'resending', 'delivered', 'given_up', 'discarded', 'kept', null],
      description:
        'Where the event that was named stands. `given_up`: it is a dead letter; `discarded`: it was one; `kept`: ' +
        'the channel had no callback. Null if none was named.',
    }),
    callback_state: Type.Unsafe<string>({
      type: 'string',
      enum: ['none', 'healthy', 'failing', 'disabled', 'locked'],
      description:
        'How the callback does. While it is `disabled` (it answered 410), `locked` (its secrets do not open) or ' +
        '`none`, nothing is sent.',
    }),
  },
  { title: 'Sent now' },
);
