// Every response that a test's client gets from a Parley is compared with what is published for its operation and
// status, and with Parley's own document. A fault fails the test file, also where a test expects an error.

import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { OpenApiDocument, Schema } from '../../src/http/openapi/types.ts';
import { deviations } from '../contract/published/deviations.ts';
import { afterAll } from './after-all.ts';
import { openDocumentedSchemas } from './documented-schemas.ts';
import { readPublishedDescription } from './published-description.ts';

export type ObservedResponse = {
  readonly method: string;
  /** With or without origin and query. */
  readonly target: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

type DescribedResponse = {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
};

type Operation = { readonly responses: Readonly<Record<string, DescribedResponse>> };

type Description = {
  readonly name: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly compile: (schema: Schema) => ValidateFunction;
  /** What an error has to fit whose status is not described. Without it, such a status is a fault. */
  readonly otherErrors?: Schema;
};

const ownFile = new URL('../../openapi.json', import.meta.url);
let opened: readonly Description[] | undefined;
const checks = new Map<Schema, ValidateFunction>();
const faults = new Set<string>();

async function reportFaults(): Promise<void> {
  const found = [...faults].join('\n');
  faults.clear();
  if (found !== '') throw new Error(`responses that do not fit their description:\n${found}`);
}

/** Compares a response with both descriptions. @returns what does not fit; the file fails at its end, too. */
export function checkResponse(response: ObservedResponse): readonly string[] {
  opened ??= openDescriptions();
  const found = opened.flatMap((description) => faultsIn(description, response));
  for (const fault of found) faults.add(fault);
  return found;
}

function openDescriptions(): readonly Description[] {
  const own = JSON.parse(readFileSync(ownFile, 'utf8')) as OpenApiDocument;
  const published = readPublishedDescription(deviations, { isComplete: true });
  return [
    {
      name: 'openapi.json',
      paths: ownPaths(own),
      compile: openDocumentedSchemas(own, { isStrict: false }),
    },
    {
      name: 'published',
      paths: published.paths,
      compile: openDocumentedSchemas(published, { isStrict: false }),
      otherErrors: { $ref: '#/components/schemas/error' },
    },
  ];
}

/**
 * The paths of the API. Pages and probes are left to their own tests, and so is the log of events, since tests write
 * made-up ones into it; test/e2e/documented-callbacks.pg.test.ts checks real ones.
 */
function ownPaths({ paths }: OpenApiDocument): OpenApiDocument['paths'] {
  const kept = Object.entries(paths).filter(
    ([path, methods]) =>
      path !== '/parley/v1/events' &&
      Object.values(methods).every(({ security }) => security.length > 0),
  );
  return Object.fromEntries(kept);
}

function faultsIn(description: Description, response: ObservedResponse): string[] {
  const { method, status, contentType, body } = response;
  const path = new URL(response.target, 'http://parley').pathname;
  const [template, operation] = findOperation(description, method, path) ?? [];
  if (operation === undefined) return [];
  const at = `${description.name}: ${method} ${template} ${status}`;
  const isError = status >= 400;
  const described = operation.responses[status];
  if (described === undefined && !(isError && description.otherErrors !== undefined)) {
    return [`${at} is not described`];
  }
  const type = contentType.split(';')[0]!;
  const content = described?.content?.[type];
  const schema = content?.schema ?? (isError ? description.otherErrors : undefined);
  if (body === '') return schema === undefined ? [] : [`${at} has no body`];
  if (schema === undefined) {
    const isDescribed = content !== undefined;
    return isDescribed ? [] : [`${at} has an undescribed body of type ${type}`];
  }
  const validate = checks.get(schema) ?? description.compile(schema);
  checks.set(schema, validate);
  if (!isJson(body)) return [`${at} is no JSON: ${body.slice(0, 200)}`];
  if (validate(JSON.parse(body))) return [];
  return validate.errors!.map((error) => {
    const extra = JSON.stringify(error.params);
    return `${at}${error.instancePath} ${error.message} ${extra} (${error.schemaPath})`;
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function findOperation(
  { paths }: Description,
  method: string,
  path: string,
): readonly [string, Operation] | undefined {
  const segments = path.split('/').slice(1);
  const fitting = Object.keys(paths).filter((template) => {
    const expected = template.split('/').slice(1);
    return (
      expected.length === segments.length &&
      expected.every((segment, index) =>
        segment.startsWith('{') ? segments[index] !== '' : segment === segments[index],
      )
    );
  });
  // A name goes before a parameter: /contacts/search is no contact.
  fitting.sort((a, b) => a.split('{').length - b.split('{').length);
  for (const template of fitting) {
    const operation = paths[template]![method.toLowerCase()];
    if (operation !== undefined) return [template, operation];
  }
  return undefined;
}

const origins = new Set<string>();
let isWatching = false;

/** From now on, whatever is fetched from this address is checked: by the SDK as it is, and by `fetch`. */
export function checkResponsesOf(url: string): void {
  afterAll(reportFaults);
  origins.add(new URL(url).origin);
  if (isWatching) return;
  isWatching = true;
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init);
    const request = input instanceof Request ? input : undefined;
    const target = request?.url ?? String(input);
    const contentType = response.headers.get('content-type') ?? '';
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
    if (origins.has(new URL(target).origin) && method !== 'HEAD' && !isEndless(contentType)) {
      const body = await response.clone().text();
      const found = checkResponse({ method, target, status: response.status, contentType, body });
      if (found.length > 0) throw new Error(found.join('\n'));
    }
    return response;
  };
}

const isEndless = (contentType: string): boolean => contentType.startsWith('text/event-stream');
