// Filters of custom attributes as SQL: the value is whatever JSON was stored, and may be missing. A list fulfils what
// one of its entries does; an empty one counts as missing.

import type { Filter, Operator } from '../../core/search/condition.ts';
import type { Semantics } from '../../core/search/fields.ts';
import { numberOf } from '../../core/search/number-of.ts';
import { anyOf, code, type Sql, sql } from './sql.ts';
import { containsPart, foldCase } from './text-sql.ts';

/**
 * The filter of an attribute.
 * @param value the JSON of the attribute; null if it is missing.
 */
export function attributeFilter(filter: Filter, value: Sql, semantics: Semantics): Sql {
  return sql`exists (
    select from (select coalesce(${value}, 'null') as it) as attribute
    cross join lateral jsonb_array_elements(case
      when jsonb_typeof(it) <> 'array' then jsonb_build_array(it)
      when it = '[]' then '[null]' else it end) as e(entry)
    where ${entryFilter(filter, semantics)})`;
}

function entryFilter({ operator, value }: Filter, semantics: Semantics): Sql {
  switch (operator) {
    case '=':
      return isEqual(value);
    case 'IN':
      return anyOf((value as readonly unknown[]).map(isEqual));
    case '<':
    case '>': {
      const comparison = code(semantics.isInclusive ? `${operator}=` : operator);
      return sql`${entryNumber} ${comparison} ${value}::float8`;
    }
    default:
      return containsPart(operator satisfies Operator, foldCase(entryText), String(value));
  }
}

const entryText = sql`case jsonb_typeof(entry)
  when 'string' then entry #>> '{}'
  when 'boolean' then entry #>> '{}'
  when 'number' then case
    when entry::text::float8 = 0 or abs(entry::text::float8) >= 1e-6 and abs(entry::text::float8) < 1e21
    then entry #>> '{}' end end`;

/** A number, or a text that reads as one, as core/search/number-of.ts says. */
const entryNumber = sql`case jsonb_typeof(entry)
  when 'number' then entry::text::float8
  when 'string' then case
    when length(entry #>> '{}') <= 40
      and entry #>> '{}' ~ '^[ \\t\\r\\n]*[+-]?(\\d+(\\.\\d*)?|\\.\\d+)[ \\t\\r\\n]*$'
    then (entry #>> '{}')::float8 end end`;

function isEqual(value: unknown): Sql {
  if (value === null) return sql`entry = 'null'::jsonb`;
  if (typeof value === 'boolean') {
    return sql`(entry = to_jsonb(${value}::boolean) or entry = to_jsonb(${String(value)}::text))`;
  }
  if (typeof value === 'number') return sql`${entryNumber} = ${value}::float8`;
  const text = value as string;
  const number = numberOf(text);
  return anyOf([
    sql`entry = to_jsonb(${text}::text)`,
    ...(text === 'true' || text === 'false' ? [sql`entry = ${text}::text::jsonb`] : []),
    ...(number === null
      ? []
      : [sql`(jsonb_typeof(entry) = 'number' and ${entryNumber} = ${number}::float8)`]),
  ]);
}
