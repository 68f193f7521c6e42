// Exact numbers: checks whether JavaScript keeps a number as it is written, and reads JSON without changing any.
// Beyond 2^53, and beyond some 17 digits, a number would silently become its neighbour.

import type { Json } from './model.ts';

/** Normalises a numeral: its sign and digits without zeros at either end, and the position of its point. */
type Numeral = { readonly digits: string; readonly exponent: number };

const form = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/** Reads a numeral; null if the text is none. */
function readNumeral(text: string): Numeral | null {
  const [, sign, whole = '', fraction = '', power = '0'] = form.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') return null;
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return { digits: '0', exponent: 0 };
  const exponent = Number(power) - fraction.length + (significant.length - digits.length);
  return { digits: sign === '-' ? `-${digits}` : digits, exponent };
}

const isSame = (a: Numeral | null, b: Numeral | null): boolean =>
  a !== null && b !== null && a.digits === b.digits && a.exponent === b.exponent;

/** Whether a number that is read from this text is written as the same number again. */
export function isKeptExactly(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && isSame(readNumeral(text), readNumeral(String(value)));
}

/** The number of digits with which other languages print any number (`%.17g`). */
const PRINTED_DIGITS = 17;

/** Whether a decimal is kept as written, or differs only in the last digits that other languages write. */
export function isKeptAsDecimal(text: string): boolean {
  if (isKeptExactly(text)) return true;
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  return isSame(readNumeral(text), readNumeral(value.toPrecision(PRINTED_DIGITS)));
}

/** Whether a text may hold a number that JavaScript changes: a reviver costs several times as much. */
const mayLose = (text: string): boolean => /[\d.]{16}|\d[eE]/.test(text);

/**
 * Parses JSON. A number that JavaScript would change becomes the text of its digits. Recursive if there is such a
 * number: the caller bounds the depth.
 * @throws SyntaxError.
 */
export function readExactJson(text: string): Json {
  if (!mayLose(text)) return JSON.parse(text) as Json;
  const parse = JSON.parse as (text: string, reviver: Reviver) => Json;
  return parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && !isKeptExactly(source) ? source : value,
  );
}

/** The reviver of ES2025; TypeScript's own types lack the third argument. */
type Reviver = (key: string, value: Json, context: { readonly source?: string }) => Json;
