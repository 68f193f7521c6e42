// Schemas that lists and searches share (contract C): the body of a search, and `pages`.

import { type Static, Type } from 'typebox';
import { limits } from '../../base/limits.ts';
import { nullable } from '../../contract/schema-pieces.ts';
import type { RouteParameter } from './route.ts';

const count = (description: string) =>
  Type.Optional(
    Type.Unsafe<number | string | null>({ type: ['integer', 'string', 'null'], description }),
  );

const optionalString = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], description }));

const optionalObject = <Shape>(properties: Readonly<Record<string, object>>, description: string) =>
  Type.Optional(Type.Unsafe<Shape | null>({ type: ['object', 'null'], properties, description }));

type Pagination = {
  readonly per_page?: number | string | null;
  readonly starting_after?: string | null;
};
type SortOrder = { readonly field?: string | null; readonly order?: string | null };

/** The body of a search. Its query is checked against the fields of the target later. */
export const searchBody = Type.Object(
  {
    query: Type.Unsafe<object>({
      type: 'object',
      description:
        'A filter `{field, operator, value}`, or a group `{operator: "AND" or "OR", value: […]}` of at most 15 ' +
        'filters or groups, in two levels. Operators: `= != IN NIN < > ~ !~ ^ $`.',
      examples: [{ field: 'created_at', operator: '>', value: 1795000000 }],
    }),
    pagination: optionalObject<Pagination>(
      {
        per_page: count(`How many on one page, ${limits.perPageMax} at most.`),
        starting_after: optionalString('The cursor of the page, from `pages.next`.'),
      },
      'Which page.',
    ),
    sort: optionalObject<SortOrder>(
      {
        field: optionalString('The field to sort by; left out: `created_at`.'),
        order: optionalString('`ascending` or `descending`; left out: `descending`.'),
      },
      'In which order.',
    ),
  },
  { title: 'Search' },
);
export type SearchBody = Static<typeof searchBody>;

export const pagesSchema = Type.Object(
  {
    type: Type.Literal('pages'),
    page: Type.Integer({ description: 'The number of this page.' }),
    per_page: Type.Integer(),
    total_pages: Type.Integer(),
    next: nullable('object', {
      description:
        '`{page, per_page, starting_after}`: the cursor of the next page; null on the last one.',
    }),
  },
  { title: 'Pages' },
);

/** The last page, and the only one. */
export const examplePages = { type: 'pages', page: 1, per_page: 20, total_pages: 1, next: null };

export const exampleSearch = {
  query: {
    operator: 'AND',
    value: [
      { field: 'created_at', operator: '>', value: 1795000000 },
      { field: 'custom_attributes.plan', operator: '=', value: 'gold' },
    ],
  },
  pagination: { per_page: 20 },
};

/** The parameters of a list that is paged by cursors. */
export const pagingParameters = (perPageDefault: number): readonly RouteParameter[] => [
  {
    name: 'per_page',
    in: 'query',
    description: `How many on one page: ${perPageDefault} unless given, ${limits.perPageMax} at most.`,
    example: '20',
  },
  {
    name: 'starting_after',
    in: 'query',
    description: 'The cursor of the page: `pages.next.starting_after` of the page before it.',
  },
];
