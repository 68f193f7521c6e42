// The channels of the workspace and their switches: list, find, create, update.

import {
  createChannel,
  findChannel,
  listChannels,
  updateChannel,
} from '../../../management/channels.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import { exampleChannel } from './examples.ts';
import { channelBody, channelList, channelSchema, switchesBody } from './schema.ts';

const idParameter = {
  name: 'id',
  in: 'path',
  description: 'The id of the channel.',
  example: '2',
} as const;

export const channelRoutes: readonly ApiRoute[] = [
  operationRoute(listChannels, {
    operationId: 'listChannels',
    summary: 'List the channels, with their switches and callbacks',
    parameters: [
      {
        name: 'name',
        in: 'query',
        description: 'Only the channel of this name.',
        example: 'mobile-app',
      },
    ],
    response: channelList,
    responseExample: { type: 'list', data: [exampleChannel] },
    errors: ['parameterInvalid'],
  }),
  operationRoute(createChannel, {
    operationId: 'createChannel',
    summary: 'Create a channel: one app of the workspace',
    body: channelBody,
    bodyExample: { name: 'mobile-app', time_zone: 'Europe/Berlin' },
    response: channelSchema,
    responseExample: { ...exampleChannel, callback: null },
    errors: ['channelExists'],
  }),
  operationRoute(findChannel, {
    operationId: 'findChannel',
    summary: 'Get a channel',
    parameters: [idParameter],
    response: channelSchema,
    responseExample: exampleChannel,
    errors: ['channelNotFound'],
  }),
  operationRoute(updateChannel, {
    operationId: 'updateChannel',
    summary: 'Change the switches of a channel',
    description: 'Other switches stay as they are. Servers follow within two seconds.',
    parameters: [idParameter],
    body: switchesBody,
    bodyExample: { enabled: false },
    response: channelSchema,
    responseExample: { ...exampleChannel, enabled: false },
    errors: ['channelNotFound'],
  }),
];
