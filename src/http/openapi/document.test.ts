import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openApiText, routesPage } from '../../../scripts/generate-openapi.ts';
import { openDocumentedSchemas } from '../../../test/support/documented-schemas.ts';
import { readPublishedDescription } from '../../../test/support/published-description.ts';
import { readRelease } from '../../base/release.ts';
import { appErrors } from '../../contract/app-errors.ts';
import { bodyCheck } from '../../contract/check-body.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import { ephemeralEvents, loggedEvents } from '../../contract/outbound-events.ts';
import { routes } from '../routes.ts';
import { openApiDocument } from './document.ts';
import type { MediaType, Operation, ResponseObject } from './types.ts';

const document = openApiDocument(routes, readRelease());
const apiRoutes = routes.filter((route) => route.access === 'token');
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Requests that Parley sends are described like those that it receives. */
const webhooks = Object.entries(document.webhooks).map(([name, { post }]) => ({
  path: `webhook ${name}`,
  operation: post,
}));

/** Lists every object inside a value, with its path. */
function* objectsIn(value: unknown, at = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  yield [at, value as Record<string, unknown>];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${at}/${key}`);
}

function find(pointer: string): unknown {
  let found: unknown = document;
  for (const key of pointer.slice(2).split('/')) found = (found as Record<string, unknown>)?.[key];
  return found;
}

test('docs/routes.md: is up to date with the route table', () => {
  const committed = readFileSync(new URL('../../../docs/routes.md', import.meta.url), 'utf8');
  assert.ok(committed === routesPage(), 'docs/routes.md is out of date: run npm run openapi');
});

test('openapi.json: is up to date with the route table and the error catalogue', () => {
  const committed = readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8');
  assert.ok(committed === openApiText(), 'openapi.json is out of date: run npm run openapi');
});

test('OpenAPI document: describes every route once, under its own path', () => {
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  const expected = routes.map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  assert.deepEqual(described.toSorted(), expected.toSorted());
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length, 'an operationId is used twice');
});

test('OpenAPI document: describes every event as a webhook with an example', () => {
  const events = { ...loggedEvents, ...ephemeralEvents };
  assert.deepEqual(Object.keys(document.webhooks), [...Object.keys(events), 'notification_event']);
  for (const { path, operation } of webhooks) {
    const { schema, example } = operation.requestBody!.content['application/json']!;
    assert.match(String(schema!.$ref), /schemas\/(Event\w+|NotificationEvent)$/, path);
    assert.ok(example !== undefined);
    assert.ok('2XX' in operation.responses && 'default' in operation.responses);
  }
  const ids = [...operations, ...webhooks].map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length, 'an operationId is used twice');
});

test('OpenAPI document: every reference has a target', () => {
  let count = 0;
  for (const [at, { $ref }] of objectsIn(document)) {
    if (typeof $ref !== 'string') continue;
    count += 1;
    assert.ok(find($ref) !== undefined, `${at} refers to ${$ref}, which is not there`);
  }
  assert.ok(count > 50);
});

test('OpenAPI document: declares and requires exactly the path parameters', () => {
  for (const { path, operation } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).flatMap((parameter) =>
      'in' in parameter && parameter.in === 'path' ? [parameter] : [],
    );
    assert.deepEqual(declared.map(({ name }) => name).toSorted(), inPath.toSorted(), path);
    assert.ok(declared.every(({ required }) => required === true));
  }
});

/** Fields that OpenAPI 3.1 allows in each object: required names first. */
const grammar = {
  document: [
    ['openapi', 'info', 'paths'],
    ['servers', 'tags', 'webhooks', 'components'],
  ],
  info: [
    ['title', 'version'],
    ['summary', 'description', 'license'],
  ],
  license: [['name'], ['identifier']],
  operation: [
    ['responses'],
    ['operationId', 'tags', 'summary', 'description', 'security', 'parameters', 'requestBody'],
  ],
  parameter: [
    ['name', 'in'],
    ['required', 'description', 'schema', 'example'],
  ],
  requestBody: [['content'], ['required']],
  response: [['description'], ['headers', 'content']],
  mediaType: [[], ['schema', 'example', 'examples']],
  header: [['schema'], ['description']],
  example: [['value'], ['summary', 'description']],
} as const;

function checkShape(kind: keyof typeof grammar, value: object, at: string) {
  const [required, optional] = grammar[kind];
  const names = Object.keys(value);
  const allowed: readonly string[] = [...required, ...optional];
  assert.deepEqual(
    names.filter((name) => !allowed.includes(name)),
    [],
    `${at}: not in a ${kind}`,
  );
  assert.deepEqual(
    required.filter((name) => !names.includes(name)),
    [],
    `${at}: missing`,
  );
}

test('OpenAPI document: has only fields that OpenAPI 3.1 allows, and all required', () => {
  checkShape('document', document, '#');
  checkShape('info', document.info, '#/info');
  checkShape('license', document.info.license, '#/info/license');
  const { components } = document;
  for (const [name, header] of Object.entries(components.headers))
    checkShape('header', header, name);
  for (const [name, one] of Object.entries(components.parameters))
    checkShape('parameter', one, name);
  for (const [name, one] of Object.entries(components.examples)) checkShape('example', one, name);
  const tags = document.tags.map(({ name }) => name);
  for (const { path, operation } of [...operations, ...webhooks]) {
    checkShape('operation', operation, path);
    assert.ok(
      operation.tags.every((tag) => tags.includes(tag)),
      `${path}: unknown tag`,
    );
    for (const requirement of operation.security) {
      assert.ok(Object.keys(requirement).every((name) => name in components.securitySchemes));
    }
    for (const parameter of operation.parameters ?? []) {
      if (!('$ref' in parameter)) checkShape('parameter', parameter, path);
    }
    if (operation.requestBody) checkShape('requestBody', operation.requestBody, path);
    checkResponses(path, operation);
  }
});

function checkResponses(path: string, operation: Operation) {
  const responses: [string, ResponseObject][] = Object.entries(operation.responses);
  assert.ok(
    responses.some(([status]) => status.startsWith('2')),
    `${path}: no success`,
  );
  for (const [status, response] of responses) {
    assert.match(status, /^([1-5](\d\d|XX)|default)$/);
    checkShape('response', response, `${path} ${status}`);
    for (const media of Object.values(response.content)) {
      checkShape('mediaType', media, `${path} ${status}`);
      assert.ok(
        !('example' in media && 'examples' in media),
        'example and examples exclude each other',
      );
    }
  }
}

test('OpenAPI document: schemas compile in strict mode and fit their examples', () => {
  const compile = openDocumentedSchemas(document);
  const compilePartial = openDocumentedSchemas(document, { isPartial: true });
  const media: [string, MediaType][] = [...operations, ...webhooks].flatMap(
    ({ path, operation }) => [
      ...Object.values(operation.requestBody?.content ?? {}).map((one): [string, MediaType] => [
        path,
        one,
      ]),
      ...Object.entries(operation.responses).flatMap(([status, { content }]) =>
        Object.values(content).map((one): [string, MediaType] => [`${path} ${status}`, one]),
      ),
    ],
  );
  let examples = 0;
  for (const [at, { schema, example, examples: named = {} }] of media) {
    if (schema === undefined) continue;
    // Examples of responses are shortened: only the fields that they show are checked.
    const isShortened =
      (at.endsWith('200') && !at.includes('notify')) || at === 'webhook notification_event';
    const validate = (isShortened ? compilePartial : compile)(schema);
    const values = Object.values(named).map(({ $ref }) => (find($ref) as { value: unknown }).value);
    for (const value of example === undefined ? values : [example, ...values]) {
      examples += 1;
      assert.ok(validate(value), `${at}: ${JSON.stringify(validate.errors)}`);
    }
  }
  assert.ok(examples > 100);
});

test("OpenAPI document: schemas contain no patterns or formats of Parley's own", () => {
  const text = JSON.stringify(document.components.schemas);
  assert.doesNotMatch(text, /parley-|\(\?[=!<]|~kind/);
  assert.match(text, /"format":"email"/);
});

test('OpenAPI document: has an example of every error of the catalogue', () => {
  const { examples } = document.components;
  for (const [name, { value }] of Object.entries(examples)) {
    const entry = errorCatalogue[name as keyof typeof errorCatalogue];
    assert.equal((value as { errors: { code: string }[] }).errors[0]!.code, entry.code);
  }
  // A path that does not exist has no operation.
  const missing = Object.keys(errorCatalogue).filter(
    (name) => !(name in examples) && !(name in appErrors),
  );
  const elsewhere = ['endpointNotServed', 'fileLinkInvalid'];
  assert.deepEqual(missing.toSorted(), [...elsewhere, 'routeNotFound', 'runNotMovable']);
});

test('body examples: pass the check of their own route', () => {
  for (const { body, bodyExample, operationId } of apiRoutes) {
    if (body === undefined) continue;
    assert.ok(bodyCheck(body)(bodyExample).ok, operationId);
  }
});

const published = readPublishedDescription([], { isComplete: false });
const withoutNames = (path: string) => path.replaceAll(/:\w+|\{\w+\}/g, '{}');

test('published bodies: pass the server’s checks and the documented schemas', () => {
  const compile = openDocumentedSchemas(document);
  let count = 0;
  for (const [path, methods] of Object.entries(published.paths)) {
    for (const [method, { requestBody, responses }] of Object.entries(methods)) {
      const route = apiRoutes.find(
        (one) =>
          one.method === method.toUpperCase() && withoutNames(one.path) === withoutNames(path),
      );
      if (route?.body === undefined) continue;
      const { examples = {} } = requestBody?.content['application/json'] ?? {};
      const { operation } = operations.find(
        (one) => one.operation.operationId === route.operationId,
      )!;
      const validate = compile(operation.requestBody!.content['application/json']!.schema!);
      const rejected = Object.keys(responses['400']?.content?.['application/json']?.examples ?? {});
      for (const [name, { value }] of Object.entries(examples)) {
        if (rejected.some((one) => one.toLowerCase() === name.replaceAll('_', ' '))) continue;
        count += 1;
        const at = `${method} ${path}: ${name}`;
        assert.ok(bodyCheck(route.body)(value).ok, at);
        assert.ok(validate(value), `${at}: ${JSON.stringify(validate.errors)}`);
      }
    }
  }
  assert.ok(count > 4);
});
