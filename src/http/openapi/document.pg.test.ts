// Real responses of a running server against the documented schemas: each status must be described for its operation,
// and each body must match.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDocumentedSchemas } from '../../../test/support/documented-schemas.ts';
import {
  type ApiResponse,
  eventBody,
  person,
  startTestParley,
  type TestParley,
} from '../../../test/support/server.ts';
import type { OpenApiDocument } from './types.ts';

const parley: TestParley = await startTestParley();
const document = (await parley.call('GET', '/openapi.json')).body as OpenApiDocument;

const compile = openDocumentedSchemas(document);

/** Checks a response against the document. @returns the named examples of its status. */
function checkDocumented(method: string, path: string, response: ApiResponse): readonly string[] {
  const operation = document.paths[path]?.[method.toLowerCase()];
  assert.ok(operation, `${method} ${path} is not described`);
  const described = operation.responses[String(response.status)];
  assert.ok(described, `${path}: status ${response.status} is not described`);
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = described.content[type];
  assert.ok(media, `${path} ${response.status}: content type ${type} is not described`);
  if (media.schema !== undefined) {
    const validate = compile(media.schema);
    assert.ok(validate(response.body), `${path}: ${JSON.stringify(validate.errors)}`);
  }
  for (const name of Object.keys(described.headers ?? {})) {
    const isAlways = name === 'X-Request-Id';
    if (isAlways) assert.ok(response.headers.has(name), `${path}: header ${name} is missing`);
  }
  return Object.keys(media.examples ?? {});
}

const notifyPath = (kind: string) => `/custom_channel_events/notify_${kind}`;

async function notify(
  kind: Parameters<TestParley['notify']>[0],
  fields: object,
): Promise<ApiResponse> {
  const response = await parley.notify(kind, { ...fields });
  checkDocumented('POST', notifyPath(kind), response);
  return response;
}

test('documented responses: a success of every operation fits its schema', async () => {
  const contact = person('documented');
  const made = await notify('new_conversation', { external_conversation_id: 'doc', contact });
  assert.equal(made.status, 200);
  await notify('new_message', { external_conversation_id: 'doc', contact });
  const attribute = { id: 'shoe_size', value: '42' };
  await notify('attribute_collected', { external_conversation_id: 'doc', contact, attribute });
  const [conversation] = await parley.database.sql<{ id: number; workspace_id: number }>(
    'select id, workspace_id from conversations',
  );
  await parley.database.sql(
    `insert into quick_reply_options (workspace_id, conversation_id, option_id, text) values ($1, $2, 'yes', 'Yes')`,
    [conversation!.workspace_id, conversation!.id],
  );
  const clicked = await notify('quick_reply_selected', {
    external_conversation_id: 'doc',
    contact,
    quick_reply_option_id: 'yes',
  });
  assert.equal(clicked.status, 200);

  const { conversation_id: conversationId, contact_id: contactId } = made.body;
  const reads: [string, string][] = [
    ['/conversations/{id}', `/conversations/${conversationId}`],
    ['/contacts/{id}', `/contacts/${contactId}`],
    ['/me', '/me'],
    ['/healthz', '/healthz'],
    ['/readyz', '/readyz'],
    ['/metrics', '/metrics'],
    ['/openapi.json', '/openapi.json'],
    ['/', '/'],
    ['/docs', '/docs'],
    ['/docs/{name}', '/docs/api'],
  ];
  for (const [path, url] of reads) {
    const response = await parley.call('GET', url);
    assert.equal(response.status, 200, url);
    checkDocumented('GET', path, response);
  }
});

test('documented responses: a repeated event carries the documented header', async () => {
  const body = eventBody('new_conversation');
  const path = notifyPath('new_conversation');
  await parley.call('POST', path, body);
  const again = await parley.call('POST', path, body);
  checkDocumented('POST', path, again);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  assert.ok(document.paths[path]!.post!.responses['200']!.headers!['Idempotent-Replayed']);
});

type ApiErrorCase = {
  readonly name: string;
  readonly kind?: Parameters<TestParley['notify']>[0];
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
};

const errors: readonly ApiErrorCase[] = [
  { name: 'accessTokenInvalid', headers: { authorization: 'Bearer nobody' } },
  { name: 'versionUnknown', headers: { 'intercom-version': '9.9' } },
  { name: 'acceptExcludesJson', headers: { accept: 'text/html' } },
  { name: 'contentTypeNotJson', headers: { 'content-type': 'text/plain' } },
  { name: 'bodyTooLarge', body: { body: 'x'.repeat(1_100_000) } },
  { name: 'jsonInvalid', body: '{"event_id":' },
  { name: 'parameterRequired', body: { contact: { type: 'user' } } },
  { name: 'parameterInvalid', body: { contact: { type: 'USER', external_id: 'x' } } },
  { name: 'typeMismatch', body: { contact: [] } },
  { name: 'contactNotCreatable', body: { contact: { type: 'user', external_id: 'x', name: 'X' } } },
  { name: 'conversationNotMapped', kind: 'new_message', body: {} },
  { name: 'contactNotFound', path: '/contacts/{id}' },
  { name: 'resourceNotFound', path: '/conversations/{id}' },
];

test('documented errors: code, message and field match the example', async (t) => {
  for (const { name, kind = 'new_conversation', path, body = {}, headers } of errors) {
    await t.test(`${name}: matches its documentation`, async () => {
      const isRead = path !== undefined;
      const documentedPath = path ?? notifyPath(kind);
      const response = isRead
        ? await parley.call('GET', path.replace('{id}', '999'), undefined, headers)
        : await parley.call(
            'POST',
            documentedPath,
            typeof body === 'string' ? body : eventBody(kind, body as Record<string, unknown>),
            headers,
          );
      const examples = checkDocumented(isRead ? 'GET' : 'POST', documentedPath, response);
      assert.ok(examples.includes(name), `${name} is not among ${examples}`);
      const documented = document.components.examples[name]!.value as ApiResponse['body'];
      const found = response.body.errors.map((error: object) => JSON.stringify(error));
      assert.ok(
        found.includes(JSON.stringify(documented.errors[0])),
        `got ${found}, documented ${JSON.stringify(documented.errors[0])}`,
      );
    });
  }
});

test('documented errors: match the example, also if they need a state', async () => {
  const contact = person('stateful');
  const conversation = { external_conversation_id: 'stateful' };
  const first = await notify('new_conversation', { ...conversation, contact, event_id: 'once' });
  assert.equal(first.status, 200);
  const provoked: [string, ApiResponse][] = [
    ['eventReused', await notify('new_conversation', { event_id: 'once' })],
    [
      'conversationOfAnotherContact',
      await notify('new_message', { ...conversation, contact: person('other') }),
    ],
    ['optionNeverOffered', await notify('quick_reply_selected', { ...conversation, contact })],
  ];
  for (const [name, response] of provoked) {
    const documented = document.components.examples[name]!.value as ApiResponse['body'];
    assert.deepEqual(response.body.errors, documented.errors);
  }
});
