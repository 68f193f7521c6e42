// A condition as it is stored: the search grammar of the contract (section C), filters over named fields in groups of
// AND and OR.

import type { Json } from '../model/model.ts';

export type Condition = Filter | Group;

export type Operator = '=' | '!=' | 'IN' | 'NIN' | '<' | '>' | '~' | '!~' | '^' | '$';

export const operators: readonly Operator[] = [
  '=',
  '!=',
  'IN',
  'NIN',
  '<',
  '>',
  '~',
  '!~',
  '^',
  '$',
];

export type Filter = {
  readonly field: string;
  readonly operator: Operator;
  readonly value: Json;
};

export type Group = { readonly operator: 'AND' | 'OR'; readonly value: readonly Condition[] };

/** Maximum depth of groups, and maximum number of items in one (contract C). */
export const GROUP_LEVELS_MAX = 2;
export const GROUP_ENTRIES_MAX = 15;

/** Maximum number of values in all filters of one search: each costs time in the database. */
export const SEARCH_VALUES_MAX = 1_000;
