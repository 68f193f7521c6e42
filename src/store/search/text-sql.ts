// Filters of texts as SQL. Lower case is that of Unicode, as JavaScript has it, whatever the database's own locale.

import type { Filter, Operator } from '../../core/search/condition.ts';
import { separators } from '../../core/search/words.ts';
import { anyOf, code, isOneOf, type Sql, sql } from './sql.ts';

/** The values of `=` or `IN`. */
export const valuesOf = ({ operator, value }: Filter): readonly unknown[] =>
  operator === 'IN' ? (value as readonly unknown[]) : [value];

/** A text in lower case. */
export const foldCase = (text: Sql): Sql => sql`fold_case(${text})`;

/** Whether a text in lower case contains a part, or begins or ends with it; case does not matter. */
export function containsPart(operator: Operator, text: Sql, given: string): Sql {
  const part = given.toLowerCase();
  if (operator === '^') return sql`starts_with(${text}, ${part}::text)`;
  if (operator === '$') return sql`right(${text}, length(${part}::text)) = ${part}::text`;
  return sql`strpos(${text}, ${part}::text) > 0`;
}

/**
 * The filter of a text.
 * @param folded the text in lower case, where case does not matter for equality either.
 */
export function textFilter(filter: Filter, column: Sql, folded: Sql | null): Sql {
  const { operator, value } = filter;
  if (operator !== '=' && operator !== 'IN') {
    return containsPart(operator, foldCase(column), String(value));
  }
  const given = (operator === 'IN' ? value : [value]) as readonly (string | null)[];
  const present = given.filter((one) => one !== null);
  const text = folded ?? column;
  const values = folded === null ? present : present.map((one) => one.toLowerCase());
  return anyOf([
    ...(values.length > 0 ? [isOneOf(text, values, 'text')] : []),
    ...(given.includes(null) ? [sql`${column} is null`] : []),
  ]);
}

/** The words of a text, an array. */
const wordsOf = (text: Sql): Sql =>
  sql`array_remove(regexp_split_to_array(${foldCase(text)}, ${code(`'[${separators}]+'`)}), '')`;

/**
 * The filter of a text whose words are compared one by one (contract G 2).
 * @param within the rows that each have a text of it; null: there is one text, in the column.
 */
export function wordsFilter(filter: Filter, column: Sql, within: Sql | null): Sql {
  const some = (condition: Sql): Sql =>
    within === null ? condition : sql`exists (select from ${within} and ${condition})`;
  const { operator } = filter;
  if (operator !== '=' && operator !== 'IN') {
    return some(containsPart(operator, foldCase(column), String(filter.value)));
  }
  const given = valuesOf(filter) as readonly (string | null)[];
  const present = given.filter((one) => one !== null).map((one) => one.toLowerCase());
  const words = wordsOf(column);
  return anyOf([
    ...(present.length > 0 ? [some(sql`${words} && ${present}::text[]`)] : []),
    ...(given.includes(null) ? [sql`(${some(sql`${words} <> '{}'`)}) is not true`] : []),
  ]);
}
