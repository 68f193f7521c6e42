// Reads a value as a number: a number, or a text that reads as one. store/search/ has the same rule in SQL.

import type { Json } from '../model/model.ts';

const CHARACTERS_MAX = 40;
const form = /^[ \t\r\n]*[+-]?(\d+(\.\d*)?|\.\d+)[ \t\r\n]*$/;

export function numberOf(value: Json): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > CHARACTERS_MAX) return null;
  return form.test(value) ? Number(value) : null;
}
