// The access tokens of the workspace: list, create, revoke.

import { createToken, listTokens, revokeToken } from '../../../management/tokens.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import { newTokenSchema, tokenBody, tokenList, tokenSchema } from './schema.ts';

const example = {
  type: 'token',
  id: '3',
  workspace: 'default',
  channel: null,
  admin: 'jane@acme.example',
  scopes: ['read', 'manage'],
  name: 'operations',
  hint: 'x7Qa',
  created_at: '2026-12-01T09:30:00.000Z',
  last_used_at: null,
  revoked_at: null,
};

export const tokenRoutes: readonly ApiRoute[] = [
  operationRoute(listTokens, {
    operationId: 'listTokens',
    summary: 'List the access tokens, including revoked ones',
    response: tokenList,
    responseExample: { type: 'list', data: [example] },
    errors: [],
  }),
  operationRoute(createToken, {
    operationId: 'createToken',
    summary: 'Create an access token',
    description:
      'The token is shown once, in this response. It acts for a channel or for an admin. A token with the scope ' +
      '`manage` cannot act for an admin whose role is above that of the one who creates it.',
    body: tokenBody,
    bodyExample: { name: 'operations', admin: 'jane@acme.example', scopes: ['read', 'manage'] },
    secretField: 'token',
    response: newTokenSchema,
    responseExample: { ...example, token: 'parley_2bY0nUQ0s8VtV3m3xS1w6m0kq3b4Jm1yq9yTn8Yx7Qa' },
    errors: ['channelNotFound', 'adminNotFound'],
  }),
  operationRoute(revokeToken, {
    operationId: 'revokeToken',
    summary: 'Revoke an access token',
    description:
      'Servers reject it within two seconds. It stays in the list. Revoking it again changes nothing.',
    parameters: [
      { name: 'id', in: 'path', description: 'The id of the token, from the list.', example: '3' },
    ],
    response: tokenSchema,
    responseExample: { ...example, revoked_at: '2026-12-02T09:30:00.000Z' },
    errors: ['tokenNotFound'],
  }),
];
