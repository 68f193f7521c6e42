// The callback of a channel: set, remove, disable, enable, rotate its secret, ping.

import {
  disableCallback,
  enableCallback,
  pingChannel,
  removeCallback,
  rotateSecret,
  setCallback,
} from '../../../management/callbacks.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import { exampleChannel, exampleSecret } from './examples.ts';
import {
  callbackBody,
  channelSchema,
  channelWithSecret,
  pingSchema,
  rotationBody,
  rotationSchema,
} from './schema.ts';

const parameters = [
  { name: 'id', in: 'path', description: 'The id of the channel.', example: '2' },
] as const;

export const callbackRoutes: readonly ApiRoute[] = [
  operationRoute(setCallback, {
    operationId: 'setCallback',
    summary: 'Set the callback of a channel',
    description:
      'Replaces all its settings but the token and the secret, by the rules of parley.yaml, and enables it if it was ' +
      'disabled.',
    parameters,
    body: callbackBody,
    bodyExample: { url: 'https://app.example.com/parley/events', timeout: '15s' },
    secretField: 'secret',
    response: channelWithSecret,
    responseExample: { ...exampleChannel, secret: exampleSecret },
    errors: ['channelNotFound', 'secretsLocked'],
  }),
  operationRoute(removeCallback, {
    operationId: 'removeCallback',
    summary: 'Remove the callback of a channel',
    description: 'Its events can still be read by stream and polling. The secret stays.',
    parameters,
    response: channelSchema,
    responseExample: { ...exampleChannel, callback: null },
    errors: ['channelNotFound', 'callbackNotFound', 'secretsLocked'],
  }),
  operationRoute(disableCallback, {
    operationId: 'disableCallback',
    summary: 'Disable the callback of a channel',
    description: 'Its events wait until it is enabled.',
    parameters,
    response: channelSchema,
    responseExample: exampleChannel,
    errors: ['channelNotFound', 'callbackNotFound'],
  }),
  operationRoute(enableCallback, {
    operationId: 'enableCallback',
    summary: 'Enable the callback of a channel',
    description: 'Also after the app asked with a 410 never to be called again.',
    parameters,
    response: channelSchema,
    responseExample: exampleChannel,
    errors: ['channelNotFound', 'callbackNotFound'],
  }),
  operationRoute(rotateSecret, {
    operationId: 'rotateSecret',
    summary: 'Create a new signing secret for a channel',
    description:
      'Shown once, in this response. During the overlap, events are signed with both secrets.',
    parameters,
    body: rotationBody,
    isBodyOptional: true,
    bodyExample: { overlap: '24h' },
    secretField: 'secret',
    response: rotationSchema,
    responseExample: {
      type: 'signing_secret',
      workspace: 'default',
      channel: 'mobile-app',
      secret: exampleSecret,
      previous_secret_until: '2026-12-02T09:30:00.000Z',
    },
    errors: ['channelNotFound', 'secretsLocked'],
  }),
  operationRoute(pingChannel, {
    operationId: 'pingChannel',
    summary: 'Send a test event to the callback of a channel',
    description:
      'One signed POST of a `ping` from the server. The event is not logged, not retried, and changes nothing.',
    parameters,
    response: pingSchema,
    responseExample: {
      type: 'ping',
      url: 'https://app.example.com/parley/events',
      disabled_reason: null,
      latency_ms: 84,
      status: 200,
      reason: null,
      answer: '',
    },
    errors: ['channelNotFound', 'callbackNotFound', 'secretsLocked'],
  }),
];
