// The filters that templates may use: those of liquidjs that only calculate, each with a cost. Excluded are filters
// that depend on the clock, randomness or the machine's language, evaluate code over lists or do I/O. A filter fails on
// unsuitable input rather than guess a result.

import { type FilterImplOptions, filters } from 'liquidjs';
import { shorten } from '../../../base/characters.ts';
import { isTimeZone, suggestZone } from '../time-zone.ts';
import { formatTime, readTime, unknownDirective } from './date-filter.ts';
import { TimeValue } from './time-value.ts';
import { zoneOf } from './values.ts';

/** The `this` that liquidjs passes to a filter. */
export type FilterCall = {
  readonly context: {
    readonly memoryLimit: { use: (count: number) => void };
    readonly environments: object;
  };
};

type Calculation = (this: FilterCall, value: unknown, ...parameters: unknown[]) => unknown;

/** The kind of an argument or result. `whole` is a whole number. */
export type FilterKind = 'number' | 'whole' | 'text' | 'list' | 'any' | 'format' | 'zone' | 'size';

/** The kinds of a filter's input, parameters and result. */
export type FilterRules = {
  readonly takes: FilterKind;
  readonly parameters: readonly FilterKind[];
  /** The number of required parameters. */
  readonly required: number;
  /** Names of named parameters: `allow_false: true`. */
  readonly words: readonly string[];
  readonly makes: FilterKind;
};

const rules = (
  takes: FilterKind,
  parameters: readonly FilterKind[],
  makes: FilterKind,
  required: number = parameters.length,
): FilterRules => ({ takes, parameters, required, words: [], makes });

const ofNumber = rules('number', [], 'number');
const withNumber = rules('number', ['number'], 'number');
const ofText = rules('text', [], 'text');
const withText = rules('text', ['text'], 'text');
const shortened = rules('text', ['whole', 'text'], 'text', 0);

/** The rules of all filters. */
export const filterRules: ReadonlyMap<string, FilterRules> = new Map(
  Object.entries({
    abs: ofNumber,
    append: withText,
    at_least: withNumber,
    at_most: withNumber,
    capitalize: ofText,
    ceil: ofNumber,
    date: rules('any', ['format', 'zone'], 'any', 0),
    default: { ...rules('any', ['any'], 'any'), words: ['allow_false'] },
    divided_by: rules('number', ['number', 'any'], 'number', 1),
    downcase: ofText,
    escape: ofText,
    escape_once: ofText,
    first: rules('list', [], 'any'),
    floor: ofNumber,
    join: rules('list', ['text'], 'text', 0),
    json: rules('any', ['whole'], 'text', 0),
    last: rules('list', [], 'any'),
    lstrip: rules('text', ['text'], 'text', 0),
    minus: withNumber,
    modulo: withNumber,
    newline_to_br: ofText,
    plus: withNumber,
    prepend: withText,
    remove: withText,
    remove_first: withText,
    remove_last: withText,
    replace: rules('text', ['text', 'text'], 'text', 1),
    replace_first: rules('text', ['text', 'text'], 'text', 1),
    replace_last: rules('text', ['text', 'text'], 'text', 1),
    reverse: rules('list', [], 'list'),
    round: rules('number', ['whole'], 'number', 0),
    rstrip: rules('text', ['text'], 'text', 0),
    size: rules('size', [], 'number'),
    slice: rules('size', ['whole', 'whole'], 'any', 1),
    split: rules('text', ['text'], 'list'),
    squish: ofText,
    strip: rules('text', ['text'], 'text', 0),
    strip_html: ofText,
    strip_newlines: ofText,
    times: withNumber,
    truncate: shortened,
    truncatewords: shortened,
    upcase: ofText,
    url_decode: ofText,
    url_encode: ofText,
  } satisfies Record<string, FilterRules>),
);

const DEFAULT_DATE_FORMAT = '%Y-%m-%d %H:%M';

/** The name of each filter, with what it does. */
export const templateFilters: ReadonlyMap<string, FilterImplOptions> = new Map(
  [...filterRules].map(([name, its]): [string, FilterImplOptions] => {
    const filter = name === 'date' ? (date as FilterImplOptions) : filters[name]!;
    const calculate = (typeof filter === 'function' ? filter : filter.handler) as Calculation;
    return [name, strict(name, its, calculate) as FilterImplOptions];
  }),
);

/**
 * Wraps a filter: checks its input and counts the work of input and result. liquidjs counts for most filters, but not
 * for all; this way the limit holds for every one.
 */
