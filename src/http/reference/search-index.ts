// The search index of the documentation: calls, events, errors, and the chapters of the guides, each with its link.

import { errorCatalogue } from '../../contract/errors.ts';
import { errorGuide } from '../openapi/error-guide.ts';
import type { OpenApiDocument } from '../openapi/types.ts';
import { eventsOf } from './event-section.ts';
import type { Call } from './examples.ts';
import { fieldsOf } from './fields.ts';
import { type Guide, guideUrl } from './guides.ts';

export type SearchEntry = {
  readonly kind: 'Call' | 'Event' | 'Error' | 'Guide';
  readonly title: string;
  readonly url: string;
  readonly detail: string;
  /** Searched; only the part around a match is shown. */
  readonly text: string;
};

export const searchIndex = (
  document: OpenApiDocument,
  calls: readonly Call[],
  guides: readonly Guide[],
): readonly SearchEntry[] => [
  ...calls.map((call) => callEntry(call, document)),
  ...eventsOf(document).map(({ name, operation }): SearchEntry => {
    const schema = operation.requestBody?.content['application/json']?.schema ?? {};
    return {
      kind: 'Event',
      title: name,
      url: `/docs#${operation.operationId}`,
      detail: plain(operation.summary),
      text: fieldWords(schema, document),
    };
  }),
  ...errorEntries(),
  ...guides.flatMap(guideEntries),
];

function callEntry({ method, path, operation }: Call, document: OpenApiDocument): SearchEntry {
  const schema = operation.requestBody?.content['application/json']?.schema ?? {};
  return {
    kind: 'Call',
    title: plain(operation.summary),
    url: `/docs#${operation.operationId}`,
    detail: `${method} ${path}`,
    text: plain(`${operation.description ?? ''} ${fieldWords(schema, document)}`.trim()),
  };
}

/** Removes the backticks of code. */
const plain = (text: string): string => text.replaceAll('`', '');

const fieldWords = (schema: Readonly<Record<string, unknown>>, document: OpenApiDocument): string =>
  fieldsOf(schema, document.components.schemas)
    .map(({ name }) => name)
    .join(', ');

const errorEntries = (): readonly SearchEntry[] =>
  Object.entries(errorCatalogue).map(([name, { status, code }]) => {
    const { when, remedy } = errorGuide[name as keyof typeof errorGuide];
    return {
      kind: 'Error',
      title: `${status} ${code}`,
      url: errorUrl(name),
      detail: plain(when),
      text: plain(`${name} ${remedy}`),
    };
  });

/** Builds the link to an error's row in the guide. */
export const errorUrl = (name: string): string => `${guideUrl('errors')}#${name}`;

const guideEntries = ({ name, title, headings }: Guide): readonly SearchEntry[] =>
  headings.map(({ id, title: chapter, level, text }) => ({
    kind: 'Guide',
    title: chapter,
    url: level === 1 ? guideUrl(name) : `${guideUrl(name)}#${id}`,
    detail: level === 1 ? text.slice(0, 90) : title,
    text,
  }));
