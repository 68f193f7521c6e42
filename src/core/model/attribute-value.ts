// Values of custom attributes, as the types of their definitions ask for them (contract row 27).

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { isKeptAsDecimal } from './exact-number.ts';
import type { DataAttribute, DataType, Json } from './model.ts';

type Attributes = { readonly [name: string]: Json };
type Definition = Pick<DataAttribute, 'name' | 'dataType' | 'options'>;

/**
 * Returns the value to store, or undefined if the text does not fit. Dates become unix seconds, like all times on the
 * wire. Never called with an empty text, which clears the attribute instead.
 */
export function castAttributeValue(text: string, definition: Definition): Json | undefined {
  switch (definition.dataType) {
    case 'string':
      return text;
    case 'integer':
      return castNumber(text, /^[+-]?\d+$/, (digits) => Number.isSafeInteger(Number(digits)));
    case 'float':
      return castNumber(text, /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/, isKeptAsDecimal);
    case 'boolean':
      return castBoolean(text);
    case 'date':
      return castDate(text, dateForm);
    case 'datetime':
      return castDate(text, datetimeForm);
    case 'options':
      return definition.options.includes(text) ? text : undefined;
  }
}

/** Returns a JSON value as it is stored, or undefined if it does not fit. Never called with an empty text. */
export function fitAttributeValue(value: Json, definition: Definition): Json | undefined {
  const { dataType } = definition;
  if (typeof value === 'string') return castAttributeValue(value, definition);
  if (typeof value === 'number') {
    const isTime = dataType === 'date' || dataType === 'datetime';
    if (dataType === 'float') return value;
    if (dataType === 'integer' || isTime) return Number.isSafeInteger(value) ? value : undefined;
  }
  if (typeof value === 'boolean' && dataType === 'boolean') return value;
  const isText = dataType === 'string' || dataType === 'options';
  return isText && typeof value !== 'object'
    ? castAttributeValue(String(value), definition)
    : undefined;
}

/** Returns the values as they are stored, null for those to be cleared. A value without a definition stays as it is. */
export function fitAttributes(
  given: Attributes,
  definitions: readonly Definition[],
): Result<Attributes, ContractError> {
  const fitted: [string, Json][] = [];
  for (const [name, value] of Object.entries(given)) {
    const isCleared = value === null || value === '';
    const definition = isCleared ? undefined : definitions.find((one) => one.name === name);
    const fitting = definition === undefined ? value : fitAttributeValue(value, definition);
    if (fitting === undefined) {
      return fail(apiError('attributeValueInvalid', `custom_attributes.${name}`));
    }
    fitted.push([name, isCleared ? null : fitting]);
  }
  // fromEntries defines own properties, so that no name has a special meaning, not even `__proto__`.
  return ok(Object.fromEntries(fitted));
}

/** Returns the type of a data attribute that is defined by its first value. A price of 10 may be 10.5 next time. */
export function dataTypeOf(value: Json): DataType {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return 'float';
  return 'string';
}

/** Casts a number; one that JavaScript would change does not fit. */
function castNumber(
  text: string,
  form: RegExp,
  isKept: (digits: string) => boolean,
): number | undefined {
  const trimmed = text.trim();
  return form.test(trimmed) && isKept(trimmed) ? Number(trimmed) : undefined;
}

function castBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'true') return true;
  return word === 'false' ? false : undefined;
}

const dateForm = /^\d{4}-\d{2}-\d{2}$/;
const datetimeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Casts a date, or a date with a time. */
export const castTime = (text: string): number | undefined =>
  castDate(text, dateForm) ?? castDate(text, datetimeForm);

/** Casts a date of the given form, or unix seconds. A day that does not exist (30 February) does not fit. */
function castDate(text: string, form: RegExp): number | undefined {
  const trimmed = text.trim();
  if (/^-?\d{1,11}$/.test(trimmed)) return Number(trimmed);
  if (!form.test(trimmed)) return undefined;
  const ms = Date.parse(trimmed);
  if (Number.isNaN(ms)) return undefined;
  const day = new Date(`${trimmed.slice(0, 10)}T00:00:00Z`);
  const isRealDay =
    !Number.isNaN(day.getTime()) && day.toISOString().startsWith(trimmed.slice(0, 10));
  return isRealDay ? Math.floor(ms / 1000) : undefined;
}