function strict(name: string, its: FilterRules, calculate: Calculation): Calculation {
  return function (value, ...parameters) {
    if (parameters.length < its.required) throw new Error(`${name} lacks a value`);
    const given = asKind(name, value, its.takes);
    const others = parameters.map((one, index) =>
      isNamed(one) ? one : asKind(name, one, its.parameters[index] ?? 'any'),
    );
    const { memoryLimit } = this.context;
    memoryLimit.use(1 + sizeOf(given));
    if ((name === 'divided_by' || name === 'modulo') && others[0] === 0) {
      throw new Error(`${name}: a division by zero`);
    }
    const result = named(name, () => calculate.call(this, given, ...others));
    if (typeof result === 'number' && !isExact(result)) {
      throw new Error(`${name}: the result is no number that can be kept exactly`);
    }
    memoryLimit.use(sizeOf(result));
    return result;
  };
}

/** Runs the work; an error names the filter. */
function named(name: string, work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

/** Whether a parameter is a named one, in the form of liquidjs. */
const isNamed = (parameter: unknown): boolean =>
  Array.isArray(parameter) && parameter.length === 2 && parameter[0] === 'allow_false';

const sizeOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : 0;

const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));

/** Converts a value to the kind that a filter takes. Nil counts as 0, an empty text or an empty list. */
function asKind(name: string, value: unknown, kind: FilterKind): unknown {
  switch (kind) {
    case 'number':
    case 'whole':
      return asNumber(name, value, kind);
    case 'text':
      return asText(name, value);
    case 'list':
      if (value === null || value === undefined) return [];
      if (Array.isArray(value)) return value;
      throw new Error(`${name}: ${describe(value)} is no list`);
    case 'format':
      return value === null || value === undefined ? undefined : checkFormat(name, value);
    case 'zone':
      return value === null || value === undefined ? undefined : checkZone(name, value);
    case 'size':
      return Array.isArray(value) ? value : asText(name, value);
    case 'any':
      return value;
  }
}

function asNumber(name: string, value: unknown, kind: 'number' | 'whole'): number {
  const number = numberOf(value);
  const isFit =
    number !== null && isExact(number) && (kind === 'number' || Number.isInteger(number));
  if (isFit) return number;
  throw new Error(`${name}: ${describe(value)} is no ${kind === 'whole' ? 'whole ' : ''}number`);
}

function numberOf(value: unknown): number | null {
  if (value === null || value === undefined) return 0;
  if (value instanceof TimeValue) return value.seconds;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 400) return null;
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : null;
}

function asText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (value instanceof TimeValue) return value.toString();
  if (Array.isArray(value)) return value.map((one) => asText(name, one)).join('');
  if (typeof value === 'object') throw new Error(`${name}: ${describe(value)} is no text`);
  return String(value);
}

function checkFormat(name: string, value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new Error(`${name}: ${describe(value)} is no format`);
  }
  const unknown = unknownDirective(value);
  if (unknown === null) return value;
  throw new Error(`${name}: the format has no ${JSON.stringify(unknown)} (a percent sign is %%)`);
}

function checkZone(name: string, value: unknown): string {
  if (typeof value === 'string' && isTimeZone(value)) return value;
  const advice = suggestZone(typeof value === 'string' ? value : '');
  throw new Error(`${name}: ${describe(value)} is no time zone: ${advice}`);
}

const VALUE_CHARACTERS_MAX = 40;

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof TimeValue) return 'a time';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(shorten(value, VALUE_CHARACTERS_MAX));
}

/** Formats a time. Nil stays nil, so that `default` can follow. */
function date(this: FilterCall, value: unknown, format?: unknown, zone?: unknown): unknown {
  if (value === null || value === undefined || value === '') return value;
  const { environments } = this.context;
  const isDay = value instanceof TimeValue && value.isDay;
  const ms =
    value instanceof TimeValue ? value.seconds * 1000 : readTime(value, nowOf(environments));
  if (ms === null) throw new Error(`${describe(value)} is no time`);
  const ownZone = zoneOf(environments as { readonly [name: string]: unknown }) ?? 'UTC';
  const usual = isDay ? '%F' : DEFAULT_DATE_FORMAT;
  const wanted = typeof format === 'string' ? format : usual;
  const zoneOfMoment = typeof zone === 'string' ? zone : ownZone;
  return formatTime(ms, wanted, isDay ? 'UTC' : zoneOfMoment);
}

/** Reads the time of the signal from the facts. */
function nowOf(facts: object): number {
  if (!('now' in facts)) return 0;
  if (facts.now instanceof TimeValue) return facts.now.seconds;
  return typeof facts.now === 'number' ? facts.now : 0;
}
