// Filters of times as SQL: they compare with moments, so that an index on the column can be used. A value means its
// second, or its day.

import type { Filter } from '../../core/search/condition.ts';
import type { Coarse, Semantics } from '../../core/search/fields.ts';
import { coarseOf } from './candidate-sql.ts';
import { anyOf, code, type Sql, sql } from './sql.ts';
import { valuesOf } from './text-sql.ts';

const SECONDS_OF_DAY = 86_400;
/** Bounds of times that timestamptz can hold, far beyond those of any row. */
const SECONDS_MIN = -200_000_000_000;
const SECONDS_MAX = 9_000_000_000_000;

/** Builds the filter of a time. */
export function timeFilter(
  filter: Filter,
  column: Sql,
  { isInclusive, comparesDays }: Semantics,
): Sql {
  const unit = comparesDays ? SECONDS_OF_DAY : 1;
  const begin = (value: number) => moment(Math.floor(value / unit) * unit);
  const end = (value: number) => moment((Math.floor(value / unit) + 1) * unit);
  const given = filter.value as number;
  if (filter.operator === '>') {
    return sql`${column} >= ${isInclusive ? begin(given) : end(given)}`;
  }
  if (filter.operator === '<') {
    return sql`${column} < ${isInclusive ? end(given) : begin(given)}`;
  }
  return anyOf(
    (valuesOf(filter) as readonly (number | null)[]).map((value) =>
      value === null
        ? sql`${column} is null`
        : sql`(${column} >= ${begin(value)} and ${column} < ${end(value)})`,
    ),
  );
}

const moment = (seconds: number): Sql =>
  sql`to_timestamp(${Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, seconds))}::float8)`;

/** SQL of the rows whose coarse time may match a filter. A missing time has none. */
export function coarseFilter(
  filter: Filter,
  coarse: Coarse,
  { comparesDays }: Semantics,
): Sql | null {
  const unit = comparesDays ? SECONDS_OF_DAY : 1;
  const column = code(coarse.sql);
  const begin = (value: number) =>
    sql`${coarseOf(coarse, Math.floor(value / unit) * unit)}::integer`;
  const end = (value: number) =>
    sql`${coarseOf(coarse, (Math.floor(value / unit) + 1) * unit)}::integer`;
  const given = filter.value as number;
  if (filter.operator === '>') return sql`${column} >= ${begin(given)}`;
  if (filter.operator === '<') return sql`${column} <= ${end(given)}`;
  const values = valuesOf(filter) as readonly (number | null)[];
  if (values.includes(null)) return null;
  return anyOf(
    values.map((value) => sql`(${column} >= ${begin(value!)} and ${column} <= ${end(value!)})`),
  );
}
