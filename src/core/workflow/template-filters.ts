// The filters that templates may use: those of liquidjs that are a plain calculation, each charged for what it makes.
// What reads a clock, chance or the machine's language, runs code over lists or reaches out is not among them.

import { type FilterImplOptions, filters, toValue } from 'liquidjs';
import { formatTime, readTime } from './template-date.ts';

/** What liquidjs gives a filter as `this`. */
type FilterCall = {
  readonly context: {
    readonly memoryLimit: { use: (count: number) => void };
    readonly environments: object;
  };
};

type Calculation = (this: FilterCall, value: unknown, ...parameters: unknown[]) => unknown;

const plainNames = [
  'abs',
  'append',
  'at_least',
  'at_most',
  'capitalize',
  'ceil',
  'default',
  'divided_by',
  'downcase',
  'escape',
  'escape_once',
  'first',
  'floor',
  'join',
  'json',
  'last',
  'lstrip',
  'minus',
  'modulo',
  'newline_to_br',
  'plus',
  'prepend',
  'remove',
  'remove_first',
  'remove_last',
  'replace',
  'replace_first',
  'replace_last',
  'reverse',
  'round',
  'rstrip',
  'size',
  'slice',
  'split',
  'squish',
  'strip',
  'strip_html',
  'strip_newlines',
  'times',
  'truncate',
  'truncatewords',
  'upcase',
  'url_decode',
  'url_encode',
] as const;

const DEFAULT_DATE_FORMAT = '%Y-%m-%d %H:%M';

/** The name of each filter, with what it does. */
export const templateFilters: ReadonlyMap<string, FilterImplOptions> = new Map([
  ...plainNames.map((name): [string, FilterImplOptions] => [name, charged(filters[name]!)]),
  ['date', charged(date as FilterImplOptions)],
]);

/**
 * The same filter, but what it takes and makes counts. liquidjs counts for most filters, not for all; this way the
 * limit holds whichever they are.
 */
function charged(filter: FilterImplOptions): FilterImplOptions {
  const calculate = (typeof filter === 'function' ? filter : filter.handler) as Calculation;
  const paid: Calculation = function (value, ...parameters) {
    const { memoryLimit } = this.context;
    memoryLimit.use(1 + sizeOf(value));
    const result = calculate.call(this, value, ...parameters);
    memoryLimit.use(sizeOf(result));
    return result;
  };
  return paid as FilterImplOptions;
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : 0;

function date(this: FilterCall, value: unknown, format?: unknown, ...more: unknown[]): unknown {
  if (more.length > 0) throw new Error('date takes a format and nothing else; times are UTC');
  const ms = readTime(toValue(value), nowOf(this.context.environments));
  if (ms === null) return value;
  const wanted = toValue(format);
  return formatTime(ms, typeof wanted === 'string' ? wanted : DEFAULT_DATE_FORMAT);
}

/** The facts know the time of the signal. */
function nowOf(facts: object): number {
  return 'now' in facts && typeof facts.now === 'number' ? facts.now : 0;
}
