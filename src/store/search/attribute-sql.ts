// Filters of custom attributes as SQL: the value is any stored JSON, and may be missing. A list matches if one of its
// entries does; an empty one counts as missing.

import type { Json } from '../../core/model/model.ts';
import type { Filter, Operator } from '../../core/search/condition.ts';
import type { Semantics } from '../../core/search/fields.ts';
import { numberOf } from '../../core/search/number-of.ts';
import { allOf, anyOf, code, isOneOf, type Sql, sql } from './sql.ts';
import { containsPart, foldCase } from './text-sql.ts';

/**
 * Builds the filter of an attribute.
 * @param value the JSON of the attribute; null if it is missing.
 * @param isDay whether it is a time that is compared by its day.
 */
export function attributeFilter(
  filter: Filter,
  value: Sql,
  semantics: Semantics,
  isDay: boolean,
): Sql {
  const entryFilter = isDay ? dayFilter : valueFilter;
  // Lists are rare, and a subquery for each row takes about twenty times as long.
  return sql`case when jsonb_typeof(${value}) = 'array'
    then exists (
      select from jsonb_array_elements(case when ${value} = '[]' then '[null]' else ${value} end) as e(entry)
      where ${entryFilter(filter, sql`entry`, semantics)})
    else ${entryFilter(filter, sql`coalesce(${value}, 'null')`, semantics)} end`;
}

const SECONDS_OF_DAY = 86_400;

function dayFilter({ operator, value }: Filter, entry: Sql, { isInclusive }: Semantics): Sql {
  const day = sql`floor(${numberIn(entry)} / ${SECONDS_OF_DAY}::float8)`;
  const dayOf = (seconds: number) => Math.floor(seconds / SECONDS_OF_DAY);
  if (operator === '<' || operator === '>') {
    const comparison = code(isInclusive ? `${operator}=` : operator);
    return sql`${day} ${comparison} ${dayOf(value as number)}::float8`;
  }
  const values = (operator === 'IN' ? value : [value]) as readonly (number | null)[];
  const days = values.filter((one) => one !== null).map(dayOf);
  return anyOf([
    ...(days.length > 0 ? [isOneOf(day, days, 'float8')] : []),
    ...(values.includes(null) ? [sql`${entry} = 'null'::jsonb`] : []),
  ]);
}

function valueFilter({ operator, value }: Filter, entry: Sql, semantics: Semantics): Sql {
  switch (operator) {
    case '=':
      return equalsOneOf(entry, [value]);
    case 'IN':
      return equalsOneOf(entry, value as readonly Json[]);
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

/** Whether an entry equals one of some values: hash tables of them, so that many cost hardly more than one. */
function equalsOneOf(entry: Sql, values: readonly Json[]): Sql {
  const numbers = values.filter((value) => typeof value === 'number');
  const texts = values.filter((value) => typeof value === 'string');
  const textsAsNumbers = texts.map(numberOf).filter((number) => number !== null);
  const spellings = values.flatMap((value) => {
    if (typeof value === 'number') return [];
    const isTruth = typeof value === 'boolean' || value === 'true' || value === 'false';
    return isTruth ? [String(value), `"${value}"`] : [JSON.stringify(value)];
  });
  const isNumber = sql`jsonb_typeof(${entry}) = 'number'`;
  return anyOf([
    ...(spellings.length > 0 ? [isOneOf(entry, spellings, 'jsonb')] : []),
    ...(numbers.length > 0 ? [isOneOf(numberIn(entry), numbers, 'float8')] : []),
    ...(textsAsNumbers.length > 0
      ? [allOf([isNumber, isOneOf(numberIn(entry), textsAsNumbers, 'float8')])]
      : []),
  ]);
}
