// The callbacks of Parley as OpenAPI webhooks: what a receiver is sent, with which headers, and what its answers do.
// The bodies are the schemas that Parley makes its events by.

import type { TSchema } from 'typebox';
import { ephemeralEvents, loggedEvents } from '../../contract/outbound-events.ts';
import { notificationEvent } from './notification-schema.ts';
import type { PublishedSchemas } from './schemas.ts';
import type { Operation, Parameter, Reference, ResponseObject, Schema } from './types.ts';
import { eventExamples, notificationExample } from './webhook-examples.ts';

export const webhookTag = 'Callbacks';

const header = (name: string, description: string, schema: Schema = {}): Parameter => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string', ...schema },
});

/** The headers of every callback, by the name of their component. */
export const webhookParameters: Readonly<Record<string, Parameter>> = {
  WebhookId: header('webhook-id', 'The id of the event, the same at every repetition.'),
  WebhookTimestamp: header(
    'webhook-timestamp',
    'When this attempt was made, in unix seconds. Refuse what is more than five minutes off.',
    { pattern: '^\\d+$' },
  ),
  WebhookSignature: header(
    'webhook-signature',
    'Standard Webhooks: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, keyed with the bytes behind ' +
      '`whsec_`. During a rotation of the secret there are two, with a space between them.',
    { pattern: '^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$' },
  ),
  XHubSignature: header(
    'X-Hub-Signature',
    '`sha1=` and the hexadecimal HMAC-SHA1 of the body, keyed with the text of the secret.',
    { pattern: '^sha1=[0-9a-f]{40}$' },
  ),
  XHubSignature256: header(
    'X-Hub-Signature-256',
    '`sha256=` and the hexadecimal HMAC-SHA256 of the body, keyed with the text of the secret.',
    { pattern: '^sha256=[0-9a-f]{64}$' },
  ),
  ParleyEvent: header('Parley-Event', 'The name of the event.'),
  XEventId: header('X-Event-Id', 'The id of the event.'),
};

const headers: readonly Reference[] = Object.keys(webhookParameters).map((name) => ({
  $ref: `#/components/parameters/${name}`,
}));

const response = (description: string): ResponseObject => ({ description, content: {} });

const answersToLogged: Readonly<Record<string, ResponseObject>> = {
  '2XX': response(
    'Delivered: the next event of the conversation follows. The body does not matter.',
  ),
  '410': response('The callback of the channel is disabled until `parley apply` names it again.'),
  default: response(
    'Not delivered, no answer within the timeout included: it is sent again, with the same id, until it is given up ' +
      'to the dead letters. `Retry-After` is honoured. Redirects are not followed.',
  ),
};

const responsesToEphemeral: Readonly<Record<string, ResponseObject>> = {
  '2XX': response('Taken.'),
  default: response('It is not sent again.'),
};

/** Each event as a webhook, by its name. */
export function describeWebhooks(
  schemas: PublishedSchemas,
): Readonly<Record<string, { readonly post: Operation }>> {
  const webhook = (name: string, event: TSchema, responses: Operation['responses']) =>
    [name, { post: operation(name, event, schemas.publish(event), responses) }] as const;
  return Object.fromEntries([
    ...Object.entries(loggedEvents).map(([name, event]) => webhook(name, event, answersToLogged)),
    ...Object.entries(ephemeralEvents).map(([name, event]) =>
      webhook(name, event, responsesToEphemeral),
    ),
    webhook('notification_event', notificationEvent, answersToLogged),
  ]);
}

function operation(
  name: string,
  event: TSchema,
  schema: Schema,
  responses: Operation['responses'],
): Operation {
  const { description } = event as { readonly description?: string };
  const examples: Readonly<Record<string, object>> = eventExamples;
  const example = examples[name] ?? notificationExample;
  return {
    operationId: `receive_${name}`.replaceAll(/_(\w)/g, (_, letter: string) =>
      letter.toUpperCase(),
    ),
    tags: [webhookTag],
    summary: firstSentence(description ?? name),
    security: [],
    parameters: headers,
    requestBody: { required: true, content: { 'application/json': { schema, example } } },
    responses,
  };
}

/** Without its full stop, as summaries are. */
const firstSentence = (text: string): string => text.replace(/\.( .*)?$/, '');
