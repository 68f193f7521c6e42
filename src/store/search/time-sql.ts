// Filters of times as SQL: they compare with moments, so that an index on the column can be used. A value means its
// second, or its day.

import type { Filter } from '../../core/search/condition.ts';
import type { Coarse, Semantics } from '../../core/search/fields.ts';
import { coarseOf } from './candidate-sql.ts';
import { allOf, anyOf, code, isOneOf, type Sql, sql } from './sql.ts';
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
  const values = valuesOf(filter) as readonly (number | null)[];
  const present = values.filter((value) => value !== null);
  const units = present.map((value) => Math.floor(value / unit));
  // An index finds the whole span; each row in it costs one look into a hash table.
  const span = sql`${column} >= ${begin(Math.min(...present))} and ${column} < ${end(Math.max(...present))}`;
  const unitOf = sql`floor(extract(epoch from ${column}) / ${unit}::integer)::bigint`;
  return anyOf([
    ...(present.length === 1 ? [sql`(${span})`] : []),
    ...(present.length > 1 ? [allOf([span, isOneOf(unitOf, units, 'bigint')])] : []),
    ...(values.includes(null) ? [sql`${column} is null`] : []),
  ]);
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
  const unitWith = (value: number) => coarseOf(coarse, Math.floor(value / unit) * unit);
  const begin = (value: number) => sql`${unitWith(value)}::integer`;
  const end = (value: number) =>
    sql`${coarseOf(coarse, (Math.floor(value / unit) + 1) * unit)}::integer`;
  const given = filter.value as number;
  if (filter.operator === '>') return sql`${column} >= ${begin(given)}`;
  if (filter.operator === '<') return sql`${column} <= ${end(given)}`;
  const values = valuesOf(filter) as readonly (number | null)[];
  if (values.includes(null)) return null;
  // What is compared, a second or a day, lies within one coarse unit.
  return isOneOf(column, [...new Set(values.map((value) => unitWith(value!)))], 'integer');
}
