// Builds the OpenAPI 3.1 document from the route table and the error catalogue. It is a pure function, and it uses the
// schemas that the server validates with, so nothing is described twice.

import type { Release } from '../../base/release.ts';
import { hasEventId, takesIdempotencyKey } from '../server/idempotency-key.ts';
import type { ApiRoute, OpenRoute, Route, RouteParameter, StreamRoute } from '../server/route.ts';
import { errorExamples, errorResponses } from './error-responses.ts';
import { PublishedSchemas } from './schemas.ts';
import {
  errorList,
  headers,
  parameters,
  responseHeaders,
  securitySchemes,
} from './shared-components.ts';
import type { OpenApiDocument, Operation, Parameter, Reference, ResponseObject } from './types.ts';
import { describeWebhooks, webhookParameters, webhookTag } from './webhooks.ts';

const tagDescriptions: Readonly<Record<string, string>> = {
  'Custom Channel Events': 'Your app tells Parley what its users do.',
  Conversations: 'Read conversations, reply, close, snooze, assign and tag them.',
  Contacts: 'The people who use your app.',
  Tags: 'Labels of contacts and conversations.',
  Admins: 'The teammates of the workspace and their teams.',
  Files: 'Attachments of messages: uploads, and links to files.',
  Events: 'Outbound events for your app, in order, by polling or stream.',
  [webhookTag]:
    'Events that Parley sends to the callback of a channel. An app without an address can use the stream instead.',
  Management: 'What the command line does, for programs: needs the scope `manage`.',
  Operations: 'For operators. No token needed.',
};

/** Builds the document. Paths are in the order of the routes. */
export function openApiDocument(routes: readonly Route[], release: Release): OpenApiDocument {
  const schemas = new PublishedSchemas();
  schemas.publish(errorList);
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const item = paths[path] ?? {};
    item[route.method.toLowerCase()] =
      route.access === 'token' ? apiOperation(route, schemas) : openOperation(route);
    paths[path] = item;
  }
  const webhooks = describeWebhooks(schemas);
  const tags = [...new Set([...routes.map(({ tag }) => tag), webhookTag])];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: release.version,
      summary: 'A self-hosted server of the Custom Channel Events API (Intercom REST API 2.14).',
      description:
        'Your app notifies Parley of what its users do. A 200 means that the event is stored; its `event_id` makes ' +
        'every request safe to repeat. Every response to a call with a token is JSON.',
      license: { name: release.license, identifier: release.license },
    },
    servers: [{ url: '/', description: 'The server that this document came from.' }],
    tags: tags.map((name) => ({ name, description: tagDescriptions[name] ?? name })),
    paths,
    webhooks,
    components: {
      schemas: schemas.components,
      headers,
      parameters: { ...parameters, ...webhookParameters },
      examples: errorExamples(routes.filter((route) => route.access === 'token')),
      securitySchemes,
    },
  };
}

function apiOperation(route: ApiRoute | StreamRoute, schemas: PublishedSchemas): Operation {
  const takesKey = takesIdempotencyKey(route);
  // A repeat gets the first response.
  const isIdempotent = takesKey || hasEventId(route);
  const success: ResponseObject = {
    description: successOf(route),
    headers: responseHeaders(200, isIdempotent),
    content: responseContent(route, schemas),
  };
  return {
    ...facts(route),
    security: [{ accessToken: [route.scope] }],
    parameters: [
      ...(route.parameters ?? []).map(describeParameter),
      ...(takesKey ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
      { $ref: '#/components/parameters/IntercomVersion' },
    ],
    ...describeBody(route, schemas),
    responses: { '200': success, ...errorResponses(route) },
  };
}

function successOf({ method }: Route): string {
  if (method === 'GET') return 'Found.';
  return method === 'DELETE' ? 'Removed.' : 'Stored.';
}

function responseContent(
  route: ApiRoute | StreamRoute,
  schemas: PublishedSchemas,
): ResponseObject['content'] {
  if ('open' in route) {
    const { contentType, example } = route.stream;
    return { [contentType]: { schema: { type: 'string' }, example } };
  }
  if (route.response === null) return {};
  const schema = schemas.publish(route.response);
  return { 'application/json': { schema, example: route.responseExample } };
}

function facts({ operationId, tag, summary, description }: Route) {
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
  };
}

function describeParameter(parameter: RouteParameter): Parameter | Reference {
  const { name, description, example, schema = { type: 'string' } } = parameter;
  return {
    name,
    in: parameter.in,
    required: parameter.in === 'path',
    description,
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

function describeBody(
  route: ApiRoute | StreamRoute,
  schemas: PublishedSchemas,
): Pick<Operation, 'requestBody'> | null {
  if ('isUpload' in route) return uploadBody;
  if (route.body === undefined) return null;
  const { body, bodyExample } = route;
  const example = bodyExample === undefined ? {} : { example: bodyExample };
  return {
    requestBody: {
      required: !('isBodyOptional' in route && route.isBodyOptional),
      content: { 'application/json': { schema: schemas.publish(body), ...example } },
    },
  };
}

const uploadBody: Pick<Operation, 'requestBody'> = {
  requestBody: {
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['file'],
          properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } },
        },
      },
    },
  },
};

function openOperation(route: OpenRoute): Operation {
  const responses = route.responses.map(
    ({ status, description, contentType, example }): [string, ResponseObject] => [
      String(status),
      {
        description,
        content: { [contentType]: example === undefined ? {} : { example } },
      },
    ],
  );
  const { parameters } = route;
  return {
    ...facts(route),
    security: [],
    ...(parameters && { parameters: parameters.map(describeParameter) }),
    responses: Object.fromEntries(responses),
  };
}
