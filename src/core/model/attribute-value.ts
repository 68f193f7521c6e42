// Casts the text of a collected attribute to the type its definition asks for (contract row 27).

import { isKeptAsDecimal } from './exact-number.ts';
import type { DataAttribute, Json } from './model.ts';

/**
 * Returns the value to store, or undefined if the text does not fit. Dates become unix seconds, like all times on the
 * wire. Never called with an empty text, which clears the attribute instead.
 */
export function castAttributeValue(text: string, definition: DataAttribute): Json | undefined {
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
      return castDate(text, /^\d{4}-\d{2}-\d{2}$/);
    case 'datetime':
      return castDate(
        text,
        /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/,
      );
    case 'options':
      return definition.options.includes(text) ? text : undefined;
  }
}

/** Returns a JSON value as it is stored, or undefined if it does not fit. Never called with an empty text. */
export function fitAttributeValue(value: Json, definition: DataAttribute): Json | undefined {
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
