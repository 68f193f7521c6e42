// The endpoint that makes waiting events of a channel due now, after an outage of the app.

import { fail, ok, type Result } from '../../base/result.ts';
import { record } from '../../commands/record.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { readId } from '../../contract/read-id.ts';
import { readEventId } from '../../core/conversation/outbound-event-id.ts';
import { callbackStateOf } from '../../store/outbox/backlog.ts';
import type { SendNowRequest } from '../../store/outbox/send-now.ts';
import { channelOf } from '../../store/tenancy/access.ts';
import { commandContextOf } from '../server/command-context.ts';
import type { ApiRoute, AuthenticatedCall } from '../server/route.ts';
import { sendNowBody, sendNowSchema } from './send-now-schema.ts';

export const sendNowRoute: ApiRoute = {
  access: 'token',
  scope: 'events',
  method: 'POST',
  path: '/parley/v1/events/send_now',
  operationId: 'sendEventsNow',
  summary: 'Send waiting events to the callback now',
  description:
    'After an outage of your app, events wait for their next attempt. This makes them due at once: one event, one ' +
    'conversation or, with `{}`, the whole channel of the token. Each conversation keeps its order, and the retry ' +
    'schedule starts over.',
  tag: 'Events',
  body: sendNowBody,
  bodyExample: { conversation_id: '256257' },
  response: sendNowSchema,
  responseExample: {
    type: 'send_now',
    conversations: 1,
    events: 3,
    under_way: 0,
    event_state: null,
    callback_state: 'failing',
  },
  errors: ['parameterInvalid', 'resourceNotFound'],
  handle: sendNow,
};

type Body = { readonly event_id?: string | null; readonly conversation_id?: string | null };

async function sendNow(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { principal, dependencies } = call;
  const { event_id: eventText, conversation_id: conversationText } = call.body as Body;
  const scope = { workspaceId: principal.workspaceId, channelId: channelOf(principal).id };
  if (isGiven(eventText) && isGiven(conversationText)) {
    return fail(
      apiError('parameterInvalid', 'event_id', 'Name an event or a conversation, not both'),
    );
  }
  let wish: SendNowRequest = { ...scope, what: 'channel' };
  if (isGiven(conversationText)) {
    wish = { ...scope, what: 'conversation', conversationId: readId(conversationText) };
  }
  if (isGiven(eventText)) {
    const eventId = eventText.replace(/^notif_/, '');
    const key = readEventId(eventId);
    if (key === null) return fail(apiError('resourceNotFound', 'event_id'));
    wish = { ...scope, what: 'event', key, eventId };
  }
  const { sendNow: send, secretKey } = dependencies.operationServices;
  const result = await send((entry) => record(commandContextOf(call), entry), wish);
  if (result === null) return fail(apiError('resourceNotFound', `${wish.what}_id`));
  const { backlog } = result;
  const state = backlog && callbackStateOf(backlog, (await secretKey()).unreadable);
  return ok({
    type: 'send_now',
    conversations: result.madeDue,
    events: result.events,
    under_way: result.inFlight,
    event_state: result.eventState,
    callback_state: state ?? 'none',
  });
}

const isGiven = (text: string | null | undefined): text is string =>
  text !== undefined && text !== null;
