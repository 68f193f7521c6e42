// Describes Parley's callbacks as OpenAPI webhooks: their bodies, their headers, and the effect of each response. The
// bodies have the schemas from which Parley builds its events.

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

/** Headers of every callback, by component name. */
export const webhookParameters: Readonly<Record<string, Parameter>> = {
  WebhookId: header('webhook-id', 'The id of the event, the same at every retry.'),
  WebhookTimestamp: header(
    'webhook-timestamp',
    'Time of this attempt, in unix seconds. Reject a request that is more than five minutes off.',
    { pattern: '^\\d+$' },
  ),
  WebhookSignature: header(
    'webhook-signature',
    'Standard Webhooks: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, keyed with the bytes behind ' +
      '`whsec_`. During a rotation of the secret there are two, separated by a space.',
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

const responsesToLogged: Readonly<Record<string, ResponseObject>> = {
  '2XX': response(
    'Delivered: the next event of the conversation follows. The body does not matter.',
  ),
  '410': response('Disables the callback of the channel until `parley apply` names it again.'),
  default: response(
    'Not delivered, as when there is no response within the timeout. Parley retries with the same id until the event ' +
      'is delivered or dead-lettered. `Retry-After` is honoured. Redirects are not followed.',
  ),
};

const responsesToEphemeral: Readonly<Record<string, ResponseObject>> = {
  '2XX': response('Delivered.'),
  default: response('Not delivered; not retried.'),
};

/** Describes each event as a webhook, by its name. */
export function describeWebhooks(
  schemas: PublishedSchemas,
): Readonly<Record<string, { readonly post: Operation }>> {
  const webhook = (name: string, event: TSchema, responses: Operation['responses']) =>
    [name, { post: operation(name, event, schemas.publish(event), responses) }] as const;
  return Object.fromEntries([
    ...Object.entries(loggedEvents).map(([name, event]) => webhook(name, event, responsesToLogged)),
    ...Object.entries(ephemeralEvents).map(([name, event]) =>
      webhook(name, event, responsesToEphemeral),
    ),
    webhook('notification_event', notificationEvent, responsesToLogged),
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

/** Extracts the first sentence, without its full stop. */
const firstSentence = (text: string): string => text.replace(/\.( .*)?$/, '');
