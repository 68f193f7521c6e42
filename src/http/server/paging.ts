// Paging of lists and searches (contract C): reads `per_page`, `starting_after` and `page` from the query or from the
// body of a search, and presents `pages`.

import { limits } from '../../base/limits.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { StoredTable } from '../../core/search/fields.ts';
import { type PageCursor, readCursor, writeCursor } from '../../store/search/cursor.ts';
import { fitsSort, nameOfSort, type Page, type Sort } from '../../store/search/page.ts';
import type { RouteParameter } from './route.ts';

type PageNumber = {
  /** The number of the page, from 1. */
  readonly page: number;
  readonly perPage: number;
};

export type Paging = PageNumber & {
  readonly sort: Sort;
  readonly after: PageCursor | null;
};

/** The paging options of a list. */
export type PagingRules = {
  readonly table: Pick<StoredTable<never>, 'fields'>;
  readonly idType: 'bigint' | 'text';
  readonly perPageDefault: number;
  readonly sort: Sort;
  /** Whether a page may be requested by its number. */
  readonly hasPageNumbers: boolean;
  /** The prefix of the names of faulty parameters. */
  readonly prefix: string;
};

type Given = {
  readonly per_page?: unknown;
  readonly starting_after?: unknown;
  readonly page?: unknown;
};

/** Maximum page number: beyond it the query would take longer than any client waits. */
const PAGE_MAX = 1_000_000;

/** The parameters of a list that is paged by number. */
export const pageNumberParameters = (perPageDefault: number): readonly RouteParameter[] => [
  {
    name: 'page',
    in: 'query',
    description: 'The number of the page, from 1. A page beyond the end is empty.',
    example: '1',
    schema: { type: 'integer', minimum: 1, maximum: PAGE_MAX },
  },
  {
    name: 'per_page',
    in: 'query',
    description: `How many on one page: ${perPageDefault} unless given.`,
    example: '20',
    schema: { type: 'integer', minimum: 1, maximum: limits.perPageMax },
  },
];

/** Reads which page is requested by its number. */
export function readPageNumber(
  given: Pick<Given, 'page' | 'per_page'>,
  perPageDefault: number,
  prefix = '',
): Result<PageNumber, ContractError> {
  const perPage = readCount(given.per_page, perPageDefault, limits.perPageMax);
  if (perPage === null) {
    const message = `per_page must be an integer from 1 to ${limits.perPageMax}`;
    return fail(apiError('parameterInvalid', `${prefix}per_page`, message));
  }
  const page = readCount(given.page, 1, PAGE_MAX);
  if (page === null) {
    const message = `page must be an integer from 1 to ${PAGE_MAX}`;
    return fail(apiError('parameterInvalid', `${prefix}page`, message));
  }
  return ok({ page, perPage });
}

/** Presents the position of a page that was requested by its number. @param next the path of the next page. */
export const presentPageNumber = (
  { page, perPage }: PageNumber,
  totalCount: number,
  next: string | null = null,
): object => ({
  type: 'pages',
  next,
  page,
  per_page: perPage,
  total_pages: Math.ceil(totalCount / perPage),
});

/** Reads which page is requested. */
export function readPaging(given: Given, rules: PagingRules): Result<Paging, ContractError> {
  const { prefix, sort } = rules;
  const asked = rules.hasPageNumbers ? given : { per_page: given.per_page };
  const number = readPageNumber(asked, rules.perPageDefault, prefix);
  if (!number.ok) return number;
  const { page, perPage } = number.value;
  const text = given.starting_after ?? '';
  if (text === '') return ok({ sort, after: null, perPage, page });
  const cursor = typeof text === 'string' ? readCursor(text) : fail('malformed');
  if (!cursor.ok || !fitsSort(rules.table, rules, sort, cursor.value)) {
    return fail(apiError('pageCursorInvalid', `${prefix}starting_after`));
  }
  return ok({ sort, after: cursor.value, perPage, page: cursor.value.page });
}

/** Reads a number or numeric text; returns the fallback when it is absent, null when it is out of bounds. */
function readCount(given: unknown, fallback: number, max: number): number | null {
  if (given === undefined || given === null || given === '') return fallback;
  const isNumeric = typeof given === 'number' || /^\d{1,10}$/.test(String(given));
  const count = isNumeric && !Array.isArray(given) ? Number(given) : Number.NaN;
  return Number.isInteger(count) && count >= 1 && count <= max ? count : null;
}

/** Counts the rows before a page that is requested by its number. */
export const offsetOf = ({ after, page, perPage }: Paging): number =>
  after === null ? (page - 1) * perPage : 0;

/** Returns the place of a page's rows among all. */
export const rowsOf = ({ page, perPage }: PageNumber) => ({
  offset: (page - 1) * perPage,
  count: perPage,
});

/** Presents the position of a page, and the cursor of the next one. */
export function presentPages(
  { page, perPage, sort }: Paging,
  { end }: Page<unknown>,
  totalCount: number,
): object {
  const next =
    end === null
      ? null
      : {
          page: page + 1,
          per_page: perPage,
          starting_after: writeCursor({ sort: nameOfSort(sort), ...end, page: page + 1 }),
        };
  return {
    type: 'pages',
    page,
    per_page: perPage,
    total_pages: Math.ceil(totalCount / perPage),
    next,
  };
}
