// Filters of custom attributes as SQL: the value is any stored JSON, and may be missing. A list matches if one of its
// entries does; an empty one counts as missing.

import type { Filter, Operator } from '../../core/search/condition.ts';
import type { Semantics } from '../../core/search/fields.ts';
import { numberOf } from '../../core/search/number-of.ts';
import { anyOf, code, type Sql, sql } from './sql.ts';
import { containsPart, foldCase } from './text-sql.ts';

/**
 * Builds the filter of an attribute.
 * @param value the JSON of the attribute; null if it is missing.
 */
export function attributeFilter(filter: Filter, value: Sql, semantics: Semantics): Sql {
  // Lists are rare, and a subquery for each row takes about twenty times as long.
  return sql`case when jsonb_typeof(${value}) = 'array'
    then exists (
      select from jsonb_array_elements(case when ${value} = '[]' then '[null]' else ${value} end) as e(entry)
      where ${entryFilter(filter, sql`entry`, semantics)})
    else ${entryFilter(filter, sql`coalesce(${value}, 'null')`, semantics)} end`;
}

function entryFilter({ operator, value }: Filter, entry: Sql, semantics: Semantics): Sql {
  switch (operator) {
    case '=':
      return isEqual(entry, value);
    case 'IN':
      return anyOf((value as readonly unknown[]).map((one) => isEqual(entry, one)));
    case '<':
    case '>': {
      const comparison = code(semantics.isInclusive ? `${operator}=` : operator);
      return sql`${numberIn(entry)} ${comparison} ${value}::float8`;
    }
    default:
      return containsPart(operator satisfies Operator, foldCase(textIn(entry)), String(value));
  }
}

const textIn = (entry: Sql): Sql => sql`case jsonb_typeof(${entry})
  when 'string' then ${entry} #>> '{}'
  when 'boolean' then ${entry} #>> '{}'
  when 'number' then case
    when (${entry})::text::float8 = 0
      or abs((${entry})::text::float8) >= 1e-6 and abs((${entry})::text::float8) < 1e21
    then ${entry} #>> '{}' end end`;

/** SQL of a number, or of a text that reads as one, as in core/search/number-of.ts. */
const numberIn = (entry: Sql): Sql => sql`case jsonb_typeof(${entry})
  when 'number' then (${entry})::text::float8
  when 'string' then case
    when length(${entry} #>> '{}') <= 40
      and ${entry} #>> '{}' ~ '^[ \\t\\r\\n]*[+-]?(\\d+(\\.\\d*)?|\\.\\d+)[ \\t\\r\\n]*$'
    then (${entry} #>> '{}')::float8 end end`;

function isEqual(entry: Sql, value: unknown): Sql {
  if (value === null) return sql`${entry} = 'null'::jsonb`;
  if (typeof value === 'boolean') {
    return sql`(${entry} = to_jsonb(${value}::boolean) or ${entry} = to_jsonb(${String(value)}::text))`;
  }
  if (typeof value === 'number') return sql`${numberIn(entry)} = ${value}::float8`;
  const text = value as string;
  const number = numberOf(text);
  return anyOf([
    sql`${entry} = to_jsonb(${text}::text)`,
    ...(text === 'true' || text === 'false' ? [sql`${entry} = ${text}::text::jsonb`] : []),
    ...(number === null
      ? []
      : [sql`(jsonb_typeof(${entry}) = 'number' and ${numberIn(entry)} = ${number}::float8)`]),
  ]);
}
