// The request and response schemas of `send_now`, an endpoint of Parley's own.

import { Type } from 'typebox';
import { optionalText } from '../../contract/schema-pieces.ts';

const ID_CHARACTERS_MAX = 100;

export const sendNowBody = Type.Object(
  {
    event_id: optionalText(ID_CHARACTERS_MAX, {
      description: 'Only this event, and earlier waiting events of its conversation.',
    }),
    conversation_id: optionalText(ID_CHARACTERS_MAX, {
      description: 'Only this conversation: `conversation_id` of a notify response.',
    }),
  },
  { title: 'Send now request' },
);

export const sendNowSchema = Type.Object(
  {
    type: Type.Literal('send_now'),
    conversations: Type.Integer({
      description: 'Number of conversations made due.',
    }),
    events: Type.Integer({ description: 'Number of their waiting events.' }),
    under_way: Type.Integer({
      description: 'Number of conversations that were already due or in flight.',
    }),
    event_state: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      enum: ['waiting', 'resending', 'delivered', 'given_up', 'discarded', 'kept', null],
      description:
        'State of the named event. `given_up`: it is a dead letter; `discarded`: it was a dead letter; `kept`: the ' +
        'channel had no callback. Null if no event was named.',
    }),
    callback_state: Type.Unsafe<string>({
      type: 'string',
      enum: ['none', 'healthy', 'failing', 'disabled', 'locked'],
      description:
        'State of the callback. While it is `disabled` (it responded with 410), `locked` (its secrets cannot be ' +
        'opened) or `none`, nothing is sent.',
    }),
  },
  { title: 'Sent now' },
);
