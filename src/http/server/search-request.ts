// Reads the body of a search (contract C): its query, checked against the fields of the target, its order and its page.

import { fail, ok, type Result } from '../../base/result.ts';
import {
  apiError,
  type ContractError,
  type ErrorItem,
  errorCatalogue,
  errorItem,
} from '../../contract/errors.ts';
import type { Condition } from '../../core/search/condition.ts';
import type { StoredTable } from '../../core/search/fields.ts';
import { readQuery } from '../../core/search/query.ts';
import { isSortable, type Sort } from '../../store/search/page.ts';
import { type Paging, type PagingRules, readPaging } from './paging.ts';
import type { SearchBody } from './search-schema.ts';

export type Search = { readonly condition: Condition; readonly paging: Paging };

/** Reads a search. Lists every fault of the query. */
export function readSearch<Source>(
  body: SearchBody,
  table: StoredTable<Source>,
  rules: Omit<PagingRules, 'table' | 'prefix' | 'hasPageNumbers'>,
): Result<Search, ContractError> {
  const { condition, faults } = readQuery(body.query, table);
  if (condition === null) return fail(errorOf(faults.map(faultItem)));
  const sort = readSort(body.sort ?? {}, table, rules.sort);
  if (!sort.ok) return sort;
  const paging = readPaging(body.pagination ?? {}, {
    ...rules,
    table,
    sort: sort.value,
    hasPageNumbers: false,
    prefix: 'pagination.',
  });
  return paging.ok ? ok({ condition, paging: paging.value }) : paging;
}

const faultItem = ({ path, message }: { path: string; message: string }): ErrorItem =>
  errorItem('parameterInvalid', path, message);

const errorOf = (errors: readonly ErrorItem[]): ContractError => ({
  status: errorCatalogue.parameterInvalid.status,
  errors,
});

const directions: ReadonlyMap<string, boolean> = new Map([
  ['ascending', false],
  ['asc', false],
  ['descending', true],
  ['desc', true],
]);

/** Reads the order; the Ruby client sends one. */
function readSort<Source>(
  given: NonNullable<SearchBody['sort']>,
  table: StoredTable<Source>,
  fallback: Sort,
): Result<Sort, ContractError> {
  const field = given.field ?? fallback.field;
  if (!isSortable(table, field)) {
    const message = 'sort.field is not a field that results can be sorted by';
    return fail(apiError('parameterInvalid', 'sort.field', message));
  }
  const isDescending = directions.get(given.order ?? 'descending');
  if (isDescending === undefined) {
    const message = 'sort.order must be ascending or descending';
    return fail(apiError('parameterInvalid', 'sort.order', message));
  }
  return ok({ field, isDescending });
}
